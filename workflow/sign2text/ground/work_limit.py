"""A limit on a stage's work, with which `sign2text plan` measures the stage.

Without a limit, as in every run of the workflow, loops do all their work. Under a limit they time
a few batches and end the stage before it writes anything.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import nn

Over = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""A function like `map`, which returns the results in the items' order."""


@dataclass(frozen=True)
class Phase:
    """Timing of a part of a stage's work: `units` took `seconds`, and there are `whole` units.

    `clips` and `frames` (sampled, as the model gets them) were processed in these seconds.
    """

    name: str
    unit: Literal["step", "batch", "clip", "frame"]
    units: int
    seconds: float
    whole: int
    clips: int
    frames: int

    @property
    def hours(self) -> float:
        """Hours for all units.

        >>> round(Phase("training", "step", 20, 40.0, 66525, 160, 4640).hours, 2)
        36.96
        """
        return self.seconds / self.units * self.whole / 3600


class LimitReached(Exception):  # noqa: N818 - nothing went wrong
    """Signal that a stage has done the allowed work and ends without output."""


@dataclass
class WorkLimit:
    """A limit, and the measurements taken under it."""

    steps: int
    """Timed steps of a training, or timed batches of another loop. With 0, trainings write
    untrained models, and nothing else is limited."""
    warm_up: int = 0
    """Steps or batches before the timed ones."""
    scales: Mapping[str, float] = field(default_factory=dict)
    """Ratio of clips in the real data to clips in the measured data, by split."""
    tokens: Mapping[str, int] = field(default_factory=dict)
    """Tokens of the reference by clip id. Hypotheses get the same length, since an untrained model
    ends no sentence."""
    about: str = ""
    """Label of progress bars."""
    phases: list[Phase] = field(default_factory=list)
    parameters: int = 0
    trained: int = 0
    """Parameters that the training changes."""
    epochs: int | None = None
    """Epochs of the training; None: nothing is trained."""

    def note(self, model: nn.Module, epochs: int | None = None) -> None:
        """Count the parameters of the measured model."""
        self.parameters = sum(each.numel() for each in model.parameters())
        trained = (each.numel() for each in model.parameters() if each.requires_grad)
        self.trained, self.epochs = sum(trained) if epochs is not None else 0, epochs


_limit: WorkLimit | None = None


@contextmanager
def limiting(limit: WorkLimit) -> Iterator[WorkLimit]:
    """Run the block under a limit, and end it when the limit is reached."""
    global _limit
    before, _limit = _limit, limit
    try:
        yield limit
    except LimitReached:
        pass
    finally:
        _limit = before


def active() -> WorkLimit | None:
    """Return the active limit of this process, if any."""
    return _limit


def is_measured() -> bool:
    """Return whether loops must time some of their batches and end the stage."""
    return _limit is not None and _limit.steps > 0


def progress(compute: Callable[[Any], Any], items: Sequence[Any], unit: str = "batch") -> Iterable:
    """Apply `compute` as `map` does, with a progress bar."""
    from tqdm import tqdm

    return map(compute, tqdm(items, unit=unit, mininterval=5))


def over_batches(
    compute: Callable[[Any], Any],
    batches: Sequence[Any],
    lengths: Callable[[Any], Sequence[int]],
    *,
    work: str,
    unit: Literal["batch", "clip", "frame"] = "frame",
    model: nn.Module | None = None,
    over: Over = progress,
    most: int | None = None,
    early: Callable[[Any], Any] | None = None,
) -> Iterable[Any]:
    """Return the results of `compute` for each batch, in order, as `over` does.

    Under a limit, time some of the batches instead, spread evenly over their lengths.

    Args:
        lengths: frames of each clip of a batch, as the model gets them.
        work: name of the phase.
        unit: the unit that the work's time is proportional to.
        model: the model to count parameters of, for the plan's table.
        most: upper bound of timed batches.
        early: reduces the first timed batch to the only, smaller batch of the warm-up; None: the
            warm-up runs the timed batches.

    Raises:
        LimitReached: the batches were timed, and there are no results.
    """
    if not is_measured():
        return over(compute, batches)
    from tqdm import tqdm

    limit = _limit
    ordered = sorted(batches, key=lambda batch: -max(lengths(batch), default=0))
    chosen = spread(ordered, min(limit.steps, most or limit.steps))
    before = [chosen[number % len(chosen)] for number in range(limit.warm_up)]
    if early is not None:
        before = [early(chosen[0])]
    seconds = 0.0
    both = [*((False, batch) for batch in before), *((True, batch) for batch in chosen)]
    label = f"{limit.about}: {work}" if limit.about else work
    for counts, batch in tqdm(both, unit="batch", desc=label):
        start = now()
        compute(batch)
        seconds += now() - start if counts else 0.0
    done, whole = _units(chosen, lengths), _units(batches, lengths)
    limit.phases.append(
        Phase(work, unit, done[unit], seconds, whole[unit], done["clip"], done["frame"])
    )
    if model is not None:
        limit.note(model)
    raise LimitReached


def _units(batches: Sequence[Any], lengths: Callable[[Any], Sequence[int]]) -> dict[str, int]:
    """Count batches, clips and frames."""
    found = [lengths(batch) for batch in batches]
    return {"batch": len(found), "clip": sum(map(len, found)), "frame": sum(map(sum, found))}


def longest_sentence(clips: Iterable[str], most: int) -> int:
    """Return the token limit of hypotheses: `most`, or the references' longest when measured.

    Args:
        clips: ids of the clips.
    """
    if not is_measured():
        return most
    return min(most, max((_limit.tokens.get(clip, most) for clip in clips), default=most))


def now() -> float:
    """Wait for the GPU to finish, and return the time in seconds."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter()


def spread(items: Sequence[Any], count: int) -> list[Any]:
    """Choose `count` of the items, spread evenly over their order; all if there are no more.

    >>> spread("abcdefgh", 3), spread("ab", 3)
    (['b', 'e', 'g'], ['a', 'b'])
    """
    if len(items) <= count:
        return list(items)
    return [items[(2 * number + 1) * len(items) // (2 * count)] for number in range(count)]
