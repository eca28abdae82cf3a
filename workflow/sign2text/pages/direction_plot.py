"""Published differences and ours as inline SVG, a line per direction.

Colours are classes that the page's style defines: `agrees`, `disagrees`, `equal`, `not-run`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from sign2text.comparing.verdicts import AGREES, DISAGREES, EQUAL, NOT_RUN, Judged
from sign2text.pages.interval_plot import GAP, LABEL, LEFT, MARK, WIDTH, Axis, framed, whisker
from sign2text.papers.published_numbers import MEASURED

CLASSES = {AGREES: "agrees", DISAGREES: "disagrees", EQUAL: "equal", NOT_RUN: "not-run"}
"""CSS classes of the verdicts."""
STYLE = """
.agrees { --own: var(--ok); } .disagrees { --own: var(--bad); } .equal { --own: var(--differs); }
.not-run { --own: var(--soft); }
.directions svg g path, .directions svg g circle { stroke: var(--own); stroke-width: 1.5; }
.directions svg g path { fill: none; } .directions svg g circle { fill: var(--own); }
.directions svg g .published { stroke: var(--text); }
.directions svg .verdict { fill: var(--own); }
.directions svg .grid { stroke: var(--line); } .directions svg .zero { stroke: var(--text); }
.directions svg .label { fill: var(--text); stroke: var(--page); stroke-width: 4px;
  paint-order: stroke; }
.directions svg .argued { font-weight: 700; }
.key { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: .25rem 0 .5rem;
  color: var(--soft); font-size: .9rem; }
.key b { color: var(--own, var(--text)); }
"""


def direction_plot(figures: Mapping[str, Sequence[tuple[str, bool, Judged]]]) -> str:
    """Draw figures with a diamond for the published difference, a dot with whisker for ours.

    Args:
        figures: by title, one or more directions, each as its label, whether to print that in bold,
            and the judged direction.
    """
    drawn = (_figure(title, judged) for title, judged in figures.items())
    return f'<div class="directions">{"".join(drawn)}</div>'


def _figure(title: str, judged: Sequence[tuple[str, bool, Judged]]) -> str:
    ends = [each.direction.difference for _, _, each in judged]
    for _, _, each in judged:
        ends += [] if each.interval is None else [*each.interval, each.difference]
    axis = Axis.around(min(ends), max(ends), zero=True)
    parts, top = [], 0
    for label, bold, each in judged:
        parts.append(_line(label, bold, each, top, axis))
        top += LABEL + MARK + GAP
    unit = "" if judged[0][2].direction.metric in MEASURED else "points"
    return framed(title, parts, top, axis, unit, zero=True)


def _line(label: str, bold: bool, judged: Judged, top: int, axis: Axis) -> str:
    y = top + LABEL + MARK / 2
    published = judged.direction.difference
    shown = f"published {published:+.2f}"
    ours, value = "", judged.verdict
    if judged.interval is not None:
        low, high = judged.interval
        ours = whisker(judged.difference, low, high, y, axis)
        value = f"{judged.difference:+.2f}"
        shown += f", ours {value} [{low:+.2f}, {high:+.2f}]: {judged.verdict}"
    at = axis.place(published)
    diamond = f'<path class="published" d="M{at:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z"/>'
    kind = "label argued" if bold else "label"
    return (
        f'<g class="{CLASSES[judged.verdict]}"><title>{escape(label)}: {escape(shown)}</title>'
        f'<text class="{kind}" x="{LEFT}" y="{top + 13}">{escape(label)}</text>'
        f"{ours}{diamond}"
        f'<text class="verdict" x="{WIDTH}" y="{y + 4:.1f}" text-anchor="end">{escape(value)}'
        "</text></g>"
    )


def key() -> str:
    """Make the legend of the plot's marks and colours."""
    verdicts = (AGREES, DISAGREES, EQUAL)
    entries = "".join(
        f'<span class="{CLASSES[each]}"><b>●</b> ours, {escape(each)}</span>' for each in verdicts
    )
    return f'<div class="key"><span><b>◇</b> published</span>{entries}</div>'
