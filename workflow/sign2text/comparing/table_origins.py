"""The origin of our numbers in published tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sign2text.comparing.measured_runs import MeasuredRun
from sign2text.comparing.paper_table import Row, Table
from sign2text.comparing.score_runs import Measured, ScoreRun
from sign2text.comparing.table_numbers import between, our_number


def origin(row: Row, run: ScoreRun | MeasuredRun) -> dict[str, str]:
    """Return the origin of a run's numbers, with the names that pages show."""
    return _of_measured(run) if isinstance(run, MeasuredRun) else _of_scores(row, run)


def _of_measured(run: MeasuredRun) -> dict[str, str]:
    result = run.result
    return {
        "data set": result["data_set"],
        "split": result["split"] or "none",
        "measured": result["measured_as"],
        "seed": run.seed,
        "settings": result["settings"],
        "code": result["code"],
        "files": ", ".join(path.as_posix() for path in run.files.values()),
    }


def _of_scores(row: Row, run: ScoreRun) -> dict[str, str]:
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


def runs_of(tables: Sequence[Table]) -> list[tuple[Row, ScoreRun | MeasuredRun, str]]:
    """Collect the runs of all rows, once for each way in which their numbers appear.

    Returns:
        row, run and what the numbers are: the convention of scores, or the measurement.
    """
    made = {}
    for row in (row for table in tables for row in table.rows):
        for run in row.runs:
            name = run.convention(row.scoring)
            made[run.path, name, row.scoring.rouge_beta] = row, run, name
        for run in row.measured:
            made[run.path, run.experiment, run.measurement.function] = row, run, "measurements"
    return list(made.values())


def markdown_origins(tables: Sequence[Table]) -> list[str]:
    """List the origin of our numbers, once for each run and convention."""
    made = runs_of(tables)
    lines = ["", "## What made ours", ""] if made else []
    for row, run, _ in made:
        facts = "; ".join(f"{name}: {value}" for name, value in origin(row, run).items())
        lines.append(f"- **{run.experiment}**: {facts}")
    return lines
