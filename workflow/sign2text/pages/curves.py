"""Curves over epochs as inline SVG, readable on a phone, in the dark and without colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 360, 220  # the unit is a pixel on a narrow screen
SMALL_WIDTH, SMALL_HEIGHT = 250, 150
MOST_TICKS = 8
RIGHT, TOP, BOTTOM = 12, 26, 36
LETTER = 7  # width of a letter at font size 12, in pixels
STYLE = """
.curve polyline { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.curve .grid { stroke: var(--line); stroke-width: 1; }
.curve .first polyline, .curve .first line { stroke: var(--bar); stroke-width: 1.8; }
.curve .second polyline, .curve .second line { stroke: var(--differs); stroke-width: 1.8;
  stroke-dasharray: 5 3; }
.curve .third polyline, .curve .third line { stroke: var(--soft); stroke-width: 2.4;
  stroke-dasharray: 0 5; stroke-linecap: round; }
.curve .first circle { fill: var(--bar); } .curve .second circle { fill: var(--differs); }
.curve .third circle { fill: var(--soft); }
.curve .kept { fill: none; stroke: var(--text); stroke-width: 2; }
.curve text.mark { fill: var(--text); }
.curve figcaption small { display: block; font-weight: 400; color: var(--soft); }
.plots figure.small { flex: 0 1 17rem; }
"""
"""Style to append to the page's style. The kinds are a line, dashes and dots."""

KINDS = ("first", "second", "third")

Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """A named curve of points (epoch, value); `dots` marks each point."""

    name: str
    points: Sequence[Point]
    dots: bool = False
    kind: str = ""
    """One of KINDS, shown in the legend; if empty, the kind of its position among the series."""


def curve(
    title: str,
    unit: str,
    series: Sequence[Series],
    epochs: float,
    *,
    from_zero: bool = False,
    kept: tuple[Point, str] | None = None,
    small: bool = False,
    scale: Sequence[float] | None = None,
    log: bool = False,
    note: str = "",
) -> str:
    """Draw a figure of one to three series over epochs 0 to `epochs`.

    Args:
        unit: label of the value axis.
        from_zero: start the value axis at 0 instead of a little below the smallest value.
        kept: a point to mark with a ring, and its text in the legend.
        scale: all ticks of the value axis, for figures that share it.
        log: make the value axis logarithmic; all values and ticks must be above 0.
        note: a line under the title.
    """
    width, height = (SMALL_WIDTH, SMALL_HEIGHT) if small else (WIDTH, HEIGHT)
    values = [value for each in series for _, value in each.points]
    scale = scale or ticks(0 if from_zero else min(values), max(values))
    names = [f"{tick:g}" for tick in scale] if log else tick_names(scale)
    shown = math.log10 if log else float
    low, high = shown(scale[0]), shown(scale[-1])
    left, right, base = 10 + LETTER * max(map(len, names)), width - RIGHT, height - BOTTOM

    def x(epoch: float) -> float:
        return left + epoch / epochs * (right - left)

    def y(value: float) -> float:
        return base - (shown(value) - low) / (high - low) * (base - TOP)

    parts = []
    for tick, name in zip(scale, names, strict=True):
        parts.append(f'<path class="grid" d="M{left} {y(tick):.1f}H{right}"/>')
        parts.append(f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{name}</text>')
    for tick in (tick for tick in ticks(0, epochs, whole=True) if tick <= epochs):
        parts.append(
            f'<text x="{x(tick):.1f}" y="{base + 16}" text-anchor="middle">{tick:g}</text>'
        )
    parts.append(
        f'<text x="{(left + right) / 2:g}" y="{height - 4}" text-anchor="middle">epoch</text>'
    )
    for kind, each in zip(_kinds(series), series, strict=True):
        parts.append(_line(kind, each, [(x(epoch), y(value)) for epoch, value in each.points]))
    if kept is not None:
        (epoch, value), _ = kept
        parts.append(f'<circle class="kept" cx="{x(epoch):.1f}" cy="{y(value):.1f}" r="6"/>')
    parts.append(_legend(unit, series, kept and kept[1], right))
    about = escape(f"{title}: {unit} over epochs")
    caption = escape(title) + (f"<small>{escape(note)}</small>" if note else "")
    return (
        f'<figure class="curve{" small" if small else ""}"><figcaption>{caption}</figcaption>'
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{about}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _line(kind: str, series: Series, places: Sequence[Point]) -> str:
    """Draw a series as a line through `places`, with dots if wanted or for a single point."""
    radius = 2.6 if len(places) <= 40 else 1.8
    line = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
    dots = "".join(
        f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{radius}">'
        f"<title>{escape(_hint(series.name, point))}</title></circle>"
        for (across, down), point in zip(places, series.points, strict=True)
        if series.dots or len(places) == 1
    )
    return f'<g class="{kind}"><polyline points="{line}"/>{dots}</g>'


def _legend(unit: str, series: Sequence[Series], kept: str | None, right: int) -> str:
    """Draw the unit at the top left, and the legend of lines and ring at the top right."""
    parts = [f'<text x="2" y="12">{escape(unit)}</text>']
    entries = []
    if len(series) > 1 or series[0].kind:
        for kind, each in zip(_kinds(series), series, strict=True):
            dot = '<circle cx="-16" cy="8" r="2.6"/>' if each.dots else ""
            line = '<line x1="-27" y1="8" x2="-5" y2="8"/>'
            entries.append((f'<g class="{kind}">{line}{dot}</g>', 32, each.name))
    if kept is not None:
        entries.append(('<circle class="kept" cx="-11" cy="8" r="5"/>', 20, kept))
    for sign, room, name in reversed(entries):
        right -= LETTER * len(name)
        text = f'<text class="mark" x="0" y="12">{escape(name)}</text>'
        parts.append(f'<g transform="translate({right} 0)">{sign}{text}</g>')
        right -= room + LETTER
    return "".join(parts)


def _kinds(series: Sequence[Series]) -> list[str]:
    return [each.kind or kind for kind, each in zip(KINDS, series, strict=False)]


def _hint(name: str, point: Point) -> str:
    return f"{name}, epoch {point[0]:g}: {point[1]:.4g}"


def ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Return at most seven round values, the first at most `low` and the last at least `high`.

    >>> ticks(0.0, 31.2), ticks(1.93, 4.4)
    ([0.0, 10.0, 20.0, 30.0, 40.0], [1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5])
    """
    if high <= low:
        low, high = (low - 1, low + 1) if low else (0.0, 1.0)
    step = 10.0 ** math.floor(math.log10((high - low) / 5))
    if whole:
        step = max(step, 1.0)
    for factor in (2, 2.5, 2):
        if (high - low) / step > 5:
            step *= factor
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return the ticks of a logarithmic axis: powers of ten, also times 2 and 5 if these are few.

    >>> log_ticks(0.3, 40), log_ticks(0.004, 700)
    ([0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0], [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0])
    """
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    for factors, stride in (((1, 2, 5), 1), ((1,), 1), ((1,), 2), ((1,), 4)):
        powers = range(first, last + stride + 1, stride)
        every = [float(f"{factor}e{power}") for power in powers for factor in factors]
        least = max(number for number, tick in enumerate(every) if tick <= low * (1 + 1e-9))
        most = min(number for number, tick in enumerate(every) if tick >= high * (1 - 1e-9))
        found = every[least : max(most, least + 1) + 1]
        if len(found) <= MOST_TICKS:
            break
    return found


def tick_names(scale: Sequence[float]) -> list[str]:
    """Format round values for an axis; small ones share a power of ten.

    >>> tick_names([0, 10, 20]), tick_names([0.1, 0.15]), tick_names([0, 0.0005, 0.001])
    (['0', '10', '20'], ['0.1', '0.15'], ['0', '0.5e-3', '1e-3'])
    """
    power = math.floor(math.log10(max(map(abs, scale))) + 1e-9)
    if power > -3:
        return [f"{value:g}" for value in scale]
    return [f"{value / 10**power:.4g}e{power}" if value else "0" for value in scale]
