"""A table with our numbers as CSV and as Markdown; docs/published.md describes the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from sign2text.comparing.measured_runs import MeasuredRun
from sign2text.comparing.paper_table import QUOTED, Row, Table
from sign2text.comparing.score_runs import ScoreRun
from sign2text.comparing.table_notes import notes_on
from sign2text.comparing.table_numbers import DASH, between, our_number, published_number
from sign2text.comparing.table_origins import markdown_origins
from sign2text.papers.published_numbers import NOT_STATED, SCORED_SPLIT, PublishedTable

LABELS = {
    "rouge_l": "ROUGE-L",
    "bleu1": "BLEU-1",
    "bleu2": "BLEU-2",
    "bleu3": "BLEU-3",
    "bleu4": "BLEU-4",
    "bleurt": "BLEURT",
    "wer": "WER",
    "hours": "hours",
    "params_m": "parameters, M",
    "params": "parameters",
    "trainable": "trainable",
    "vocab": "vocabulary",
    "pseudo_glosses": "pseudo-glosses",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
}
"""Common names of the columns of published.csv."""
VARYING = {"dataset": "data set", "split": "split", "gloss_free": "gloss-free"}
"""Facts that get a column where they differ from row to row."""
ABOUT = ("experiment", "in train", "BLEU-4 without them", "left out")
"""Columns about our scored runs: experiment, number of test clips with a sentence that training
saw, BLEU-4 without these clips, and clips left out of the splits' tables."""
LEFT_OUT = ("train", "dev", "test")
SPLITS = {NOT_STATED: f"not stated, dev fits; ours: {SCORED_SPLIT}"}
"""The splits that a row tells in words."""


def seeds_of(row: Row) -> str:
    """List the seeds of our numbers, with their count if there are several."""
    seeds = ", ".join(run.seed for run in row.ours)
    return f"seed {seeds}" if len(row.ours) == 1 else f"{len(row.ours)} seeds: {seeds}"


def around_bleu4(row: Row) -> str:
    """Format the interval of BLEU-4; for a control, the lowest and highest of its runs."""
    if row.spread:
        return f"runs {row.spread[0]:.2f} to {row.spread[1]:.2f}"
    return between(row.interval)


def about(table: Table) -> tuple[str, ...]:
    """Return the columns about our runs that a table has."""
    return ABOUT if table.runs else ABOUT[:1] if table.has_ours else ()


def varying(table: Table) -> tuple[str, ...]:
    """Return the names in `VARYING` that get a column.

    They differ from row to row, or are a split that needs words in each row.
    """
    found = {name: {getattr(row.published, name) for row in table.rows} for name in VARYING}
    return tuple(
        name for name, values in found.items() if len(values) > 1 or values & SPLITS.keys()
    )


def varying_cells(row: Row, table: Table) -> list[str]:
    """Return the row's cells in the columns of `varying`."""
    values = [getattr(row.published, name) for name in varying(table)]
    return [{True: "yes", False: "no", **SPLITS}.get(value, value) or DASH for value in values]


