"""Directions: which rows of an ablation table are better than others, by the papers' numbers.

The pairs follow from published.csv. Of two rows of an ablation table, the one with the higher
BLEU-4 or F1, or the lower WER, is the better one. A method adds facts about its paper's tables: the
names of the compared rows in words, the metrics for comparing them, whether the rows' settings
divide a table, and the pairs that the paper's argument rests on. This module uses only the standard
library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from sign2text.papers.published_numbers import PublishedRow, PublishedTable, tables_of

BLEU4, WER, F1 = "bleu4", "wer", "f1"
"""Metrics for comparing rows, by their columns in published.csv."""
LOWER_IS_BETTER = frozenset({WER})
ARGUMENT, OWN, OTHER = "argument", "own setting", "others"
KINDS = {
    ARGUMENT: "carries the paper's argument",
    OWN: "the paper's own setting, the best row, against another one",
    OTHER: "between two other rows",
}
"""Meaning of each kind of direction, the most important first."""


@dataclass(frozen=True)
class Ablation:
    """An ablation table: its question, names of its rows, pairs that carry the argument."""

    question: str
    rows: Mapping[str, str]
    """Names by the row's key in config.yaml, in words that fit both sides of "better than".

    Rows without a name, such as those of other systems, have no direction.
    """
    argument: tuple[tuple[str, str], ...] = ()
    """Pairs (better, worse) of keys."""
    metrics: tuple[str, ...] = (BLEU4,)
    """Metrics for comparing the rows, the most important first; rows may lack some of them."""
    within_setting: bool = False
    """True if only rows of one `setting` in published.csv are compared; each setting has a best row
    of its own."""


@dataclass(frozen=True)
class Direction:
    """A published claim: of two rows of a table, `better` is the better one by a metric."""

    table: PublishedTable
    ablation: Ablation
    better: str
    worse: str
    kind: str
    """One of `KINDS`."""
    metric: str = BLEU4
    """One of the ablation's metrics."""

    @property
    def published(self) -> tuple[float, float]:
        """The metric of the better row, then of the worse one."""
        rows = self.table.comparable
        return tuple(rows[key].number(self.metric) for key in (self.better, self.worse))

    @property
    def difference(self) -> float:
        """Published advantage of the better row; above 0 for every metric."""
        better, worse = self.published
        return round(sign(self.metric) * (better - worse), 4)

    @property
    def words(self) -> str:
        names = self.ablation.rows
        return f"{names[self.better]} better than {names[self.worse]}"

    @property
    def short(self) -> str:
        return f"{self.better} > {self.worse}"


def sign(metric: str) -> int:
    """Return the factor that makes better minus worse positive for every metric."""
    return -1 if metric in LOWER_IS_BETTER else 1


def directions(paper: str, ablations: Mapping[str, Ablation]) -> list[Direction]:
    """List all published directions of a paper, table by table and metric by metric.

    Within a table and metric, the most important come first. Two rows give no direction if they are
    equal in the table's two decimals, are on different data sets, lack the metric, or differ in a
    setting that divides the table.

    Args:
        ablations: the paper's ablation tables by number, from its method.
    """
    return [
        direction
        for table in tables_of(paper).values()
        if table.number in ablations
        for metric in ablations[table.number].metrics
        for direction in sorted(_of_table(table, ablations[table.number], metric), key=_order)
    ]


def _of_table(table: PublishedTable, ablation: Ablation, metric: str) -> list[Direction]:
    found = []
    for rows in _groups(table, ablation):
        first = _scores(rows, ablation.metrics[0])
        own = max(first, key=lambda key: sign(ablation.metrics[0]) * first[key], default=None)
        for pair in combinations(_scores(rows, metric), 2):
            for better, worse in (pair, pair[::-1]):
                kind = OWN if better == own else OTHER
                if (better, worse) in ablation.argument:
                    kind = ARGUMENT
                claim = Direction(table, ablation, better, worse, kind, metric)
                if claim.difference > 0:
                    found.append(claim)
    return found


def _groups(table: PublishedTable, ablation: Ablation) -> list[dict[str, PublishedRow]]:
    """Divide the rows with a name, by key, into those that can be compared with each other."""
    groups: dict[tuple[str, str], dict[str, PublishedRow]] = {}
    for key, row in table.comparable.items():
        if key in ablation.rows:
            setting = row.setting if ablation.within_setting else ""
            groups.setdefault((row.dataset, setting), {})[key] = row
    return list(groups.values())


def _scores(rows: Mapping[str, PublishedRow], metric: str) -> dict[str, float]:
    """Return the metric of the rows that have it, by key: the best is the paper's own setting."""
    numbers = {key: row.number(metric) for key, row in rows.items()}
    return {key: number for key, number in numbers.items() if number is not None}


def _order(direction: Direction) -> tuple[int, float]:
    return list(KINDS).index(direction.kind), -direction.difference
