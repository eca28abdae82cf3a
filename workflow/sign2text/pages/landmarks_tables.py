"""Tables of a landmarks page: detection, signers, gaps, and how steady and exact points are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from sign2text.landmarks.measured_clips import MeasuredClip
from sign2text.landmarks.points import PARTS
from sign2text.landmarks.quality import SHORT, Summary

MOST_SIGNERS = 30
DASH = "–"
Summaries = Mapping[tuple[str, str], Mapping[str, Summary]]
"""Summaries by split and signer, then by part (`landmarks.measured_clips.summaries`)."""


def detection(splits: Iterable[str], found: Summaries) -> str:
    """Make the table of how often each part is found, by split."""
    rows = {"all": found["", ""]}
    rows |= {split: found[split, ""] for split in splits if (split, "") in found}
    return (
        "<p>Share of the frames in which any point of a part is found, and below it the clips in "
        "which the part is never found. A hand that rests below the picture cannot be found.</p>\n"
        + _table(
            ["split", "clips", "frames", *PARTS],
            [
                [split, *_sizes(parts), *(_detected(each) for each in parts.values())]
                for split, parts in rows.items()
            ],
        )
    )


def _sizes(parts: Mapping[str, Summary]) -> tuple[str, str]:
    first = next(iter(parts.values()))
    return f"{first.clips:,}", f"{first.frames:,}"


def _detected(found: Summary) -> str:
    never = f"<small>never in {found.never:,}</small>" if found.never else ""
    return f"{percent(found.detected)}{never}"


def signers(found: Summaries) -> str:
    """Make the table of signers, those whose parts are found least first."""
    rows = {signer: parts for (_, signer), parts in found.items() if signer}
    order = sorted(rows, key=lambda signer: (_mean(rows[signer]), signer))
    shown = order[:MOST_SIGNERS]
    rest = len(order) - len(shown)
    more = f" The {rest:,} others are in landmarks.tsv." if rest else ""
    return (
        f"<p>{len(order):,} signers, those whose parts are found least first.{more}</p>\n"
        + _table(
            ["signer", "clips", "frames", *PARTS],
            [
                [signer, *_sizes(rows[signer]), *map(_detected, rows[signer].values())]
                for signer in shown
            ],
        )
    )


def _mean(parts: Mapping[str, Summary]) -> float:
    return sum(each.detected for each in parts.values())


def gaps(whole: Mapping[str, Summary]) -> str:
    """Make the table of gaps by part."""
    return (
        "<p>A gap is a run of frames without the part between two frames with it. Interpolation "
        f"can fill gaps of up to {SHORT} frames well; longer ones hide signs. Missing frames "
        "before the first and after the last frame with the part are counted apart.</p>\n"
        + _table(
            ["part", "gaps", "median, frames", "longest, frames", f"of at most {SHORT} frames",
             "frames missing at the ends"],
            [
                [part, f"{each.gaps:,}", _number(each.median_gap, "g"),
                 f"{each.longest_gap:,}" if each.gaps else DASH, percent(each.short),
                 percent(each.ends)]
                for part, each in whole.items()
            ],
        )
    )  # fmt: skip


def steadiness(clips: Sequence[MeasuredClip], whole: Mapping[str, Summary], exact: bool) -> str:
    """Make the table of jitter and, where the truth is known, of errors."""
    columns: dict[str, Callable[[Summary], float]] = {"jitter": lambda each: each.jitter}
    said = (
        "<p>In shoulder widths, as medians over the clips of each clip's median. Jitter is the "
        "second difference of a point over three frames in a row: 0 for a point that rests or "
        "moves evenly, large for one that trembles.</p>\n"
    )
    if exact:
        columns = {"error": lambda each: each.error} | columns
        columns["true jitter"] = lambda each: each.true_jitter
        said += (
            "<p>This corpus knows its exact landmarks. The error is the distance of a found point "
            "to the true one in the picture; the true jitter is that of the true points in the "
            "same frames.</p>\n"
        )
    lost = sum(math.isnan(clip.quality.width) for clip in clips)
    if lost:
        said += (
            f'<p class="note">In {lost:,} clips the shoulders are never found together, so nothing '
            "is measured in their width.</p>\n"
        )
    return said + _table(
        ["part", *columns],
        [
            [part, *(_number(value(each), ".4f") for value in columns.values())]
            for part, each in whole.items()
        ],
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table; the first cell of a row is plain text, the others are HTML."""
    head = "".join(f"<th scope=col>{escape(each)}</th>" for each in heads)
    lines = "".join(
        f"<tr><th scope=row>{escape(first)}</th>{''.join(f'<td>{each}</td>' for each in rest)}"
        "</tr>\n"
        for first, *rest in rows
    )
    return (
        f'<div class="scroll numbers"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{lines}</tbody></table></div>"
    )


def percent(share: float) -> str:
    """Format a share as a percentage; a dash for NaN."""
    return _number(100 * share, ".1f", " %")


def _number(value: float, form: str, unit: str = "") -> str:
    return f"{value:{form}}{unit}" if math.isfinite(value) else DASH
