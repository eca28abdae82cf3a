"""A limit on a stage's work, by which `sign2text plan` measures the stage itself.

Without a limit, as in every run of the workflow, loops do all of their work. Under one they time a
few batches and end the stage before it writes anything.
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
"""Goes over items as `map` does: gives the function's results in the items' order."""


@dataclass(frozen=True)
class Phase:
    """A part of a stage's work: so many units took so many seconds, and there are `whole` of them.

    `clips` and `frames` (as a model gets them, sampled) are what went through in these seconds.
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
        """Time of the whole.

        >>> round(Phase("training", "step", 20, 40.0, 66525, 160, 4640).hours, 2)
        36.96
        """
        return self.seconds / self.units * self.whole / 3600


class LimitReached(Exception):  # noqa: N818 - nothing went wrong
    """A stage has done the work that its limit allows, and ends here without output."""


@dataclass
class WorkLimit:
    """A limit, and the measurements taken under it."""

    steps: int
    """Counted steps of a training, and batches of another loop. 0 skips trainings, so that stages
    write untrained models, and limits nothing else."""
    warm_up: int = 0
    """Steps or batches before them that are not counted."""
    scales: Mapping[str, float] = field(default_factory=dict)
    """Clips of the true data for each clip of the data at hand, by split."""
    tokens: Mapping[str, int] = field(default_factory=dict)
    """Tokens of the reference by clip id: hypotheses become as long, since an untrained model ends
    no sentence."""
    about: str = ""
    """Stands before progress bars."""
    phases: list[Phase] = field(default_factory=list)
    parameters: int = 0
    trained: int = 0
    """Parameters that the training changes."""
    epochs: int | None = None
    """None: nothing is trained."""

    def note(self, model: nn.Module, epochs: int | None = None) -> None:
        """Count the parameters of the model that does the work."""
        self.parameters = sum(each.numel() for each in model.parameters())
        trained = (each.numel() for each in model.parameters() if each.requires_grad)
        self.trained, self.epochs = sum(trained) if epochs is not None else 0, epochs


_limit: WorkLimit | None = None


@contextmanager
def limiting(limit: WorkLimit) -> Iterator[WorkLimit]:
    """Run the block under a limit; it also ends where that is reached."""
    global _limit
    before, _limit = _limit, limit
    try:
        yield limit
    except LimitReached:
        pass
    finally:
        _limit = before


def active() -> WorkLimit | None:
    """Return the limit that this process works under, if any."""
    return _limit


def is_measured() -> bool:
    """Return whether loops are to time some of their batches and end there."""
    return _limit is not None and _limit.steps > 0


def progress(compute: Callable[[Any], Any], items: Sequence[Any], unit: str = "batch") -> Iterable:
    """`map` with a progress bar."""
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
    """Give the results of `compute` for each batch, in order, as `over` does.

    Under a limit it times some of the batches instead, evenly over their lengths.

    Args:
        lengths: frames of each clip of a batch, as the model gets them.
        work: name of the phase.
        unit: the work's time is in proportion to its number of these.
        model: counted for the plan's table.
        most: batches that are timed at most.
        early: makes of the first batch a smaller one that comes before and does not count; None:
            batches of the warm-up are those that are timed.

    Raises:
        LimitReached: the batches were timed; nothing is given.
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
    """Numbers of batches, clips and frames."""
    found = [lengths(batch) for batch in batches]
    return {"batch": len(found), "clip": sum(map(len, found)), "frame": sum(map(sum, found))}


def longest_sentence(clips: Iterable[str], most: int) -> int:
    """Tokens that the hypotheses of some clips may have: `most`; if measured, as their references.

    Args:
        clips: ids.
    """
    if not is_measured():
        return most
    return min(most, max((_limit.tokens.get(clip, most) for clip in clips), default=most))


def now() -> float:
    """Seconds, when the GPU has done what it was given."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter()


def spread(items: Sequence[Any], count: int) -> list[Any]:
    """`count` of the items, evenly over their order; all where there are not more.

    >>> spread("abcdefgh", 3), spread("ab", 3)
    (['b', 'e', 'g'], ['a', 'b'])
    """
    if len(items) <= count:
        return list(items)
    return [items[(2 * number + 1) * len(items) // (2 * count)] for number in range(count)]
