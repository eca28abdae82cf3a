"""A published table with the numbers of our runs next to its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sign2text.comparing.measured_runs import MeasuredRun
from sign2text.comparing.score_runs import Measured, ScoreRun, check_seeds, mean_of, measure
from sign2text.config.methods import find_methods, find_object
from sign2text.ground.errors import InputError
from sign2text.ground.settings import unknown_name
from sign2text.papers.published_numbers import SCORED_SPLIT, PublishedRow, PublishedTable
from sign2text.papers.sources import PAPERS, Paper, Scoring

QUOTED = "recovered"
"""Name of the table of numbers that other papers quote and this paper does not print."""
UNITS = {"params_m": 1e6}
"""Units of the columns of published.csv that are not counts of single items."""
_NUMBERED = re.compile(r"\d+[a-z]?")


@dataclass(frozen=True)
class Row:
    """A published row with our runs."""

    published: PublishedRow
    source: str
    scoring: Scoring | None
    """None if the row has no scores."""
    runs: tuple[ScoreRun, ...]
    why_not: str
    """Reason why we have no score for it; empty if we have one."""
    numbers: Mapping[str, Measured] = field(default_factory=dict)
    exact: Mapping[str, int] = field(default_factory=dict)
    """Exact counts behind the rounded `numbers`."""
    measured: tuple[MeasuredRun, ...] = ()
    """Our runs of which its method measured numbers other than scores."""

    @property
    def ours(self) -> tuple[ScoreRun, ...] | tuple[MeasuredRun, ...]:
        """Our runs, scored or measured."""
        return self.runs or self.measured

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of BLEU-4 of a single run."""
        return self.runs[0].interval(self.scoring) if len(self.runs) == 1 else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """Lowest and highest BLEU-4 of a control, which has no interval."""
        if len(self.runs) != 1 or self.runs[0].convention(self.scoring) != self.own_convention:
            return None
        found = self.runs[0].result["scores"]["all"].get("bleu4_range")
        return None if found is None else tuple(found)

    @property
    def own_convention(self) -> str:
        return self.runs[0].result["convention"]

    @property
    def leaked(self) -> int | None:
        return self.runs[0].leaked if self.runs else None

    @property
    def not_in_train(self) -> Measured | None:
        """BLEU-4 without the leaked test clips; None if there are no such clips."""
        values = [run.not_in_train for run in self.runs]
        return measure(values) if values and None not in values else None


@dataclass(frozen=True)
class Table:
    """A published table with our numbers."""

    published: PublishedTable
    paper: Paper
    data_set: str
    rows: tuple[Row, ...]
    adapter: str
    """Adapter of the data set; a corpus of the same name is the published corpus."""
    clips: int | None = None
    """Test clips of the corpus by its publisher's count, if known."""

    @property
    def title(self) -> str:
        name = table_name(self.published.number)
        return f"{name[0].upper()}{name[1:]} of {self.paper.method}, with ours on {self.data_set}"

    @property
    def published_in(self) -> str:
        """Source of the published numbers, in brief."""
        name = table_name(self.published.number)
        return name if self.published.number == QUOTED else f"{self.paper.source}, {name}"

    def row(self, key: str) -> Row:
        """Return the row that config.yaml calls `key`."""
        published = self.published.comparable[key]
        return next(row for row in self.rows if row.published == published)

    @property
    def runs(self) -> list[ScoreRun]:
        """All scored runs behind the table's numbers, each once."""
        return list({run.path: run for row in self.rows for run in row.runs}.values())

    @property
    def has_ours(self) -> bool:
        """True if there are runs of ours, scored or measured."""
        return any(row.ours for row in self.rows)


