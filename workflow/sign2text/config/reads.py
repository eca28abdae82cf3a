"""Declarations of a stage's inputs; the rule's inputs, options and upstream follow from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from sign2text.ground.settings import ClassAdapter

LANDMARKS = "extract_landmarks"
"""The stage that stores landmarks."""
Made = tuple[str, str]
"""(data set, stage): the artefacts that a stage makes for a data set."""


class Settings(Protocol):
    """Settings of an experiment on a data set, as passed to declarations."""

    dataset: str
    adapter: str
    sentences: str | None
    """The data set that provides the sentences to sign; None if this one has its own."""
    text_alone: bool
    """True if the data set's videos are not read."""
    method: Any
    """A `config.methods.Method`; None for the stages that all experiments share."""

    def __call__(self, stage: str) -> Any:
        """Return the `Config` of a stage."""

    def on(self, dataset: str) -> Settings:
        """Return the same experiment's settings on another data set."""


@dataclass(frozen=True)
class NamedDataSet:
    """A data set that a setting names, such as the pretraining's; for `Read.dataset`.

    Pass `is_named` as `Read.when` to read the file only if the setting names one.
    """

    stage: str
    key: str
    place: int | None = None
    """Place in the setting's list of data sets; None: the setting names one data set."""

    def __call__(self, settings: Settings) -> str | None:
        named = getattr(settings(self.stage), self.key)
        if self.place is None:
            return named
        return named[self.place] if self.place < len(named) else None

    def is_named(self, settings: Settings) -> bool:
        """Return whether the setting names a data set."""
        return self(settings) is not None


@dataclass(frozen=True)
class Read:
    """A file that another stage makes.

    Several reads may have the same `option` if no settings activate more than one of them.
    """

    option: str
    """Parameter of the stage's `run`, and input of its rule; `-` for `_` on the command line."""
    stage: str | tuple[str, ...]
    """The stage that makes the file, or all that may; then `chosen` selects one."""
    file: str
    """File name in that stage's folder; `{split}` is replaced by the job's split."""
    index: str | None = None
    """Small file in the same folder with the content's hash, used instead of the file's time."""
    when: Callable[[Settings], bool] | None = None
    """True if the file is read with these settings; None: always."""
    chosen: Callable[[Settings], str] | None = None
    dataset: Callable[[Settings], str | None] | None = None
    """The file's data set; if this is None or returns None, the job's data set.

    Use `NamedDataSet` if a setting names the data set: messages can then name the key."""
    is_option: bool = True
    """False if the file must exist, but the stage does not receive its path."""
    by_language: bool | None = None
    """True: read only for a target with a language, which `{language}` in `file` stands for; False:
    only for the others; None: for both."""

    @property
    def makers(self) -> tuple[str, ...]:
        """All stages that may make the file."""
        return (self.stage,) if isinstance(self.stage, str) else self.stage

    def maker(self, settings: Settings) -> tuple[str, str]:
        """Return the data set and the stage that the file comes from with these settings."""
        other = self.dataset(settings) if self.dataset else None
        stage = self.chosen(settings) if self.chosen else self.makers[0]
        return other or settings.dataset, stage

    def is_read(self, settings: Settings) -> bool:
        """Return whether the file is read with these settings."""
        return self.when is None or self.when(settings)


@dataclass(frozen=True)
class ReadPlace:
    """A file of a raw corpus or a published model, which no stage of an experiment makes."""

    option: str
    path: Callable[[Settings], str | None]
    """Path of the file; None if it is not read with these settings."""
    given: Callable[[str], str] | None = None
    """Conversion of the path to the option's value, such as the file's folder; None: no change."""
    by_content: bool = True
    """False if a change of the file does not make the job due again."""
    by_language: bool | None = None
    """As for `Read`."""

    def is_read(self, settings: Settings) -> bool:
        """Return whether the file is read with these settings."""
        return self.path(settings) is not None


@dataclass(frozen=True)
class Listed:
    """Files that the rule lists itself, such as the scores of a comparison's experiments."""

    option: str


AnyRead = Read | ReadPlace | Listed


def kept_clips(option: str, split: str = "{split}") -> Read:
    """Declare the manifest of a split's clips that are trained on, translated and scored.

    If bad clips are skipped, sample_frames makes it, without the clips that it cannot decode; or,
    for a method that reads landmarks, extract_landmarks, without the clips that have none.
    Otherwise make_manifest makes it, before anything is decoded.
    """
    return Read(
        option, ("make_manifest", "sample_frames", LANDMARKS), f"{split}.tsv", chosen=kept_by
    )


def kept_by(settings: Settings) -> str:
    """Return the stage that makes the manifest of the kept clips."""
    signed = settings.adapter not in get_args(ClassAdapter)
    if signed and settings.method is not None and LANDMARKS in settings.method.shared:
        skips = settings(LANDMARKS).on_bad_clip == "skip"
        return LANDMARKS if skips else "make_manifest"
    skips = not settings.text_alone and settings("sample_frames").on_bad_clip == "skip"
    return "sample_frames" if skips else "make_manifest"


def skips_bad_clips(settings: Settings) -> bool:
    """Return whether a stage after make_manifest skips clips that it cannot use."""
    return kept_by(settings) != "make_manifest"


def left_out_clips(option: str, split: str) -> Read:
    """Declare the list of a split's clips that are not among `kept_clips`, if there may be any."""
    name = f"{split}.left_out.tsv"
    makers = ("sample_frames", LANDMARKS)
    return Read(option, makers, name, when=skips_bad_clips, chosen=kept_by)


def stored_frames(stage: str, prefix: str = "", split: str = "{split}", **conditions: Any) -> Read:
    """Declare a split's frame store from `stage`; its index represents it, as it may be large."""
    index = f"{split}.index.safetensors"
    return Read(f"{prefix}frames", stage, f"{split}.tar", index=index, **conditions)


def frames_or_features(on_frames: Callable[[Settings], bool]) -> tuple[Read, ...]:
    """Declare what a training reads of train and dev.

    That is frames if `on_frames`, else stored features; and the manifests.
    """

    def on_features(settings: Settings) -> bool:
        return not on_frames(settings)

    return (
        Read("train_features", "extract_features", "train.safetensors", when=on_features),
        Read("dev_features", "extract_features", "dev.safetensors", when=on_features),
        stored_frames("sample_frames", "train_", "train", when=on_frames),
        stored_frames("sample_frames", "dev_", "dev", when=on_frames),
        kept_clips("train_manifest", "train"),
        kept_clips("dev_manifest", "dev"),
    )


def text_to_learn(stage: str) -> tuple[Read, ...]:
    """Declare text for a stage with the setting `multilingual`.

    That is the monolingual text, or the captions of train and the parallel text.
    """

    def multilingual(settings: Settings) -> bool:
        return settings(stage).multilingual

    def monolingual(settings: Settings) -> bool:
        return not multilingual(settings)

    return (
        Read("monolingual", "make_manifest", "monolingual.txt", when=monolingual),
        Read("captions", "make_captions", "train.tsv", when=multilingual),
        Read("parallel", "make_captions", "parallel.train.tsv", when=multilingual),
    )
