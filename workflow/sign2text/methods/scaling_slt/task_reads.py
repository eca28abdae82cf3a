"""Inputs that the trainings on clips declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sign2text.config.reads import NamedDataSet, Read, Settings
from sign2text.methods.scaling_slt.task_settings import MOST_DATA_SETS

SPLITS = ("train", "dev")


def corpus_reads(stage: str) -> tuple[Read, ...]:
    """Declare landmarks and captions of train and dev, of the job's data set and of further ones.

    Of a further data set the training receives two files, from which it finds the others: the index
    of train's landmarks, and languages.json beside the captions.
    """
    own = _of_one(stage, "", options=True)
    others = (
        read
        for place in range(MOST_DATA_SETS)
        for read in _of_one(stage, f"other{place + 1}_", options=False, place=place)
    )
    translated = Read("translated", "translate_captions", "train.tsv", when=_augments(stage))
    return (*own, translated, *others)


def _of_one(stage: str, prefix: str, *, options: bool, place: int | None = None) -> Iterator[Read]:
    given: dict[str, Any] = {}
    if place is not None:
        named = NamedDataSet(stage, "with_data_sets", place)
        given = {"when": named.is_named, "dataset": named}
    yield Read(f"{prefix}languages", "make_captions", "languages.json", **given)
    for split in SPLITS:
        hidden = given | ({} if options else {"is_option": False})
        index = given if split == "train" else hidden
        yield Read(
            f"{prefix}{split}_landmarks", "extract_landmarks", f"{split}.index.safetensors", **index
        )
        yield Read(f"{prefix}{split}_captions", "make_captions", f"{split}.tsv", **hidden)
        yield Read(f"{prefix}{split}_joined", "make_captions", f"joined.{split}.tsv", **hidden)


def text_reads(stage: str) -> tuple[Read, ...]:
    """Declare the parallel text of a training that translates text too."""

    def translates(settings: Settings) -> bool:
        return settings(stage).mt != "none"

    return (Read("train_parallel", "make_captions", "parallel.train.tsv", when=translates),)


def _augments(stage: str) -> Callable[[Settings], bool]:
    def augments(settings: Settings) -> bool:
        config = settings(stage)
        return config.augmented > 0 and config.tasks.augmented > 0

    return augments


def own_among_further(stage: str, settings: Settings) -> Iterator[str]:
    """Report a further data set that is the job's own, or named twice."""
    named = settings(stage).with_data_sets
    if settings.dataset in named or len({*named}) < len(named):
        yield (
            f"with_data_sets: found {', '.join(named)}, expected each data set once and not "
            f"{settings.dataset}, the data set itself"
        )