def to_csv(table: Table) -> str:
    """Make the CSV, one line per published row with everything known about it."""
    lines = [_csv_line(row, table.published) for row in table.rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _csv_line(row: Row, table: PublishedTable) -> dict[str, Any]:
    published, runs, ours, columns = row.published, row.runs, row.ours, table.columns
    line: dict[str, Any] = {
        "paper": published.paper,
        "table": published.table,
        "source": row.source,
        "row": published.row,
        "setting": published.setting,
        "gloss_free": "yes" if published.gloss_free else "no",
        "published_data_set": published.dataset,
        "published_split": published.split,
    }
    line |= {f"published_{column}": published.number(column) for column in columns}
    for column in columns:
        found = row.numbers.get(column)
        line[f"ours_{column}"] = None if found is None else round(found.mean, 4)
        deviation = None if found is None else found.deviation
        line[f"ours_{column}_deviation"] = None if deviation is None else round(deviation, 4)
    line["ours_bleu4_low"], line["ours_bleu4_high"] = row.interval or (None, None)
    line["ours_bleu4_lowest_run"], line["ours_bleu4_highest_run"] = row.spread or (None, None)
    line["not_run"] = row.why_not
    clean = row.not_in_train
    line["in_train"] = row.leaked
    line["ours_bleu4_not_in_train"] = None if clean is None else round(clean.mean, 4)
    line["clips"] = runs[0].clips if runs else None
    for split in LEFT_OUT:
        line[f"left_out_{split}"] = runs[0].result["left_out"].get(split, 0) if runs else None
    if table.measured:
        line["measured"] = _each(row.measured, lambda run: run.result["measured_as"])
    return line | {
        "data_set": _each(ours, lambda run: run.result["data_set"]),
        "split": _each(ours, lambda run: run.result["split"]),
        "experiments": " ".join(run.experiment for run in ours),
        "seeds": "; ".join(run.seed for run in ours),
        "runs": len(ours),
        "control": _each(runs, lambda run: run.result.get("control")),
        "convention": _each(runs, lambda run: run.convention(row.scoring)),
        "rouge_beta": row.scoring.rouge_beta if runs else None,
        "signature": _each(runs, lambda run: run.signature(row.scoring)),
        "settings": _each(ours, lambda run: run.result["settings"]),
        "code": _each(ours, lambda run: run.result.get("code")),
        "time": _each(runs, lambda run: run.result["time"]),
    }


def _each(runs: Sequence[ScoreRun] | Sequence[MeasuredRun], of: Any) -> str:
    """Join the different values of the runs."""
    return " ".join(dict.fromkeys(str(value) for value in map(of, runs) if value is not None))


def to_markdown(table: Table) -> str:
    """Make the Markdown: notes, then the table, then the origin of our numbers."""
    notes = [f"- {note}" for note in (*notes_on(table), citation(table))]
    lines = [f"# {table.title}", "", *notes, "", *markdown_rows(table)]
    return "\n".join([*lines, *markdown_origins([table])]) + "\n"


def markdown_rows(table: Table) -> list[str]:
    """Make the lines of the table alone."""
    columns = table.published.columns
    head = ["row", *(["setting"] if _has_settings(table) else [])]
    head += [VARYING[name] for name in varying(table)]
    head += [f"{LABELS[column]} published" for column in columns]
    head += [f"{LABELS[column]} ours" for column in columns]
    head += about(table)
    lines = [markdown_line(head), markdown_line("---" for _ in head)]
    return lines + [markdown_line(_markdown_cells(row, table)) for row in table.rows]


def citation(table: Table) -> str:
    """Cite the paper in a line."""
    paper = table.paper
    quoted = ", as others quote them" if table.published.number == QUOTED else ""
    return f"Published numbers: {paper.authors}, {paper.title}, {paper.source}{quoted}."


def _markdown_cells(row: Row, table: Table) -> list[str]:
    published, columns = row.published, table.published.columns
    cells = [published.row]
    if _has_settings(table):
        cells.append(published.setting or DASH)
    cells += varying_cells(row, table)
    cells += [published_number(column, published.number(column)) for column in columns]
    for column in columns:
        beside = around_bleu4(row) if column == "bleu4" and row.runs else ""
        cells.append(f"{our_number(row.numbers.get(column), column)} {beside}".strip())
    if row.ours:
        cells.append(f"{', '.join(run.experiment for run in row.ours)} ({seeds_of(row)})")
    if row.runs:
        cells += [f"{row.leaked:,}", our_number(row.not_in_train), row.runs[0].left_out]
    head = about(table)
    return cells if row.runs else cells + [DASH] * (len(head) - bool(row.ours))


def _has_settings(table: Table) -> bool:
    return any(row.published.setting for row in table.rows)


def markdown_line(cells: Iterable[Any]) -> str:
    """Make a line of a Markdown table."""
    return "| " + " | ".join(str(cell).replace("|", r"\|") for cell in cells) + " |"
