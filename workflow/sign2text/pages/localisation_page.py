"""The page of words found in clips: how many, when, and heat maps of some clips."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from sign2text.pages import heat_map
from sign2text.pages.heat_map import Clip, Row
from sign2text.pages.identity_line import identity_line
from sign2text.pages.page import page

SPLITS = ("dev", "test")
MOST_THRESHOLDS = 10
DASH = "–"
STYLE = (
    heat_map.STYLE
    + """
.numbers table { width: auto; }
.numbers th, .numbers td { padding: .2rem .6rem; white-space: nowrap; }
.numbers thead th { text-align: right; }
.numbers thead th:first-child { text-align: left; font-weight: 600; }
.numbers .group { text-align: center; }
.clip { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: .75rem; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
h3 small { font-weight: 400; color: var(--soft); margin-left: .5rem; }
.scale { display: block; width: 320px; max-width: 100%; margin: .5rem 0; }
.scale .panel { fill: #101010; } .scale .cell { fill: url(#brightness); }
.scale path { stroke: var(--soft); }
details { margin: .5rem 0; } summary { color: var(--soft); cursor: pointer; }
"""
)


@dataclass(frozen=True)
class Shown:
    """The clips of the page and how they were chosen."""

    clips: Sequence[Clip]
    split: str
    total: int
    """Clips of the split."""
    threshold: float
    """E above which a word is named."""
    height: int
    """Height of the frames in pixels."""

    @property
    def scale(self) -> float:
        """The highest E of all clips, which is drawn in full brightness."""
        return max((max(row.evidence) for clip in self.clips for row in clip.rows), default=1) or 1


def make_page(identity: Mapping[str, Any], scores: Mapping[str, Any], shown: Shown) -> str:
    """Make the page.

    Args:
        identity: identity of the experiment (sign2text/lineage/identity.py).
        scores: `quality` and `localisation` of dev and test.
    """
    title = f"Pseudo-glosses over time: {identity['experiment']} on {identity['data_set']}"
    timed = shown.clips[0].signs is not None
    parts = [
        identity_line(identity),
        "<h2>How many pseudo-glosses are found</h2>",
        _qualities({split: scores[split]["quality"] for split in SPLITS}),
        "<h2>Whether they are found where they are signed</h2>",
        _places({split: scores[split]["localisation"] for split in SPLITS}, timed),
        f"<h2>Clips of {escape(shown.split)}</h2>",
        _reading(shown, timed),
        *(_clip(clip, shown) for clip in shown.clips),
    ]
    return page(title, "\n".join(parts), style=STYLE)


def _qualities(of: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Make the table of precision, recall and F1, with the threshold that is best on dev."""
    names = {"precision": "precision", "recall": "recall", "f1": "F1", "macro_f1": "macro F1"}
    groups = "".join(f'<th scope=colgroup colspan=4 class="group">{each}</th>' for each in of)
    heads = "".join(f"<th scope=col>{name}</th>" for _ in of for name in names.values())
    lines = []
    for rows in zip(*map(_few, of.values()), strict=True):
        cells = "".join(f"<td>{row[name]:.1f}</td>" for row in rows for name in names)
        lines.append(f"<tr><th scope=row>{rows[0]['threshold']:g}</th>{cells}</tr>\n")
    # Test chooses no threshold.
    place = max(range(len(of["dev"])), key=lambda row: of["dev"][row]["f1"])
    said = ", ".join(f"{rows[place]['f1']:.1f} on {split}" for split, rows in of.items())
    return (
        "<p>A pseudo-gloss is a word of the sentence that represents a sign. The model gives each "
        "pseudo-gloss of the vocabulary a score for a clip, 0 to 1: the sum of its evidence E over "
        "the clip's time steps. It counts as found if the score reaches the threshold. Precision "
        "is the share of found pseudo-glosses that are in the sentence, recall the share of the "
        "sentence's pseudo-glosses that are found, and F1 their harmonic mean, over all clips "
        "together; macro F1 is the mean F1 of the pseudo-glosses that occur. All are in percent."
        "</p>\n"
        f"<p>F1 at {of['dev'][place]['threshold']:g}, the threshold with the highest F1 on dev: "
        f"{said}.</p>\n"
        '<div class="scroll numbers"><table><thead>'
        f"<tr><th scope=col rowspan=2>threshold</th>{groups}</tr>\n<tr>{heads}</tr></thead>\n"
        f"<tbody>\n{''.join(lines)}</tbody></table></div>"
    )


def _few(rows: Sequence[Mapping[str, float]]) -> Sequence[Mapping[str, float]]:
    """Return at most MOST_THRESHOLDS of the rows, evenly spread."""
    step = math.ceil(len(rows) / MOST_THRESHOLDS)
    return rows[step - 1 :: step]


def _places(of: Mapping[str, Mapping[str, Any] | None], timed: bool) -> str:
    """Make the table of localisation, or say why there is none."""
    if not timed:
        return (
            "<p>The corpus does not say when its glosses are signed, so this is not measured, and "
            "no signs are drawn below.</p>"
        )
    lines = []
    for split, found in of.items():
        cells = "<td colspan=4>no pseudo-gloss with a sign in its clip</td>"
        if found:
            low, high = found["interval"]
            cells = (
                f"<td>{found['cases']:,}</td><td>{found['hits']:.1f} ({low:.1f} to {high:.1f})</td>"
                f"<td>{found['chance']:.1f}</td><td>{found['intersection_over_union']:.3f}</td>"
            )
        lines.append(f"<tr><th scope=row>{split}</th>{cells}</tr>\n")
    return (
        "<p>The sign of a pseudo-gloss is the gloss that occurs in the same clips of train. "
        "Training sees neither glosses nor their times. A case is a pseudo-gloss in a clip that "
        "shows its sign; it is a hit if the time step with the highest E lies in the sign. "
        "By chance: the hits of a step drawn at random, which are the share of the steps that lie "
        "in the sign. Intersection over union, 0 to 1, compares the steps with at least half of "
        "the highest E with those of the sign. The interval is a 95 % bootstrap interval over "
        "clips.</p>\n"
        '<div class="scroll numbers"><table><thead><tr><th scope=col>split</th>'
        "<th scope=col>cases</th><th scope=col>hits, % (95 % interval)</th>"
        "<th scope=col>by chance, %</th><th scope=col>intersection over union</th></tr></thead>\n"
        f"<tbody>\n{''.join(lines)}</tbody></table></div>"
    )


def _reading(shown: Shown, timed: bool) -> str:
    """Explain the heat maps, with the scale of brightness."""
    signs = (
        "Above the rows are the true signs; in a row, an outline marks the sign of its "
        "pseudo-gloss. "
        if timed
        else ""
    )
    return (
        f"<p>{len(shown.clips)} of {shown.total:,} clips, drawn at random from equal parts of the "
        "split, among the clips that have pseudo-glosses. The frames are at their times. Each row "
        "is a pseudo-gloss of the sentence, in the order of the text, and brightness is its "
        f"evidence E in each time step, on one scale for the whole page. {signs}Below the rows are "
        f"the pseudo-glosses whose E is above {shown.threshold:g}, at their times.</p>\n"
        f"{_scale(shown)}"
    )


def _scale(shown: Shown) -> str:
    """Draw the scale of brightness, from E = 0 to the highest."""
    marks = {0.0: "0", shown.scale: f"{shown.scale:.2g}"}
    if 0.15 * shown.scale < shown.threshold < 0.85 * shown.scale:
        marks[shown.threshold] = f"{shown.threshold:g}"
    ticks = "".join(
        f'<path d="M{20 + 240 * value / shown.scale:.1f} 18v5"/>'
        f'<text x="{20 + 240 * value / shown.scale:.1f}" y="36" text-anchor="middle">{name}</text>'
        for value, name in marks.items()
    )
    said = f"Brightness of E, from 0 (dark) to {shown.scale:.2g} (bright)"
    return (
        f'<svg class="scale" viewBox="0 0 320 40" role="img" aria-label="{said}">'
        '<defs><linearGradient id="brightness"><stop offset="0" stop-color="#ffe27a" '
        'stop-opacity="0"/><stop offset="1" stop-color="#ffe27a"/></linearGradient></defs>'
        '<rect class="panel" x="20" y="2" width="240" height="16"/>'
        '<rect class="cell" x="20" y="2" width="240" height="16"/>'
        f'{ticks}<text x="280" y="15">E</text></svg>'
    )


def _clip(clip: Clip, shown: Shown) -> str:
    language = escape(clip.language)
    unknown = ""
    if clip.unknown:
        words = escape(", ".join(clip.unknown))
        unknown = (
            '<p class="soft">Pseudo-glosses of the sentence that are not in the vocabulary: '
            f'<span lang="{language}">{words}</span>.</p>\n'
        )
    return (
        f'<article class="clip">\n<h3>{escape(clip.id)}<small>{escape(clip.signer)}</small></h3>\n'
        f'<p lang="{language}">{escape(clip.text)}</p>\n{unknown}'
        f"{heat_map.heat_map(clip, shown.scale, shown.threshold, shown.height)}\n"
        f"{_summary(clip)}\n{_steps(clip)}</article>"
    )


def _summary(clip: Clip) -> str:
    """Make the table with a row per pseudo-gloss."""
    heads = ["pseudo-gloss", "score", "highest E", "at, s"]
    if clip.signs is not None:
        heads += ["sign", "signed at, s", "found there"]
    head = "".join(f"<th scope=col>{each}</th>" for each in heads)
    lines = "".join(
        f'<tr><th scope=row lang="{escape(clip.language)}">{escape(row.word)}</th>'
        f"{''.join(f'<td>{escape(each)}</td>' for each in _facts(clip, row))}</tr>\n"
        for row in clip.rows
    )
    return (
        f'<div class="scroll numbers"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{lines}</tbody></table></div>"
    )


def _facts(clip: Clip, row: Row) -> list[str]:
    """Return the cells of a pseudo-gloss's row."""
    if row.known:
        highest = max(row.evidence)
        step = list(row.evidence).index(highest)
        facts = [f"{row.score:.3f}", f"{highest:.3f}", _between(*clip.edges[step : step + 2])]
    else:
        facts = ["no vector", DASH, DASH]
    if clip.signs is None:
        return facts
    times = ", ".join(_between(start, end) for _, start, end in row.signed)
    hit = {True: "yes", False: "no", None: DASH}[row.hit if row.known else None]
    return [*facts, row.sign or "unknown", times or DASH, hit]


def _between(start: float, end: float) -> str:
    return f"{start:.2f} to {end:.2f}"


def _steps(clip: Clip) -> str:
    """Make the table of E of every step, which is closed until somebody opens it."""
    words = "".join(
        f'<th scope=col lang="{escape(clip.language)}">{escape(row.word)}</th>' for row in clip.rows
    )
    lines = "".join(
        f"<tr><th scope=row>{_between(*clip.edges[step : step + 2])}</th>"
        f"{''.join(f'<td>{row.evidence[step]:.3f}</td>' for row in clip.rows)}</tr>\n"
        for step in range(len(clip.edges) - 1)
    )
    return (
        "<details><summary>E of each time step in numbers</summary>\n"
        '<div class="scroll numbers"><table><thead><tr><th scope=col>seconds</th>'
        f"{words}</tr></thead>\n<tbody>\n{lines}</tbody></table></div></details>\n"
    )
