"""A table with our numbers as CSV and as Markdown; docs/published.md describes the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from sign2text.comparing.paper_table import QUOTED, Row, Table
from sign2text.comparing.score_runs import Measured, ScoreRun
from sign2text.comparing.table_notes import notes_on
from sign2text.papers.published_numbers import COUNTS

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
DASH = "–"
VARYING = {"dataset": "data set", "split": "split", "gloss_free": "gloss-free"}
"""Facts that get a column where they differ from row to row."""
ABOUT = ("experiment", "in train", "BLEU-4 without them", "left out")
"""Columns about our runs: experiment, number of test clips with a sentence that training saw,
BLEU-4 without these clips, and clips left out of the splits' tables."""
LEFT_OUT = ("train", "dev", "test")


def published_number(column: str, value: float | int | None) -> str:
    """Format a published number with the digits that papers print."""
    if value is None:
        return DASH
    if column in COUNTS:
        return f"{value:,}"
    return f"{value:.1f}" if column == "bleurt" else f"{value:.2f}"


def our_number(value: Measured | None, column: str = "") -> str:
    """Format our score with two decimals and its deviation over seeds; counts have no decimals."""
    if value is None:
        return DASH
    if column in COUNTS:
        return f"{value.mean:,.0f}"
    deviation = "" if value.deviation is None else f" ± {value.deviation:.2f}"
    return f"{value.mean:.2f}{deviation}"


def between(interval: tuple[float, float] | None) -> str:
    """Format an interval in brackets; empty if there is none."""
    return "" if interval is None else f"[{interval[0]:.2f}, {interval[1]:.2f}]"


def seeds_of(row: Row) -> str:
    """List the seeds of our numbers, with their count if there are several."""
    seeds = ", ".join(run.seed for run in row.runs)
    return f"seed {seeds}" if len(row.runs) == 1 else f"{len(row.runs)} seeds: {seeds}"


def around_bleu4(row: Row) -> str:
    """Format the interval of BLEU-4; for a control, the lowest and highest of its runs."""
    if row.spread:
        return f"runs {row.spread[0]:.2f} to {row.spread[1]:.2f}"
    return between(row.interval)


def varying(table: Table) -> tuple[str, ...]:
    """Return the names in `VARYING` that differ from row to row."""
    rows = [row.published for row in table.rows]
    return tuple(name for name in VARYING if len({getattr(row, name) for row in rows}) > 1)


def varying_cells(row: Row, table: Table) -> list[str]:
    """Return the row's cells in the columns that differ from row to row."""
    values = [getattr(row.published, name) for name in varying(table)]
    return [{True: "yes", False: "no"}.get(value, value) or DASH for value in values]


def origin(row: Row, run: ScoreRun) -> dict[str, str]:
    """Return the origin of a run's numbers, with the names that pages show."""
    result, scoring = run.result, row.scoring
    checkpoint = result.get("checkpoint")
    bleu4 = our_number(Measured(run.numbers(scoring)["bleu4"]))
    return {
        "data set": str(result["data_set"] or "unknown"),
        "split": f"{result['split']}, {run.clips:,} clips",
        "clips left out": run.left_out,
        "clips whose sentence is in train": f"{run.leaked:,}",
        "BLEU-4": f"{bleu4} {between(run.interval(scoring))}".strip(),
        "convention": f"{run.convention(scoring)}; ROUGE-L with beta {scoring.beta}",
        "sacrebleu": run.signature(scoring),
        "seed": run.seed,
        "control": str(result.get("control") or "no"),
        "checkpoint": _checkpoint(checkpoint),
        "settings": str(result["settings"]),
        "code": str(result.get("code")),
        "scored": str(result["time"]),
        "file": run.path,
    }


def _checkpoint(checkpoint: dict[str, Any] | None) -> str:
    if checkpoint is None:
        return "unknown"
    dev = checkpoint.get("dev_bleu4")
    chosen = "" if dev is None else f", BLEU-4 {dev:.2f} on dev"
    return f"epoch {checkpoint['epoch']:g}{chosen}"


def to_csv(table: Table) -> str:
    """Make the CSV, one line per published row with everything known about it."""
    lines = [_csv_line(row, table.published.columns) for row in table.rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _csv_line(row: Row, columns: Sequence[str]) -> dict[str, Any]:
    published, runs = row.published, row.runs
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
    return line | {
        "data_set": _each(runs, lambda run: run.result["data_set"]),
        "split": _each(runs, lambda run: run.result["split"]),
        "experiments": " ".join(run.experiment for run in runs),
        "seeds": "; ".join(run.seed for run in runs),
        "runs": len(runs),
        "control": _each(runs, lambda run: run.result.get("control")),
        "convention": _each(runs, lambda run: run.convention(row.scoring)),
        "rouge_beta": row.scoring.rouge_beta if runs else None,
        "signature": _each(runs, lambda run: run.signature(row.scoring)),
        "settings": _each(runs, lambda run: run.result["settings"]),
        "code": _each(runs, lambda run: run.result.get("code")),
        "time": _each(runs, lambda run: run.result["time"]),
    }


def _each(runs: Sequence[ScoreRun], of: Any) -> str:
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
    head += ABOUT if table.runs else ()
    lines = [markdown_line(head), markdown_line("---" for _ in head)]
    return lines + [markdown_line(_markdown_cells(row, table)) for row in table.rows]


def markdown_origins(tables: Sequence[Table]) -> list[str]:
    """List the origin of our numbers, once for each run and convention."""
    made = runs_of(tables)
    lines = ["", "## What made ours", ""] if made else []
    for row, run in made:
        facts = "; ".join(f"{name}: {value}" for name, value in origin(row, run).items())
        lines.append(f"- **{run.experiment}**: {facts}")
    return lines


def runs_of(tables: Sequence[Table]) -> list[tuple[Row, ScoreRun]]:
    """Collect the runs of all rows, once for each convention under which they appear."""
    made = {
        (run.path, run.convention(row.scoring), row.scoring.rouge_beta): (row, run)
        for table in tables
        for row in table.rows
        for run in row.runs
    }
    return list(made.values())


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
    if table.runs:
        cells += (
            [
                f"{', '.join(run.experiment for run in row.runs)} ({seeds_of(row)})",
                f"{row.leaked:,}",
                our_number(row.not_in_train),
                row.runs[0].left_out,
            ]
            if row.runs
            else [DASH] * len(ABOUT)
        )
    return cells


def _has_settings(table: Table) -> bool:
    return any(row.published.setting for row in table.rows)


def markdown_line(cells: Iterable[Any]) -> str:
    """Make a line of a Markdown table."""
    return "| " + " | ".join(str(cell).replace("|", r"\|") for cell in cells) + " |"
