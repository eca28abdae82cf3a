"""Raw corpora as inputs of stages: the list of a corpus's files represents the corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import get_args

from sign2text.config.reads import Settings
from sign2text.ground.settings import CaptionAdapter, ClassAdapter, LandmarkAdapter

# Adapter of corpora that the avatar renders, from its own sentences or another corpus's.
RENDERED = "avatar"
RENDERING = "synthesize_avatar"
RENDERED_SECOND = "avatar_second"
RENDERINGS = {
    RENDERED: RENDERING,
    RENDERED_SECOND: "synthesize_second_avatar",
    "avatar_classes": "synthesize_classes",
}
"""Stages that render a corpus, by the corpus's adapter."""
CLASS_ADAPTERS = frozenset(get_args(ClassAdapter))
CAPTION_ADAPTERS = frozenset(get_args(CaptionAdapter))
WITHOUT_GLOSSES = frozenset({"how2sign", *CAPTION_ADAPTERS})
"""Adapters of corpora that have no glosses."""
WITHOUT_VIDEOS = frozenset(get_args(LandmarkAdapter))
"""Adapters of corpora whose clips are landmarks alone, without videos."""
TABLE_ADAPTERS = frozenset({"table", "poses", "fleurs_asl"})
"""Adapters of corpora that a table describes, whose name is a setting."""
WITH_LANDMARKS = (RENDERED, RENDERED_SECOND)
"""Adapters of rendered corpora with true landmarks and the times of all signs."""
RENDERED_LANGUAGES = ("de", "en", "zh")
"""Languages that the avatar's own sentences are written in."""
SIGN_LANGUAGES = {
    "avatar": "avs", "avatar_second": "avn", "phoenix": "gsg", "csl_daily": "csl",
    "how2sign": "ase", "youtube_asl": "ase", "fleurs_asl": "ase",
}  # fmt: skip
"""Sign languages by adapter, by their codes in ISO 639-3; the avatar's are invented."""
UNNAMED = "sgn"
"""Code of a sign language that nothing names: that of all sign languages in ISO 639-2."""
CHECKSUMS = "checksums.tsv"


def is_of_classes(settings: Settings) -> bool:
    """Return whether the data set's clips have a class instead of a sentence."""
    return settings.adapter in CLASS_ADAPTERS


def wrong_kind(
    dataset: str, adapter: str, of_classes: bool, stage: str, others: Sequence[str]
) -> str:
    """Return the message that `stage` does not accept a data set of classes, or of sentences.

    Args:
        adapter: the data set's adapter.
        of_classes: True if its clips have a class.
        others: the data sets that the stage accepts.
    """
    has, wants = "a class instead of a sentence", "sentences"
    if not of_classes:
        has, wants = "a sentence instead of a class", "classes"
    return (
        f'the clips of {dataset} (adapter "{adapter}") have {has}, and {stage} is for a data set '
        f"of {wants}; name another one: {', '.join(others) or f'config.yaml has none of {wants}'}"
    )


def is_rendered(settings: Settings) -> bool:
    """Return whether the workflow renders the corpus."""
    return settings.adapter in RENDERINGS


def rendered_by(settings: Settings) -> str:
    """Return the stage that renders the corpus, which must be a rendered one."""
    return RENDERINGS[settings.adapter]


def rendered_list(settings: Settings) -> str | None:
    """Return the file list of a rendered corpus with true landmarks, None for other corpora."""
    has_landmarks = settings.adapter in WITH_LANDMARKS
    return f"resources/{settings.dataset}/{CHECKSUMS}" if has_landmarks else None


def published_list(settings: Settings) -> str | None:
    """Return the file list of a published corpus, None for a rendered one."""
    return None if is_rendered(settings) else f"resources/{settings.dataset}/{CHECKSUMS}"


def signed_list(settings: Settings) -> str | None:
    """Return the file list of the other corpus that provides the sentences to sign, if any."""
    return settings.sentences and f"resources/{settings.sentences}/{CHECKSUMS}"


def landmarks_folder(path: str) -> str:
    """Return the folder of true landmarks of the rendered corpus with the file list `path`."""
    return f"{PurePosixPath(path).parent}/landmarks"
