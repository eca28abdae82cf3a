"""A paper's tables and verdicts as CSV and as Markdown; docs/published.md describes the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from sign2text.comparing.comparison_tables import signed
from sign2text.comparing.measured_runs import MeasuredRun
from sign2text.comparing.resampled import Side
from sign2text.comparing.score_runs import ScoreRun
from sign2text.comparing.summary import Summary
from sign2text.comparing.table_numbers import DASH, between, our_number
from sign2text.comparing.table_origins import markdown_origins
from sign2text.comparing.table_text import citation, markdown_line, markdown_rows
from sign2text.comparing.verdicts import NOT_RUN, Judged
from sign2text.papers.directions import BLEU4
from sign2text.papers.published_numbers import MEASURED

NUMBERS = (
    "published_better", "published_worse", "published_difference",
    *(f"ours_{side}{part}" for side in ("better", "worse")
      for part in ("", "_deviation", "_low", "_high")),
    "ours_difference", "ours_difference_low", "ours_difference_high",
)  # fmt: skip
COLUMNS = (
    "paper", "table", "source", "metric", "kind", "words", "better", "worse",
    "published_data_set", *NUMBERS,
    "over", "verdict", "not_run", "data_set", "split", "clips", "convention", "signature",
    "better_experiments", "better_seeds", "worse_experiments", "worse_seeds",
    "resamples", "resampling_seed", "settings", "code", "time",
)  # fmt: skip
"""Columns of the CSV; docs/published.md explains them."""
HEAD = (
    "direction", "rows", "kind", "better, published", "worse, published", "difference, published",
    "better, ours", "worse, ours", "difference, ours", "interval over", "verdict",
)  # fmt: skip
"""Column headings of the Markdown table."""


def our_score(side: Side | None) -> tuple[str, str]:
    """Format our score of a side, and its deviation over seeds or its interval over clips."""
    if side is None:
        return DASH, ""
    number, _, deviation = our_number(side.score).partition(" ")
    return number, deviation or between(side.interval)


def our_difference(judged: Judged) -> tuple[str, str]:
    """Format our difference and its interval."""
    if judged.interval is None:
        return DASH, ""
    low, high = judged.interval
    return signed(judged.difference), f"[{signed(low)}, {signed(high)}]"


def made_by(side: Side | None) -> str:
    """List the experiments behind a side's score, with their seeds."""
    if side is None:
        return NOT_RUN
    return ", ".join(f"{run.experiment} (seed {run.seed})" for run in side.runs)


def to_csv(summary: Summary) -> str:
    """Make the CSV, one line per direction."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for judged in summary.judged:
        line = dict(_published(judged, summary))
        for name, side in (("better", judged.better), ("worse", judged.worse)):
            line |= _ours(name, side)
        writer.writerow(line | dict(_difference(judged, summary)) | dict(_made(judged, summary)))
    return text.getvalue()


def _published(judged: Judged, summary: Summary) -> Iterator[tuple[str, Any]]:
    """Yield the published columns of a direction, and the data set of our runs."""
    direction = judged.direction
    row = summary.tables[direction.table.name].row(direction.better)
    yield from (("paper", direction.table.paper), ("table", direction.table.number))
    yield from (("source", row.source), ("published_data_set", row.published.dataset))
    for column in ("metric", "kind", "words", "better", "worse"):
        yield column, getattr(direction, column)
    yield from zip(("published_better", "published_worse"), direction.published, strict=True)
    yield "published_difference", direction.difference
    yield "data_set", summary.data_set


def _ours(name: str, side: Side | None) -> dict[str, Any]:
    """Return the columns of our metric for the `better` or `worse` row."""
    if side is None:
        return {}
    score, (low, high) = side.score, side.interval or (None, None)
    return {
        f"ours_{name}": round(score.mean, 4),
        f"ours_{name}_deviation": None if score.deviation is None else round(score.deviation, 4),
        f"ours_{name}_low": low,
        f"ours_{name}_high": high,
        f"{name}_experiments": " ".join(run.experiment for run in side.runs),
        f"{name}_seeds": "; ".join(run.seed for run in side.runs),
    }


def _difference(judged: Judged, summary: Summary) -> Iterator[tuple[str, Any]]:
    yield from (("over", judged.over), ("verdict", judged.verdict), ("not_run", judged.not_run))
    if judged.interval is not None:
        low, high = judged.interval
        yield "ours_difference", judged.difference
        yield from (("ours_difference_low", low), ("ours_difference_high", high))
        yield from (("resamples", summary.resamples), ("resampling_seed", summary.seed))


def _made(judged: Judged, summary: Summary) -> Iterator[tuple[str, Any]]:
    """Yield the columns with the origin of our numbers."""
    if not (runs := judged.runs):
        return
    first, direction = runs[0], judged.direction
    scoring = summary.tables[direction.table.name].row(direction.better).scoring
    side = judged.better or judged.worse
    yield from (("split", first.result["split"]), ("clips", side.clips))
    if direction.metric == BLEU4:
        yield "convention", first.convention(scoring)
        yield "signature", first.signature(scoring)
    else:
        how = "measured_as" if direction.metric in MEASURED else "gloss_cleaning"
        yield "convention", first.result.get(how)
    for key in ("settings", "code", "time"):
        yield key, _each(runs, key)


def _each(runs: Sequence[ScoreRun | MeasuredRun], key: str) -> str:
    """Join the different values at `key` in the runs' score files."""
    return " ".join(dict.fromkeys(str(run.result[key]) for run in runs if run.result.get(key)))


def to_markdown(summary: Summary) -> str:
    """Make the Markdown: verdicts, then the paper's tables, then the origin of our numbers."""
    lines = [f"# {summary.title}", "", *summary.statements, ""]
    lines += [f"- {note}" for note in (*summary.notes, *summary.reading)]
    for heading, part in summary.by_table():
        lines += ["", f"## {heading}", "", markdown_line(HEAD), markdown_line("---" for _ in HEAD)]
        lines += [markdown_line(_markdown_cells(each)) for each in part]
    tables = list(summary.tables.values())
    for table, notes in summary.fresh_notes():
        lines += ["", f"## {table.title}", "", *(f"- {note}" for note in notes), ""]
        lines += markdown_rows(table)
    lines += [*markdown_origins(tables), "", citation(tables[0])]
    return "\n".join(lines) + "\n"


def _markdown_cells(judged: Judged) -> list[str]:
    direction = judged.direction
    cells = [direction.words, direction.short, direction.kind]
    cells += [f"{value:.2f}" for value in direction.published]
    cells.append(signed(direction.difference))
    for shown in (our_score(judged.better), our_score(judged.worse), our_difference(judged)):
        cells.append(" ".join(filter(None, shown)))
    return [*cells, judged.over or DASH, judged.verdict]
