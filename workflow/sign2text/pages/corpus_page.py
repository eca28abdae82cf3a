"""The report of check_corpus as a self-contained page: no script, external font or picture."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from sign2text.data.corpus_report import VERDICTS
from sign2text.data.corpus_vocabulary import lengths, unit_of
from sign2text.data.text_alone import has_videos
from sign2text.pages.histogram import histogram
from sign2text.pages.page import page

if TYPE_CHECKING:
    import pandas as pd

MEANING = {
    "bad": "must be mended",
    "differs": "not as published",
    "note": "worth knowing",
    "ok": "in order",
}
STYLE = """
svg rect { fill: var(--bar); }
svg rect:hover { fill: var(--text); }
svg path { stroke: var(--line); }
svg .split { fill: var(--text); }
ul { list-style: none; margin: 0; padding: 0; }
li { border-top: 1px solid var(--line); padding: .6rem 0; }
.bad { color: var(--bad); } .differs { color: var(--differs); }
.note { color: var(--note); } .ok { color: var(--ok); }
.verdict { font-weight: 600; }
th:first-child { width: 40%; }
"""


def make_page(
    title: str,
    source: str,
    report: pd.DataFrame,
    clips: Mapping[str, pd.DataFrame],
    language: str,
) -> str:
    """Make the page of a report (`make_report`) from the report and its clips by split."""
    counts = {verdict: int((report["verdict"] == verdict).sum()) for verdict in VERDICTS}
    summary = ", ".join(
        f'<span class="verdict {verdict}">{counts[verdict]} {verdict}</span> ({MEANING[verdict]})'
        for verdict in VERDICTS
        if counts[verdict]
    )
    body = (
        f"<p>{summary}.</p>\n"
        f'<p class="soft">Made by check_corpus from the manifests in {escape(source)}. The same '
        "lines, one a row, are in report.csv beside this page.</p>\n"
        f"<h2>What to look at</h2>\n{_doubts(report)}\n"
        f'<h2>Lengths</h2>\n<div class="plots">\n{_plots(clips, language)}\n</div>\n'
        f"<h2>All counts</h2>\n{_table(report, list(clips))}"
    )
    return page(title, body, STYLE)


def _doubts(report: pd.DataFrame) -> str:
    """List the checks that are not in order, the worst first, each with all its splits."""
    rows = report[report["verdict"] != "ok"]
    rows = rows.assign(order=rows["verdict"].map(VERDICTS.index))
    if rows.empty:
        return "<p>Nothing.</p>"
    groups = rows.groupby(["order", "check"], sort=False)
    ordered = sorted((part for _, part in groups), key=lambda part: part["order"].iloc[0])
    return f"<ul>\n{''.join(map(_doubt, ordered))}</ul>"


def _doubt(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    found = "; ".join(map(_found, rows.itertuples()))
    advice = "".join(
        f'<p class="soft">{escape(each)}</p>' for each in rows["advice"].drop_duplicates() if each
    )
    return (
        f'<li><p><span class="verdict {first.verdict}">{first.verdict}</span> '
        f"{escape(first.check)}: {found}</p>{advice}</li>\n"
    )


def _found(row: tuple) -> str:
    expected = f" (expected {_shown(row.expected)})" if row.expected else ""
    return f"{row.split} {_shown(row.found)}{expected}".strip()


def _plots(clips: Mapping[str, pd.DataFrame], language: str) -> str:
    unit = unit_of(language)
    figures = []
    if seen := {split: table["frames"] for split, table in clips.items() if has_videos(table)}:
        figures.append(histogram("Frames a clip", "frames", seen))
    figures.append(
        histogram(
            f"{unit.capitalize()}s a sentence",
            f"{unit}s",
            {split: lengths(table["text"], unit) for split, table in clips.items()},
        )
    )
    glosses = {split: lengths(table["gloss"], "gloss") for split, table in clips.items()}
    if any(part.sum() for part in glosses.values()):
        figures.append(histogram("Glosses a clip", "glosses", glosses))
    return "\n".join(figures)


def _table(report: pd.DataFrame, splits: list[str]) -> str:
    """Make a table with a row per check and a column per split.

    It omits the reasons for leaving out clips, which are among the doubts.
    """
    rows = report[report["split"].isin(splits) & (report["check"] != "left out, by reason")]
    cells = {(row.check, row.split): row for row in rows.itertuples()}
    lines = []
    for check in rows["check"].drop_duplicates():
        line = "".join(_cell(cells.get((check, split))) for split in splits)
        lines.append(f"<tr><th scope=row>{escape(check)}</th>{line}</tr>\n")
    head = "".join(f"<th scope=col>{escape(split)}</th>" for split in splits)
    return (
        f"<table><thead><tr><th scope=col>check</th>{head}</tr></thead>\n"
        f"<tbody>\n{''.join(lines)}</tbody></table>"
    )


def _cell(row: tuple | None) -> str:
    if row is None:
        return "<td></td>"
    beside = row.verdict if row.verdict != "ok" else ""
    if row.expected.isdigit():
        beside = "as published" if row.verdict == "ok" else f"{_shown(row.expected)} published"
    small = f"<small>{beside}</small>" if beside else ""
    kind = f' class="{row.verdict}"' if row.verdict != "ok" else ""
    return f"<td><span{kind}>{_shown(row.found)}</span>{small}</td>"


def _shown(value: str) -> str:
    return f"{int(value):,}" if value.isdigit() else escape(value)
