"""A comparison as Markdown, for a paper's appendix or an issue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sign2text.comparing.comparison_tables import (
    Cell,
    Table,
    difference_tables,
    facts,
    group_tables,
    score_table,
    sentence_table,
    source_table,
)
from sign2text.comparing.seed_tables import (
    FIRST_RUNS,
    TITLE,
    further_runs,
    has_seeds,
    leading,
    of_first_runs,
    reading,
    seed_tables,
)


def make_text(result: Mapping[str, Any]) -> str:
    """Make the text of compare.md from a comparison (`make_comparison`)."""
    parts = [f"# Comparison {result['comparison']} on {result['data_set']}"]
    parts += leading(result)
    if result["notes"]:
        parts.append("\n".join(f"- {note}" for note in result["notes"]))
    parts.append("In brackets: 95 % intervals.")
    if has_seeds(result):
        parts += [f"## {TITLE}", " ".join(reading(result))]
        for table in seed_tables(result):
            parts += [f"### {table.title}", _table(table)]
        parts += [f"## {FIRST_RUNS}", *of_first_runs(result)]
    for table in (score_table(result), *difference_tables(result), sentence_table(result)):
        parts += [f"## {table.title}", _table(table)]
    for table in group_tables(result, "bleu4"):
        parts += [f"## {table.title}", _table(table)]
    parts += ["## What the numbers were made from"]
    parts.append("\n".join(f"- {name}: {text}" for name, text in facts(result)))
    parts.append(_table(source_table(result, further_runs(result))))
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    alignment = ["---", *["---:"] * (len(table.head) - 1)]
    lines = [table.head, alignment, *([_cell(cell) for cell in row] for row in table.rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Cell) -> str:
    return f"{cell.text} {cell.beside}".strip().replace("|", r"\|")
