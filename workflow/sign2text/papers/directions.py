"""Which row of an ablation table is better than which, as the papers' numbers have it.

The pairs follow from published.csv: of every two rows of an ablation table the one with the higher
BLEU-4 is the better one. A method says of its paper's tables only how the rows are called in words,
and which pairs the paper's argument rests on. Only the standard library is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from sign2text.papers.published_numbers import PublishedTable, tables_of

METRIC = "bleu4"
ARGUMENT, OWN, OTHER = "argument", "own setting", "others"
KINDS = {
    ARGUMENT: "carries the paper's argument",
    OWN: "the paper's own setting, the table's best row, against another one",
    OTHER: "between two other rows",
}
"""Kinds of directions with their meaning, the most important first."""


@dataclass(frozen=True)
class Ablation:
    """An ablation table: its question, names of its rows, pairs that carry the argument."""

    question: str
    rows: Mapping[str, str]
    """By the row's key in config.yaml, in words that stand on both sides of "better than"."""
    argument: tuple[tuple[str, str], ...] = ()
    """Pairs (better, worse) of keys."""


@dataclass(frozen=True)
class Direction:
    """A published claim: of two rows of a table, `better` has the higher BLEU-4."""

    table: PublishedTable
    ablation: Ablation
    better: str
    worse: str
    kind: str
    """One of `KINDS`."""

    @property
    def published(self) -> tuple[float, float]:
        """BLEU-4 of the better and of the worse row."""
        rows = self.table.scored
        return tuple(rows[key].number(METRIC) for key in (self.better, self.worse))

    @property
    def difference(self) -> float:
        """By how much the better row is better, as published; above 0."""
        better, worse = self.published
        return round(better - worse, 4)

    @property
    def words(self) -> str:
        names = self.ablation.rows
        return f"{names[self.better]} better than {names[self.worse]}"

    @property
    def short(self) -> str:
        return f"{self.better} > {self.worse}"


def directions(paper: str, ablations: Mapping[str, Ablation]) -> list[Direction]:
    """All published directions of a paper, table by table; in each those that weigh most first.

    Rows that are level in a table's two digits say nothing and give none.

    Args:
        ablations: the paper's ablation tables by number, as its method has them.
    """
    return [
        direction
        for table in tables_of(paper).values()
        if table.number in ablations
        for direction in sorted(_of_table(table, ablations[table.number]), key=_order)
    ]


def _of_table(table: PublishedTable, ablation: Ablation) -> list[Direction]:
    rows = table.scored
    scores = {key: row.number(METRIC) for key, row in rows.items() if row.number(METRIC)}
    best = max(scores, key=scores.__getitem__)
    found = []
    for pair in combinations(scores, 2):
        worse, better = sorted(pair, key=scores.__getitem__)
        if scores[better] > scores[worse] and rows[better].dataset == rows[worse].dataset:
            kind = OWN if better == best else OTHER
            if (better, worse) in ablation.argument:
                kind = ARGUMENT
            found.append(Direction(table, ablation, better, worse, kind))
    return found


def _order(direction: Direction) -> tuple[int, float]:
    return list(KINDS).index(direction.kind), -direction.difference
