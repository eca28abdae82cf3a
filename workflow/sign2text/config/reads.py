"""What a stage reads, declared once: the rule's inputs, its options and its upstream follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sign2text.config.methods import Method


class Settings(Protocol):
    """The settings of an experiment on a data set, as declarations are given them."""

    dataset: str
    method: Method | None
    """None for the stages that all experiments share."""

    def __call__(self, stage: str) -> Any:
        """The `Config` of a stage."""

    def adapter(self) -> str:
        """Adapter of the data set."""

    def sentences(self) -> str | None:
        """The data set whose sentences this one signs; None where it has its own."""


@dataclass(frozen=True)
class Read:
    """A file that another stage makes.

    Several may have the same `option`, where at most one of them is read with any settings.
    """

    option: str
    """Parameter of the stage's `run`, and of the rule's input; `-` for `_` on the command line."""
    stage: str | Callable[[Settings], str]
    """The stage that makes it, or which one does with these settings."""
    file: str
    """Its name in that stage's folder; `{split}` is the split of the job."""
    index: str | None = None
    """A small file of the same stage that stands for a large one: it is compared by content."""
    when: Callable[[Settings], bool] | None = None
    """Whether it is read with these settings; None: always."""
    dataset: Callable[[Settings], str | None] | None = None
    """Another data set whose file it is; None, or a result of None: the job's own."""
    is_option: bool = True
    """False: it must be there, and is not given to the stage."""

    def maker(self, settings: Settings) -> tuple[str, str]:
        """(data set, stage) that the file comes from."""
        other = self.dataset(settings) if self.dataset else None
        stage = self.stage if isinstance(self.stage, str) else self.stage(settings)
        return other or settings.dataset, stage


@dataclass(frozen=True)
class ReadPlace:
    """A file that no stage of an experiment makes: of a raw corpus, or a published model."""

    option: str
    path: Callable[[Settings], str | None]
    """The file; None where none is read with these settings."""
    given: Callable[[str], str] | None = None
    """What the stage is given instead, from `path`: such as the folder that the file stands for."""
    only_content: bool = True
    """False: a newer file alone is no reason to run again."""


@dataclass(frozen=True)
class ReadSeveral:
    """Files that the rule itself lists, such as the scores of the experiments of a comparison."""

    option: str


AnyRead = Read | ReadPlace | ReadSeveral


def is_read(read: Read | ReadPlace, settings: Settings) -> bool:
    """Return whether it is read with these settings."""
    if isinstance(read, ReadPlace):
        return read.path(settings) is not None
    return read.when is None or read.when(settings)
