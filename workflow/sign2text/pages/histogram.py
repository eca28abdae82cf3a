"""Histograms as inline SVG: a panel per split over one axis, readable on phones and in the dark."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

BINS = 32  # at most: narrower bars are hard to tell apart at 360 pixels
LONGEST = 2  # maximum end of the axis, as a multiple of the 99th percentile
WIDTH, PANEL, AXIS = 360, 74, 34  # the unit is a pixel on a narrow screen
LEFT, RIGHT, HEAD = 8, 8, 20


def histogram(
    title: str, unit: str, values: Mapping[str, pd.Series], counted: str = "clips"
) -> str:
    """Draw a histogram of whole numbers, such as frames per clip, as shares of a split's clips.

    All panels have one scale, so that splits can be compared. Each bar's tooltip names its count.

    Args:
        counted: name of what has these numbers.
    """
    import numpy as np

    values = {split: part.to_numpy() for split, part in values.items() if len(part)}
    every = np.concatenate(list(values.values()))
    # A few very long clips would squeeze all others into one bar, so the last bar includes them.
    largest = min(int(every.max()), max(1, int(LONGEST * np.percentile(every, 99))))
    step = bin_width(largest)
    edges = np.arange(0, largest + step + 1, step)
    last = int(edges[-2])
    cut = every.max() >= edges[-1]
    counts = {s: np.histogram(np.minimum(part, last), edges)[0] for s, part in values.items()}
    tallest = max((count / count.sum()).max() for count in counts.values())
    scale = (WIDTH - LEFT - RIGHT) / edges[-1]
    parts = []
    for number, (split, count) in enumerate(counts.items()):
        top = number * PANEL
        base = top + PANEL - 8
        summary = f"{split}: {count.sum():,} {counted}, median {np.median(values[split]):g}"
        parts.append(f'<text class="split" x="{LEFT}" y="{top + 14}">{escape(summary)}</text>')
        for low, part in zip(edges, count, strict=False):
            if part:
                share = part / count.sum()
                height = max(1.0, share / tallest * (PANEL - HEAD - 8))
                bounds = f"{low} or more" if cut and low == last else _range(low, step)
                hint = f"{split}, {bounds} {unit}: {part:,} {counted}, {share:.1%}"
                parts.append(
                    f'<rect x="{LEFT + low * scale + 0.5:.1f}" y="{base - height:.1f}" '
                    f'width="{step * scale - 1:.1f}" height="{height:.1f}" rx="1">'
                    f"<title>{escape(hint)}</title></rect>"
                )
        parts.append(f'<path d="M{LEFT} {base}H{WIDTH - RIGHT}"/>')
    bottom = len(counts) * PANEL
    for tick in ticks(int(edges[-1])):
        place = LEFT + tick * scale
        anchor = "start" if tick == 0 else "end" if place > WIDTH - 24 else "middle"
        parts.append(
            f'<text x="{place:.1f}" y="{bottom + 8}" text-anchor="{anchor}">{tick:,}</text>'
        )
    name = f"{unit} (last bar: {last:,} or more)" if cut else unit
    parts.append(f'<text x="{WIDTH / 2}" y="{bottom + 26}" text-anchor="middle">{name}</text>')
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {bottom + AXIS}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg></figure>"
    )


def bin_width(largest: int) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, ... for which `BINS` bins reach `largest`.

    >>> bin_width(10), bin_width(475), bin_width(63)
    (1, 20, 2)
    """
    return _round_step(largest, BINS)


def ticks(end: int) -> list[int]:
    """Return round places on an axis from 0 to `end`, at most seven.

    >>> ticks(480)
    [0, 100, 200, 300, 400]
    """
    return list(range(0, end + 1, _round_step(end, 6)))


def _round_step(end: int, parts: int) -> int:
    step, factors = 1, (2, 2.5, 2)
    number = 0
    while end // step >= parts:
        step = int(step * factors[number % 3])
        number += 1
    return step


def _range(low: int, step: int) -> str:
    return str(low) if step == 1 else f"{low} to {low + step - 1}"
