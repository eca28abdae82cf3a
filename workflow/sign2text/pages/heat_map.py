"""Evidence for words over the time of a clip, as inline SVG: frames, true signs, a heat map.

Nothing is scaled, so that text stays readable on phones; there the plot scrolls beside its names.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple
from unicodedata import east_asian_width

from sign2text.pages.curves import LETTER, tick_names, ticks

PLOT = 900
"""Width of a clip's time axis in pixels."""
ROW, LANE, AXIS, GAP = 24, 20, 36, 8  # heights of a word, a line of names, the axis, and a space
MOST_NAME = 130  # width of the column of names in pixels, at most
WIDE = 12  # width of a Chinese character in pixels
NONE = '<text x="2" y="18">none</text>'
STYLE = """
.map { display: flex; margin: .5rem 0; }
.map svg { width: auto; max-width: none; flex: none; }
.map .names text, .map .name { fill: var(--text); }
.map .panel { fill: #101010; }
.map .cell { fill: #ffe27a; }
.map .true { fill: none; stroke: #5fa8ff; stroke-width: 2; }
.map .sign { fill: var(--bar); fill-opacity: .18; stroke: var(--bar); }
.map .said path, .map .axis path { fill: none; stroke: var(--soft); }
"""
"""Style to append to the page's style. The panel is dark in both schemes: E is brightness."""


class Span(NamedTuple):
    """A named part of a clip, in seconds from its beginning."""

    name: str
    start: float
    end: float


Draw = Callable[[Span, tuple[float, float], int], str]
"""Drawing of a span by its extent and its lane."""


class Picture(NamedTuple):
    """A frame at its time, as the bytes of a JPEG file."""

    seconds: float
    jpeg: bytes


@dataclass(frozen=True)
class Row:
    """A word of the sentence, and the evidence for it."""

    word: str
    evidence: Sequence[float]
    """E of each of the N steps."""
    score: float
    known: bool = True
    """False if the word has no prototype; its evidence is 0."""
    sign: str | None = None
    """The gloss that shows the word; None if it is unknown."""
    signed: Sequence[Span] = ()
    """The times of this gloss in the clip."""
    hit: bool | None = None
    """True if the step with the highest evidence lies in the sign; None without a sign."""


@dataclass(frozen=True)
class Clip:
    """A clip with the evidence for its words."""

    id: str
    signer: str
    language: str
    text: str
    seconds: float
    edges: Sequence[float]
    """Bounds of the N steps in seconds, N + 1."""
    rows: Sequence[Row]
    signs: Sequence[Span] | None
    """The true signs; None if their times are unknown."""
    pictures: Sequence[Picture]
    """Frames, each in the middle of its part of the clip; the parts are equally long."""
    unknown: Sequence[str] = ()
    """Words of the sentence that are not in the vocabulary."""


def heat_map(clip: Clip, scale: float, threshold: float, height: int) -> str:
    """Draw a clip: frames, true signs, a row of brightness for each word, words above `threshold`.

    Args:
        scale: E of full brightness.
        height: height of the frames in pixels.
    """
    drawing = _Drawing(clip.seconds)
    drawing.add("frames", height, drawing.pictures(clip.pictures, height))
    if clip.signs is not None:
        spans = sorted(clip.signs, key=lambda span: (span.start, span.end))
        drawing.lanes("true signs", spans, drawing.sign)
    for row in clip.rows:
        drawing.add(row.word, ROW, drawing.row(row, clip.edges, scale))
    drawing.top += GAP
    drawing.lanes(f"E above {threshold:g}", found(clip, threshold), drawing.said)
    drawing.add("", AXIS, drawing.axis())
    return drawing.svg(clip)


def found(clip: Clip, threshold: float) -> list[Span]:
    """Return the stretches in which the evidence for a word is above `threshold`, by start."""
    spans: list[Span] = []
    for row in clip.rows:
        start = None
        for step, value in enumerate([*row.evidence, 0.0]):
            if value > threshold and start is None:
                start = clip.edges[step]
            elif value <= threshold and start is not None:
                spans.append(Span(row.word, start, clip.edges[step]))
                start = None
    return sorted(spans, key=lambda span: (span.start, span.end))


def lanes(extents: Sequence[tuple[float, float]]) -> list[int]:
    """Return for each extent, sorted by start, the first lane in which it covers no earlier one.

    >>> lanes([(0, 40), (30, 60), (40, 50)])
    [0, 1, 0]
    """
    ends: list[float] = []
    chosen = []
    for start, end in extents:
        lane = next((number for number, last in enumerate(ends) if last <= start), len(ends))
        ends[lane : lane + 1] = [end]
        chosen.append(lane)
    return chosen