def set_beside(
    published: PublishedTable,
    runs: Mapping[str, Sequence[ScoreRun]],
    *,
    data_set: str,
    adapter: str,
    clips: int | None = None,
    hours: Mapping[str, float] | None = None,
    measured: Mapping[str, Sequence[MeasuredRun]] | None = None,
) -> Table:
    """Add our runs, by the row's key, to the rows of a published table.

    Args:
        published: the table.
        runs: score files by row; several are seeds of one experiment.
        data_set: the data set of our runs.
        adapter: its adapter.
        clips: test clips of the corpus by its publisher's count, if known.
        hours: duration of the paper's timed stage by the score file's path, if known.
        measured: runs with numbers other than scores, by row.

    Raises:
        InputError: a key that is not a row that experiments can be compared with, numbers of
            another data set, or several runs that are not seeds of one experiment.
    """
    for ours in (runs, measured or {}):
        for key, several in ours.items():
            _check_runs(f"tables.{published.name}.rows.{key}", key, several, published, data_set)
    paper = PAPERS[published.paper]
    rows = []
    for row in published.rows:
        reason, key = _never(row, published, adapter), published.key(row)
        found = () if reason else tuple(runs.get(key, ()))
        other = () if reason else tuple((measured or {}).get(key, ()))
        why_not = "" if found or other else reason or "not run"
        numbers, exact = _numbers(row, paper, found, other, hours or {})
        scoring = paper.scoring.get(row.dataset)
        rows.append(Row(row, source_of(row), scoring, found, why_not, numbers, exact, other))
    return Table(published, paper, data_set, tuple(rows), adapter, clips)


def _check_runs(
    where: str,
    key: str,
    runs: Sequence[ScoreRun] | Sequence[MeasuredRun],
    published: PublishedTable,
    data_set: str,
) -> None:
    if key not in published.comparable:
        raise InputError(unknown_name(where, key, published.comparable))
    for run in runs:
        if run.result["data_set"] not in (None, data_set):
            raise InputError(
                f"{where}: {run.path} has scores on {run.result['data_set']}, expected those "
                f"on {data_set}; give the file of that data set"
            )
    check_seeds(runs, where)


def _never(row: PublishedRow, table: PublishedTable, adapter: str) -> str:
    """Return why no run of ours can be compared with a row; empty if one can."""
    if table.comparable.get(table.key(row)) != row:
        on = f"on {row.split}" if row.split else "on no split"
        return f"published {on}; ours are of {SCORED_SPLIT}"
    if adapter in table.datasets and row.dataset != adapter:
        return f"published on {row.dataset}; ours are of {adapter}"
    return ""


def _numbers(
    row: PublishedRow,
    paper: Paper,
    runs: Sequence[ScoreRun],
    measured: Sequence[MeasuredRun],
    hours: Mapping[str, float],
) -> tuple[dict[str, Measured], dict[str, int]]:
    """Return our numbers for a row by column, and the exact counts among them."""
    numbers: dict[str, Measured] = {}
    if runs:
        numbers = mean_of(runs, paper.scoring[row.dataset])
    for column in measured[0].numbers if measured else ():
        numbers[column] = measure([run.numbers[column] for run in measured])
    if runs and row.number("hours") is not None and all(run.path in hours for run in runs):
        numbers["hours"] = measure([hours[run.path] for run in runs])
    exact = _counted(row)
    numbers |= {column: Measured(count / UNITS.get(column, 1)) for column, count in exact.items()}
    return numbers, exact


def _counted(row: PublishedRow) -> dict[str, int]:
    """Count a row's parameters with the paper's method, for the columns that are published."""
    method = find_methods().get(row.paper)
    if method is None or method.counts is None:
        return {}
    counts = find_object(method.counts.function)(row.row, row.setting)
    return {column: count for column, count in counts.items() if row.number(column) is not None}


def source_of(row: PublishedRow) -> str:
    """Name the source of a published row: paper and table, or the paper that quotes it."""
    paper = PAPERS[row.paper]
    if row.table == QUOTED:
        return f"{row.setting}; about {paper.authors}, {paper.source}"
    return f"{paper.authors}, {paper.source}, {table_name(row.table)}"


def table_name(number: str) -> str:
    """Return a table's name within a sentence; some are named by what their numbers are of."""
    if _NUMBERED.fullmatch(number):
        return f"table {number}"
    return "quoted numbers" if number == QUOTED else f"numbers on {number}"
