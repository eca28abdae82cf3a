"""All tables of a paper with ours beside, and what ours say of each direction they publish."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sign2text.comparing.comparison_tables import signed
from sign2text.comparing.paper_table import Table
from sign2text.comparing.score_runs import ScoreRun
from sign2text.comparing.seed_interval import OVER
from sign2text.comparing.table_text import (
    DASH,
    between,
    citation,
    markdown_line,
    markdown_origins,
    markdown_rows,
    our_number,
)
from sign2text.comparing.verdicts import AGREES, DISAGREES, NOT_RUN, VERDICTS, Judged, Side
from sign2text.papers.directions import ABLATIONS, ARGUMENT, Direction
from sign2text.papers.sources import Paper

NUMBERS = (
    "published_better", "published_worse", "published_difference",
    *(f"ours_{side}{part}" for side in ("better", "worse")
      for part in ("", "_deviation", "_low", "_high")),
    "ours_difference", "ours_difference_low", "ours_difference_high",
)  # fmt: skip
COLUMNS = (
    "paper", "table", "source", "kind", "words", "better", "worse", "published_data_set", *NUMBERS,
    "over", "verdict", "data_set", "split", "clips", "convention", "signature",
    "better_experiments", "better_seeds", "worse_experiments", "worse_seeds",
    "resamples", "resampling_seed", "settings", "code", "time",
)  # fmt: skip
"""Of the CSV; docs/published.md says what each means."""


@dataclass(frozen=True)
class Summary:
    """A paper's tables with ours beside, and its directions judged."""

    paper: Paper
    data_set: str
    judged: Sequence[Judged]
    tables: Mapping[str, Table]
    resamples: int
    seed: int

    @property
    def title(self) -> str:
        return f"All tables of {self.paper.method}, with ours on {self.data_set}"

    @property
    def statements(self) -> list[str]:
        """How many directions have which verdict, in sentences to paste."""
        if not self.judged:
            return [f"No directions of {self.paper.method} are written down."]
        argued = [each for each in self.judged if each.direction.kind == ARGUMENT]
        of = f"direction{'s' * (len(self.judged) != 1)} of {self.paper.method}"
        found = [f"{len(self.judged)} published {of}, ours: {_counted(self.judged)}."]
        if argued:
            carry = "carries" if len(argued) == 1 else "carry"
            found.append(f"{len(argued)} of them {carry} its argument, ours: {_counted(argued)}.")
        return found

    @property
    def notes(self) -> list[str]:
        """What must be known before anything is read of the verdicts."""
        if not self.judged:
            return []
        level = self.tables[self.judged[0].direction.table.name].notes[0]
        return [
            level,
            "The published differences are of one training each and have no interval: a small one "
            "may itself be chance.",
            *self._controls(),
        ]

    @property
    def reading(self) -> list[str]:
        """How the verdicts are made."""
        meaning = "; ".join(f"{name}: {text}" for name, text in VERDICTS.items())
        overs = [each for each in OVER if any(judged.over == each for judged in self.judged)]
        found = [
            "A verdict depends on the 95 % interval of our difference in BLEU-4, the row that is "
            f"better as published minus the other one, and on nothing else. {meaning}.",
            *(f"Intervals over {over}: {OVER[over]}." for over in overs),
            "In each table the pairs that carry the argument come first, then those of the paper's "
            "own setting, the best row, then those between two other rows.",
        ]
        ours = sum(each.verdict != NOT_RUN for each in self.judged)
        if ours > 1:
            found.append(
                f"With {ours} intervals, one or another leaves out 0 by chance: of 20 differences "
                "between equal systems, one does."
            )
        return found

    def _controls(self) -> Iterator[str]:
        judged = (each for each in self.judged if each.verdict != NOT_RUN)
        runs = {run.path: run for each in judged for run in each.runs if run.result["control"]}
        for run in runs.values():
            yield (
                f"{run.experiment} is a control ({run.result['control']}) and takes part with the "
                "first of its runs; the tables have means over all of them."
            )

    def by_table(self) -> Iterator[tuple[str, list[Judged]]]:
        """The directions of each ablation table under its heading."""
        for name, table in self.tables.items():
            part = [each for each in self.judged if each.direction.table.name == name]
            if part:
                yield f"Table {table.published.number}: {ABLATIONS[name].question}", part

    def fresh_notes(self) -> Iterator[tuple[Table, list[str]]]:
        """Each table with those of its notes that were not said further up."""
        said = set(self.notes)
        for table in self.tables.values():
            fresh = [note for note in table.notes if note not in said]
            said.update(fresh)
            yield table, fresh