class _Drawing:
    """A plot under construction, from top to bottom, and the names at its left."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.top = seconds, 0
        self.parts: list[str] = []
        self.names: list[tuple[float, str]] = []

    def add(self, name: str, height: int, parts: Iterable[str]) -> None:
        """Draw a band of the given height, with its name at its middle."""
        self.parts += [f'<g transform="translate(0 {self.top})">', *parts, "</g>"]
        self.names.append((self.top + height / 2, name))
        self.top += height

    def lanes(self, name: str, spans: Sequence[Span], draw: Draw) -> None:
        """Draw spans and their names in as many lanes as they need."""
        extents = [self.extent(span) for span in spans]
        chosen = lanes(extents)
        parts = [draw(*each) for each in zip(spans, extents, chosen, strict=True)]
        self.add(name, LANE * (max(chosen, default=0) + 1) + GAP, parts or [NONE])

    def x(self, seconds: float) -> float:
        return PLOT * min(max(seconds / self.seconds, 0.0), 1.0)

    def extent(self, span: Span) -> tuple[float, float]:
        """Return the left and right end of a span or its name, whichever is wider."""
        left, right = self.x(span.start), self.x(span.end)
        room = max(right - left, text_width(span.name) + LETTER)
        middle = min(max((left + right) / 2, room / 2), PLOT - room / 2)
        return middle - room / 2, middle + room / 2

    def pictures(self, pictures: Sequence[Picture], height: int) -> Iterator[str]:
        width = PLOT / max(1, len(pictures))
        for number, (seconds, jpeg) in enumerate(pictures):
            yield (
                f'<image x="{number * width:.1f}" y="0" width="{width:.1f}" height="{height - 4}" '
                f'href="data:image/jpeg;base64,{b64encode(jpeg).decode()}">'
                f"<title>{seconds:.2f} s</title></image>"
            )

    def sign(self, span: Span, extent: tuple[float, float], lane: int) -> str:
        left, right = self.x(span.start), self.x(span.end)
        box = f'x="{left:.1f}" y="{lane * LANE + 1}" width="{right - left:.1f}" height="{LANE - 3}"'
        return (
            f"<g><title>{escape(_timed(span))}</title>"
            f'<rect class="sign" {box}/>{_text(span.name, extent, lane * LANE + 14)}</g>'
        )

    def said(self, span: Span, extent: tuple[float, float], lane: int) -> str:
        left, right, top = self.x(span.start), self.x(span.end), lane * LANE
        return (
            f'<g class="said"><title>{escape(_timed(span))}</title>'
            f'<path d="M{left:.1f} {top}v3H{right:.1f}v-3"/>'
            f"{_text(span.name, extent, top + 15)}</g>"
        )

    def row(self, row: Row, edges: Sequence[float], scale: float) -> Iterator[str]:
        height = ROW - 2
        yield f'<rect class="panel" x="0" y="0" width="{PLOT}" height="{height}"/>'
        for value, start, end in zip(row.evidence, edges[:-1], edges[1:], strict=True):
            left, right = self.x(start), self.x(end)
            hint = f"{_timed(Span(row.word, start, end))}: E {value:.3f}"
            yield (
                f'<rect class="cell" x="{left:.1f}" y="0" width="{right - left:.1f}" '
                f'height="{height}" fill-opacity="{value / scale:.3f}">'
                f"<title>{escape(hint)}</title></rect>"
            )
        for span in row.signed:
            left, right = self.x(span.start), self.x(span.end)
            yield (
                f'<rect class="true" x="{left:.1f}" y="1" width="{right - left:.1f}" '
                f'height="{height - 2}"><title>{escape(_timed(span))}</title></rect>'
            )

    def axis(self) -> Iterator[str]:
        scale = [tick for tick in ticks(0, self.seconds) if tick <= self.seconds]
        marks = "".join(f"M{self.x(tick):.1f} 0v5" for tick in scale)
        yield f'<g class="axis"><path d="M0 0H{PLOT}{marks}"/>'
        for tick, name in zip(scale, tick_names(scale or [0.0]), strict=False):
            place = self.x(tick)
            anchor = "start" if place < LETTER else "end" if place > PLOT - 20 else "middle"
            yield f'<text x="{place:.1f}" y="18" text-anchor="{anchor}">{name}</text>'
        yield f'<text x="{PLOT / 2}" y="32" text-anchor="middle">seconds</text></g>'

    def svg(self, clip: Clip) -> str:
        """Put the names beside the plot."""
        names = [(middle, name, _cut(name)) for middle, name in self.names]
        width = max(text_width(cut) for *_, cut in names) + 10
        column = "".join(
            f'<text x="{width - 8}" y="{middle + 4:.1f}" text-anchor="end">{escape(cut)}'
            f"<title>{escape(name)}</title></text>"
            for middle, name, cut in names
            if name
        )
        about = escape(f"Evidence over time in clip {clip.id}; the numbers are in the tables below")
        return (
            f'<div class="map"><svg class="names" width="{width}" height="{self.top}" '
            f'aria-hidden="true">{column}</svg>'
            f'<div class="scroll" tabindex="0" role="region" aria-label="{about}">'
            f'<svg width="{PLOT}" height="{self.top}" role="img" aria-label="{about}">'
            f"{''.join(self.parts)}</svg></div></div>"
        )


def text_width(text: str) -> int:
    """Estimate the width of a text at font size 12, in pixels."""
    return sum(WIDE if east_asian_width(each) in "WF" else LETTER for each in text)


def _cut(name: str) -> str:
    """Shorten a name that is too wide for its column."""
    if text_width(name) <= MOST_NAME:
        return name
    kept = name
    while text_width(kept) > MOST_NAME - WIDE:
        kept = kept[:-1]
    return f"{kept}…"


def _timed(span: Span) -> str:
    return f"{span.name}, {span.start:.2f} s to {span.end:.2f} s"


def _text(text: str, extent: tuple[float, float], y: int) -> str:
    middle = (extent[0] + extent[1]) / 2
    return f'<text class="name" x="{middle:.1f}" y="{y}" text-anchor="middle">{escape(text)}</text>'
