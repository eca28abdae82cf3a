"""Which row of an ablation table is better than which, as the papers' numbers have it.

The pairs follow from published.csv: of every two rows of a table of `ABLATIONS` the one with the
higher BLEU-4 is the better one. What is written down here is only how the rows are called in words,
and which pairs a paper's argument rests on. Only the standard library is used.
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
"""What a direction is about, the most important first."""


@dataclass(frozen=True)
class Ablation:
    """What an ablation table asks, how its rows are called, and what the argument rests on."""

    question: str
    rows: Mapping[str, str]
    """By the row's key in config.yaml, in words that stand on both sides of "better than"."""
    argument: tuple[tuple[str, str], ...] = ()
    """Pairs (better, worse) of keys."""


ABLATIONS = {
    "fla_llm_4": Ablation(
        "one joint training or two",
        {"joint": "one joint training", "factorized": "two separate trainings"},
        argument=(("factorized", "joint"),),
    ),
    "fla_llm_5": Ablation(
        "which of the two trainings",
        {
            "LFS only": "LLM fine-tuning alone",
            "VIS only": "visual initialising alone",
            "VIS + LFS": "visual initialising with LLM fine-tuning",
        },
        argument=(("VIS + LFS", "LFS only"),),
    ),
    "fla_llm_6": Ablation(
        "share of the frames",
        {
            "100%": "all frames",
            "50%": "half of the frames",
            "25%": "a quarter of the frames",
            "12.5%": "an eighth of the frames",
        },
    ),
    "fla_llm_7": Ablation(
        "size of Light-T",
        {size: f"a {size.lower()} Light-T" for size in ("Tiny", "Small", "Base", "Large")},
    ),
    "fla_llm_8": Ablation(
        "what the language model reads",
        {
            "Frame-wise": "frame-wise features",
            "Sign-wise": "sign-wise features",
            "Hidden states": "hidden states of Light-T's encoder",
        },
    ),
    "fla_llm_9": Ablation(
        "what is frozen in LLM fine-tuning",
        {
            "none frozen": "nothing frozen",
            "VB frozen": "the vision backbone frozen",
            "VB + TM frozen": "vision backbone and temporal module frozen",
        },
    ),
    "fla_llm_10": Ablation(
        "which language model",
        {
            "MBart w/o pre": "mBART without pretraining",
            "MT5-Base w/o pre": "MT5 without pretraining",
            "MBart w/ pre": "mBART with pretraining",
            "MT5-Base w/ pre": "MT5 with pretraining",
        },
    ),
}
"""By the table's name. Papers of which none is listed have no directions."""


@dataclass(frozen=True)
class Direction:
    """A published claim: of two rows of a table, `better` has the higher BLEU-4."""

    table: PublishedTable
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
        names = ABLATIONS[self.table.name].rows
        return f"{names[self.better]} better than {names[self.worse]}"

    @property
    def short(self) -> str:
        return f"{self.better} > {self.worse}"


def directions(paper: str) -> list[Direction]:
    """All published directions of a paper, table by table; in each those that weigh most first.

    Rows that are level in a table's two digits say nothing and give none.
    """
    found = []
    for name, table in tables_of(paper).items():
        if name in ABLATIONS:
            found += sorted(_of_table(table), key=_order)
    return found


def _of_table(table: PublishedTable) -> list[Direction]:
    rows = table.scored
    scores = {key: row.number(METRIC) for key, row in rows.items() if dict(row.numbers).get(METRIC)}
    best = max(scores, key=scores.__getitem__)
    found = []
    for pair in combinations(scores, 2):
        worse, better = sorted(pair, key=scores.__getitem__)
        if scores[better] > scores[worse] and rows[better].dataset == rows[worse].dataset:
            kind = OWN if better == best else OTHER
            if (better, worse) in ABLATIONS[table.name].argument:
                kind = ARGUMENT
            found.append(Direction(table, better, worse, kind))
    return found


def _order(direction: Direction) -> tuple[int, float]:
    return list(KINDS).index(direction.kind), -direction.difference
