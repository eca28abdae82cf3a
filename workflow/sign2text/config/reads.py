"""What a stage reads, declared once: the rule's inputs, its options and its upstream follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Made = tuple[str, str]
"""A data set, and a stage whose artefacts of it are meant."""


class Settings(Protocol):
    """The settings of an experiment on a data set, as declarations are given them."""

    dataset: str
    adapter: str
    sentences: str | None
    """The data set whose sentences this one signs; None where it has its own."""
    text_alone: bool
    """The data set's videos are not read."""
    method: Any
    """A `config.methods.Method`; None for the stages that all experiments share."""

    def __call__(self, stage: str) -> Any:
        """The `Config` of a stage."""

    def on(self, dataset: str) -> Settings:
        """The same experiment's settings on another data set."""


@dataclass(frozen=True)
class NamedDataSet:
    """The data set that a setting names, such as that of the pretraining; `dataset` of a `Read`.

    A file of it is read `when` the setting is not null: `is_named`.
    """

    stage: str
    key: str

    def __call__(self, settings: Settings) -> str | None:
        return getattr(settings(self.stage), self.key)

    def is_named(self, settings: Settings) -> bool:
        """Return whether the setting names a data set."""
        return self(settings) is not None


@dataclass(frozen=True)
class Read:
    """A file that another stage makes.

    Several may have the same `option`, where at most one of them is read with any settings.
    """

    option: str
    """Parameter of the stage's `run`, and input of its rule; `-` for `_` on the command line."""
    stage: str | tuple[str, ...]
    """The stage that makes it, or all that may; then `chosen` says which one does."""
    file: str
    """Its name in that stage's folder; `{split}` stands for the split of the job."""
    index: str | None = None
    """A small file beside it that holds its content's hash; the file's own time is passed over."""
    when: Callable[[Settings], bool] | None = None
    """True if it is read with these settings; None: always."""
    chosen: Callable[[Settings], str] | None = None
    dataset: Callable[[Settings], str | None] | None = None
    """The data set whose file it is; None, or where it gives None: that of the job.

    Where a setting names it, a `NamedDataSet`, whose key messages can give."""
    is_option: bool = True
    """False: it must be there, and the stage is not told where."""

    @property
    def makers(self) -> tuple[str, ...]:
        """All stages that may make it."""
        return (self.stage,) if isinstance(self.stage, str) else self.stage

    def maker(self, settings: Settings) -> tuple[str, str]:
        """Data set and stage that it comes from with these settings."""
        other = self.dataset(settings) if self.dataset else None
        stage = self.chosen(settings) if self.chosen else self.makers[0]
        return other or settings.dataset, stage

    def is_read(self, settings: Settings) -> bool:
        """Return whether it is read with these settings."""
        return self.when is None or self.when(settings)


@dataclass(frozen=True)
class ReadPlace:
    """A file of a raw corpus or a published model: no stage of an experiment makes it."""

    option: str
    path: Callable[[Settings], str | None]
    """The file; None where none is read with these settings."""
    given: Callable[[str], str] | None = None
    """Turn the path into the option's value, such as the folder of the file; None: as it is."""
    by_content: bool = True
    """False: a change of it is no reason to run again."""

    def is_read(self, settings: Settings) -> bool:
        """Return whether it is read with these settings."""
        return self.path(settings) is not None


@dataclass(frozen=True)
class Listed:
    """Files that the rule itself lists, such as the scores of a comparison's experiments."""

    option: str


AnyRead = Read | ReadPlace | Listed


def kept_clips(option: str, split: str = "{split}") -> Read:
    """The manifest of the clips of a split that are trained on, translated and scored.

    Where bad clips are left out, it is that of sample_frames, which leaves out what it cannot
    decode; otherwise that of make_manifest, which is there before anything is decoded.
    """
    return Read(option, ("make_manifest", "sample_frames"), f"{split}.tsv", chosen=kept_by)


def kept_by(settings: Settings) -> str:
    """Return the stage whose manifest lists the clips that are kept."""
    return "sample_frames" if skips_bad_clips(settings) else "make_manifest"


def skips_bad_clips(settings: Settings) -> bool:
    """Return whether sample_frames leaves out what it cannot decode."""
    return not settings.text_alone and settings("sample_frames").on_bad_clip == "skip"


def stored_frames(stage: str, prefix: str = "", split: str = "{split}", **conditions: Any) -> Read:
    """The frame store of a split from `stage`: its index stands for it, since it may be large."""
    index = f"{split}.index.safetensors"
    return Read(f"{prefix}frames", stage, f"{split}.tar", index=index, **conditions)
