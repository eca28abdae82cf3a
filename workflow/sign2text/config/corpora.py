"""Raw corpora as stages read them: the list of a corpus's files, which stands for all of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import get_args

from sign2text.config.reads import Settings
from sign2text.ground.settings import ClassAdapter

# Adapter of corpora whose sentences are signed here, their own or another corpus's.
RENDERED = "avatar"
RENDERING = "synthesize_avatar"
RENDERINGS = {RENDERED: RENDERING, "avatar_classes": "synthesize_classes"}
"""The stage that renders a corpus, by its adapter."""
CLASS_ADAPTERS = frozenset(get_args(ClassAdapter))
WITHOUT_GLOSSES = frozenset({"how2sign"})
"""Adapters of corpora that have no glosses."""
CHECKSUMS = "checksums.tsv"


def is_of_classes(settings: Settings) -> bool:
    """Return whether the data set's clips have a class instead of a sentence."""
    return settings.adapter in CLASS_ADAPTERS


def wrong_kind(
    dataset: str, adapter: str, of_classes: bool, stage: str, others: Sequence[str]
) -> str:
    """Say that `stage` cannot be run on a data set of classes, or on one of sentences.

    Args:
        adapter: the data set's.
        of_classes: its clips have a class.
        others: the data sets that the stage is for.
    """
    has, wants = "a class instead of a sentence", "sentences"
    if not of_classes:
        has, wants = "a sentence instead of a class", "classes"
    return (
        f'the clips of {dataset} (adapter "{adapter}") have {has}, and {stage} is for a data set '
        f"of {wants}; name another one: {', '.join(others) or f'config.yaml has none of {wants}'}"
    )


def is_rendered(settings: Settings) -> bool:
    """Return whether the corpus is rendered here."""
    return settings.adapter in RENDERINGS


def rendered_by(settings: Settings) -> str:
    """The stage that renders the corpus, where it is rendered here."""
    return RENDERINGS[settings.adapter]


def rendered_list(settings: Settings) -> str | None:
    """The list of the files of a corpus with true landmarks, None for others."""
    has_landmarks = settings.adapter == RENDERED
    return f"resources/{settings.dataset}/{CHECKSUMS}" if has_landmarks else None


def published_list(settings: Settings) -> str | None:
    """The list of a published corpus's files, None for a rendered one."""
    return None if is_rendered(settings) else f"resources/{settings.dataset}/{CHECKSUMS}"


def signed_list(settings: Settings) -> str | None:
    """The list of the corpus whose sentences a rendered one signs, where it signs another's."""
    return settings.sentences and f"resources/{settings.sentences}/{CHECKSUMS}"


def landmarks_folder(path: str) -> str:
    """The folder of the true landmarks of the rendered corpus whose list is `path`."""
    return f"{PurePosixPath(path).parent}/landmarks"