def _counted(judged: Sequence[Judged]) -> str:
    """How many have each verdict; those that none has are left out."""
    counts = Counter(each.verdict for each in judged)
    one = {AGREES: ("agrees", "agree"), DISAGREES: ("disagrees", "disagree")}
    return ", ".join(
        f"{counts[name]} {one.get(name, (name, name))[counts[name] != 1]}"
        for name in VERDICTS
        if counts[name]
    )


def our_score(side: Side | None) -> tuple[str, str]:
    """BLEU-4 of ours, and what goes with it: deviation over seeds, or the interval over clips."""
    if side is None:
        return DASH, ""
    number, _, deviation = our_number(side.score).partition(" ")
    return number, deviation or between(side.interval)


def our_difference(judged: Judged) -> tuple[str, str]:
    """Our difference, and its interval."""
    if judged.interval is None:
        return DASH, ""
    low, high = judged.interval
    return signed(judged.difference), f"[{signed(low)}, {signed(high)}]"


def made_by(side: Side | None) -> str:
    """Which experiments a side's score is of, and their seeds."""
    if side is None:
        return NOT_RUN
    return ", ".join(f"{run.experiment} (seed {run.seed})" for run in side.runs)


def to_csv(summary: Summary) -> str:
    """One line a direction."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(_csv_line(each, summary) for each in summary.judged)
    return text.getvalue()


def _csv_line(judged: Judged, summary: Summary) -> dict[str, Any]:
    direction: Direction = judged.direction
    table = summary.tables[direction.table.name]
    row = next(row for row in table.rows if table.published.key(row.published) == direction.better)
    runs = judged.runs
    line: dict[str, Any] = {
        "paper": direction.table.paper,
        "table": direction.table.number,
        "source": row.source,
        "kind": direction.kind,
        "words": direction.words,
        "better": direction.better,
        "worse": direction.worse,
        "published_data_set": row.published.dataset,
        "published_better": direction.published[0],
        "published_worse": direction.published[1],
        "published_difference": direction.difference,
        "over": judged.over,
        "verdict": judged.verdict,
        "data_set": summary.data_set,
    }
    for name, side in (("better", judged.better), ("worse", judged.worse)):
        if side is not None:
            line |= {
                f"ours_{name}": round(side.score.mean, 4),
                f"ours_{name}_deviation": _rounded(side.score.deviation),
                f"{name}_experiments": " ".join(run.experiment for run in side.runs),
                f"{name}_seeds": "; ".join(run.seed for run in side.runs),
            }
            line[f"ours_{name}_low"], line[f"ours_{name}_high"] = side.interval or (None, None)
    if judged.interval is not None:
        line["ours_difference"] = judged.difference
        line["ours_difference_low"], line["ours_difference_high"] = judged.interval
        line |= {"resamples": summary.resamples, "resampling_seed": summary.seed}
    if runs:
        line |= {
            "split": runs[0].result["split"],
            "clips": runs[0].clips,
            "convention": runs[0].convention(row.scoring),
            "signature": runs[0].signature(row.scoring),
            "settings": _each(runs, "settings"),
            "code": _each(runs, "code"),
            "time": _each(runs, "time"),
        }
    return line


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _each(runs: Sequence[ScoreRun], key: str) -> str:
    """What the runs' score files have at `key`, each different one once."""
    return " ".join(dict.fromkeys(str(run.result[key]) for run in runs if run.result.get(key)))


def to_markdown(summary: Summary) -> str:
    """Verdicts first, then the paper's tables, then what made each number of ours."""
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


HEAD = (
    "direction", "rows", "kind", "better, published", "worse, published", "difference, published",
    "better, ours", "worse, ours", "difference, ours", "interval over", "verdict",
)  # fmt: skip


def _markdown_cells(judged: Judged) -> list[str]:
    direction = judged.direction
    cells = [direction.words, direction.short, direction.kind]
    cells += [f"{value:.2f}" for value in direction.published]
    cells.append(signed(direction.difference))
    for shown in (our_score(judged.better), our_score(judged.worse), our_difference(judged)):
        cells.append(" ".join(filter(None, shown)))
    return [*cells, judged.over or DASH, judged.verdict]
