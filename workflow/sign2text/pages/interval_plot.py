"""Dots with whiskers as inline SVG: values and intervals, readable on phones and in the dark.

Colours are classes (`system0`, `system1`, ...) that the page's style defines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, LEFT, RIGHT = 360, 10, 92  # the unit is a pixel on a narrow screen
LABEL, MARK, AXIS, GAP = 18, 15, 24, 5


@dataclass(frozen=True)
class Mark:
    """A value, its interval, and the number of its system."""

    value: float
    low: float
    high: float
    system: int
    shown: str
    hint: str
    faint: bool = False
    """True for few clips: the mark is hollow and does not stretch the axis."""


@dataclass(frozen=True)
class Row:
    """A label, and a mark per system under it."""

    label: str
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Axis:
    """An axis from left to right, with round numbers at its ends."""

    start: float
    end: float
    step: float

    @classmethod
    def around(cls, low: float, high: float, *, zero: bool) -> Axis:
        """Return an axis that contains `low` and `high`, and 0 if `zero` is true.

        Scores are never below 0, so an axis of scores does not start below 0 either.
        """
        if zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if high - low < 1e-6:
            low, high = low - (1 if zero else 0), high + 1
        step = round_step(high - low)
        start, end = (
            math.floor(low / step + 1e-9) * step,
            math.ceil(high / step - 1e-9) * step,
        )
        return cls(start, end, step)

    def place(self, value: float) -> float:
        """Return the x coordinate of `value`; of the nearest end if it is beyond the axis."""
        scale = (WIDTH - LEFT - RIGHT) / (self.end - self.start)
        return LEFT + (min(max(value, self.start), self.end) - self.start) * scale

    def holds(self, value: float) -> bool:
        return self.start <= value <= self.end


def interval_plot(title: str, rows: Sequence[Row], unit: str, *, zero: bool = False) -> str:
    """Draw a figure with one axis: each row's label, and its marks below each other.

    Args:
        title: the figure's caption.
        rows: rows with at least one mark in all.
        unit: unit at the end of the axis.
        zero: draw a line at 0, and include 0 in the axis.
    """
    axis = _axis([mark for row in rows for mark in row.marks], zero)
    parts, top = [], 0
    for row in rows:
        parts.append(f'<text class="label" x="{LEFT}" y="{top + 13}">{escape(row.label)}</text>')
        top += LABEL
        for mark in row.marks:
            parts.append(_mark(mark, top + MARK / 2, axis))
            top += MARK
        top += GAP
    return framed(title, parts, top, axis, unit, zero=zero)


def framed(
    title: str, parts: Sequence[str], height: int, axis: Axis, unit: str, *, zero: bool
) -> str:
    """Make a figure of drawn `parts` over the grid of `axis`, with its numbers below."""
    count = round((axis.end - axis.start) / axis.step) + 1
    ticks = [axis.start + number * axis.step for number in range(count)]
    lines = "".join(f"M{axis.place(tick):.1f} 0V{height}" for tick in ticks)
    below = [f'<path class="grid" d="{lines}"/>']
    if zero:
        below.append(f'<path class="zero" d="M{axis.place(0):.1f} 0V{height}"/>')
    for tick in ticks:
        below.append(
            f'<text x="{axis.place(tick):.1f}" y="{height + 15}" text-anchor="middle">'
            f"{_number(tick, axis.step, signed=zero)}</text>"
        )
    below.append(f'<text x="{WIDTH}" y="{height + 15}" text-anchor="end">{escape(unit)}</text>')
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height + AXIS}" role="img" aria-label="{escape(title)}">'
        f"{''.join([*below, *parts])}</svg></figure>"
    )


def _mark(mark: Mark, y: float, axis: Axis) -> str:
    """Draw whisker, dot and value."""
    kind = f"system{mark.system}" + (" faint" if mark.faint else "")
    return (
        f'<g class="{kind}"><title>{escape(mark.hint)}</title>'
        f"{whisker(mark.value, mark.low, mark.high, y, axis)}"
        f'<text x="{WIDTH}" y="{y + 4:.1f}" text-anchor="end">{escape(mark.shown)}</text></g>'
    )


def whisker(value: float, low: float, high: float, y: float, axis: Axis) -> str:
    """Draw a dot and its interval; omit the dot or an end if it is beyond the axis."""
    ends = "".join(
        f"M{axis.place(end):.1f} {y - 3:.1f}v6" for end in (low, high) if axis.holds(end)
    )
    dot = f'<circle cx="{axis.place(value):.1f}" cy="{y:.1f}" r="4"/>' if axis.holds(value) else ""
    left, right = axis.place(low), axis.place(high)
    return f'<path d="M{left:.1f} {y:.1f}H{right:.1f}{ends}"/>{dot}'


def _axis(marks: Sequence[Mark], zero: bool) -> Axis:
    """Choose a round axis; marks of few clips count only if there are no others."""
    wide = [mark for mark in marks if not mark.faint] or list(marks)
    low = min(min(mark.low, mark.value) for mark in wide)
    high = max(max(mark.high, mark.value) for mark in wide)
    return Axis.around(low, high, zero=zero)


def round_step(extent: float, parts: int = 5) -> float:
    """Return the smallest of 1, 2 or 5 times 10**n that splits `extent` into at most `parts`.

    >>> round_step(4), round_step(37), round_step(0.3)
    (1.0, 10.0, 0.1)
    """
    power = 10.0 ** math.floor(math.log10(extent / parts))
    return next(factor * power for factor in (1, 2, 5, 10) if extent / (factor * power) <= parts)


def _number(value: float, step: float, *, signed: bool) -> str:
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if abs(value) < step / 2:
        return "0"
    return f"{value:{'+' if signed else ''}.{digits}f}"
