"""Figures of norms over epochs, a training beside the other, on one axis of values."""

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
    """A figure a training, all with one axis of values; each part has its own kind of line.

    There are three kinds; with a fourth part they begin again.
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
    """The points as they are drawn; a logarithmic axis has none at 0."""
    factor = 100 if percents else 1
    return [(epoch, factor * value) for epoch, value in points if value > 0 or not log]


def percent_scale(values: list[float]) -> list[float]:
    """0 to 100, whatever the values."""
    return ticks(0, 100)


def log_scale(values: list[float]) -> list[float]:
    """Ticks of a logarithmic axis that holds the values."""
    return log_ticks(min(values), max(values))


def linear_scale(values: list[float]) -> list[float]:
    """Ticks of an axis that holds the values and 0."""
    return ticks(min(0.0, *values), max(0.0, *values))


def label(training: Training) -> str:
    """The training by its first experiment and its stage."""
    return f"{training.experiments[0]}, {training.stage}"


def _note(training: Training) -> str:
    """The part that tells the training apart, frozen parts, further experiments."""
    frozen = [part for part in training.parts if training.state(part) == FROZEN]
    said = [named_with(training), *(f"{training.head(part)} frozen" for part in frozen)]
    return "; ".join(text for text in [*said, also_of(training)] if text)


def named_with(training: Training) -> str:
    """The name of the part that tells a method's trainings apart."""
    part = training.norms.named_with
    return f"with {training.name(part)}" if part in training.parts else ""


def also_of(training: Training) -> str:
    """The further experiments whose training it is."""
    others = ", ".join(training.experiments[1:])
    return f"also of {others}" if others else ""
