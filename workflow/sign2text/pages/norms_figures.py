"""Figures of norms over epochs, one per training side by side, with a shared value axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sign2text.comparing.part_learning import FROZEN, Point, Training
from sign2text.pages.curves import KINDS, Series, curve, log_ticks, ticks


def figures(
    trainings: Sequence[Training],
    unit: str,
    measure: str,
    scale_of: Callable[[list[float]], list[float]],
    *,
    log: bool = False,
    percents: bool = False,
) -> Iterator[str]:
    """Draw a figure per training, all with one value axis; the kind of line identifies the part.

    There are three kinds of lines; from the fourth part on they repeat.
    """
    found = []
    for training in trainings:
        series = [
            Series(part, points, kind=KINDS[place % len(KINDS)])
            for place, part in enumerate(training.parts)
            if (points := _shown_points(training.points(part, measure), log, percents))
        ]
        if series:
            found.append((training, series))
    if not found:
        yield "<p>No training has any.</p>"
        return
    scale = scale_of([value for _, all_of in found for each in all_of for _, value in each.points])
    yield '<div class="panels">'
    for training, series in found:
        shown = {"scale": scale, "log": log, "note": _note(training)}
        yield curve(label(training), unit, series, training.epochs, **shown)
    yield "</div>"


def _shown_points(points: Sequence[Point], log: bool, percents: bool) -> list[Point]:
    """Return the points to draw; a logarithmic axis cannot show those at 0."""
    factor = 100 if percents else 1
    return [(epoch, factor * value) for epoch, value in points if value > 0 or not log]


def percent_scale(values: list[float]) -> list[float]:
    """Return the ticks from 0 to 100, regardless of the values."""
    return ticks(0, 100)


def log_scale(values: list[float]) -> list[float]:
    """Return the ticks of a logarithmic axis that contains the values."""
    return log_ticks(min(values), max(values))


def linear_scale(values: list[float]) -> list[float]:
    """Return the ticks of an axis that contains the values and 0."""
    return ticks(min(0.0, *values), max(0.0, *values))


def label(training: Training) -> str:
    """Name a training by its first experiment and its stage."""
    return f"{training.experiments[0]}, {training.stage}"


def _note(training: Training) -> str:
    """Note the distinguishing part of a training, its frozen parts and further experiments."""
    frozen = [part for part in training.parts if training.state(part) == FROZEN]
    said = [named_with(training), *(f"{training.head(part)} frozen" for part in frozen)]
    return "; ".join(text for text in [*said, also_of(training)] if text)


def named_with(training: Training) -> str:
    """Name the part that distinguishes a method's trainings from each other."""
    part = training.norms.named_with
    return f"with {training.name(part)}" if part in training.parts else ""


def also_of(training: Training) -> str:
    """Name the further experiments that share the training."""
    others = ", ".join(training.experiments[1:])
    return f"also of {others}" if others else ""
