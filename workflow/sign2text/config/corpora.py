"""Raw corpora as stages read them: the list of a corpus's files, which stands for all of it."""

from __future__ import annotations

from pathlib import PurePosixPath

from sign2text.config.reads import Settings

# Adapter of corpora that are rendered here, from their own or another corpus's sentences.
RENDERED = "avatar"
RENDERING = "synthesize_avatar"
CHECKSUMS = "checksums.tsv"


def is_rendered(settings: Settings) -> bool:
    """Return whether the corpus is rendered here."""
    return settings.adapter == RENDERED


def rendered_list(settings: Settings) -> str | None:
    """The list of a rendered corpus's files, None for others."""
    return f"resources/{settings.dataset}/{CHECKSUMS}" if is_rendered(settings) else None


def published_list(settings: Settings) -> str | None:
    """The list of a published corpus's files, None for a rendered one."""
    return None if is_rendered(settings) else f"resources/{settings.dataset}/{CHECKSUMS}"


def signed_list(settings: Settings) -> str | None:
    """The list of the corpus whose sentences a rendered one signs, where it signs another's."""
    return settings.sentences and f"resources/{settings.sentences}/{CHECKSUMS}"


def landmarks_folder(path: str) -> str:
    """The folder of the true landmarks of the rendered corpus whose list is `path`."""
    return f"{PurePosixPath(path).parent}/landmarks"
