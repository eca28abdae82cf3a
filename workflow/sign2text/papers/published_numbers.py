"""The papers' own numbers, published.csv: reading and checking.

A row of the file is a row of a published table, in published order; columns without a number are
empty. docs/published.md describes the columns. This module uses only the standard library, since
config.yaml is checked against the tables' names before the graph is built.
"""

from __future__ import annotations

import csv
import functools
import hashlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from sign2text.ground.errors import InputError
from sign2text.papers.sources import PAPERS

FILE = Path(__file__).with_name("published.csv")
TEXTS = ("paper", "table", "dataset", "split", "row", "setting", "gloss_free")
SCORES = ("rouge_l", "bleu1", "bleu2", "bleu3", "bleu4", "bleurt")
COUNTS = ("params", "trainable", "vocab", "pseudo_glosses")
SHARES = ("precision", "recall", "f1")
NUMBERS = (*(*SCORES, "wer", "hours", "params_m"), *COUNTS, *SHARES)
MEASURED = ("vocab", "pseudo_glosses", *SHARES)
"""Columns that the method of an experiment measures, from other files than the score."""
DATASETS = ("phoenix", "csl_daily", "how2sign", "")
SCORED_SPLIT = "test"
"""The split on which our experiments are scored."""
NOT_STATED = "dev?"
"""The paper names no split, and dev fits."""
SPLITS = ("dev", SCORED_SPLIT, NOT_STATED, "")
"""Empty: no split applies, as to parameter counts."""
_LARGEST = {"wer": 1000.0, "hours": 1e6, "params_m": 1e6, **dict.fromkeys(SHARES, 1.0)}


@dataclass(frozen=True)
class PublishedRow:
    """A row of a published table; `numbers` holds (column, number) for each published number."""

    paper: str
    table: str
    dataset: str
    split: str
    row: str
    setting: str
    gloss_free: bool
    numbers: tuple[tuple[str, float | int], ...]

    def number(self, column: str) -> float | int | None:
        return dict(self.numbers).get(column)


@dataclass(frozen=True)
class PublishedTable:
    """A published table: its rows in published order."""

    name: str
    paper: str
    number: str
    rows: tuple[PublishedRow, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns with at least one number."""
        return tuple(each for each in NUMBERS if any(each in dict(r.numbers) for r in self.rows))

    @property
    def datasets(self) -> tuple[str, ...]:
        """The data sets of the numbers, in the order of the rows."""
        return tuple(dict.fromkeys(row.dataset for row in self.rows if row.dataset))

    def key(self, row: PublishedRow) -> str:
        """Return config.yaml's name of a row.

        It is the published name, with the setting or data set added if several rows share it.
        """
        alike = {(each.dataset, each.setting) for each in self.rows if each.row == row.row}
        if len(alike) == 1:
            return row.row
        return f"{row.row} ({row.setting if _differ(alike, 1) else row.dataset})"

    @property
    def scored(self) -> dict[str, PublishedRow]:
        """Rows of the test split by `key`."""
        return {self.key(row): row for row in self.rows if row.split == SCORED_SPLIT}

    @property
    def comparable(self) -> dict[str, PublishedRow]:
        """Rows that experiments can be compared with, by `key`.

        They are scores on test or on a split that is not stated, or numbers that methods measure.
        """
        known = self.scored
        return {
            key: row
            for key, row in ((self.key(row), row) for row in self.rows)
            if known.get(key, row) == row and (row.split == SCORED_SPLIT or _is_other(row))
        }

    @property
    def measured(self) -> tuple[str, ...]:
        """The columns that methods measure, from other files than the score."""
        return tuple(column for column in self.columns if column in MEASURED)

    @property
    def is_scored(self) -> bool:
        """True if rows of ours have scores."""
        return any(row.split in (SCORED_SPLIT, NOT_STATED) for row in self.rows)

    @property
    def hash(self) -> str:
        """Hash of the rows' numbers, names and order."""
        text = repr([astuple(row) for row in self.rows])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@functools.cache
def published_tables(path: Path = FILE) -> dict[str, PublishedTable]:
    """Read all published tables by name, `<paper>_<table>`, in the order of the file.

    Raises InputError with the problems in the file, one per line.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != (*TEXTS, *NUMBERS):
            raise InputError(
                f"{path}: found the columns {', '.join(reader.fieldnames or ['none'])}; expected "
                f"{', '.join((*TEXTS, *NUMBERS))}. Put the header right."
            )
        lines = [(reader.line_num, cells) for cells in reader]
    problems = [f"{path}, line {n}: {each}" for n, cells in lines for each in _problems(cells)]
    if problems:
        raise InputError("\n".join(problems))
    rows = [_read_row(cells) for _, cells in lines]
    if repeated := list(_repeated(path, [n for n, _ in lines], rows)):
        raise InputError("\n".join(repeated))
    tables: dict[str, list[PublishedRow]] = {}
    for row in rows:
        tables.setdefault(f"{row.paper}_{row.table}", []).append(row)
    return {
        name: PublishedTable(name, part[0].paper, part[0].table, tuple(part))
        for name, part in tables.items()
    }


def tables_of(paper: str) -> dict[str, PublishedTable]:
    """Return the published tables of a paper by name, in the order of the file."""
    return {name: each for name, each in published_tables().items() if each.paper == paper}


def _is_other(row: PublishedRow) -> bool:
    """Return whether a row that is not of test can be compared with experiments too."""
    return row.split == NOT_STATED or any(column in MEASURED for column, _ in row.numbers)


def _differ(alike: set[tuple[str, str]], place: int) -> bool:
    """Return whether the values at `place` distinguish all of `alike`."""
    return len({each[place] for each in alike}) == len(alike)


def _problems(cells: dict[str, str | None]) -> Iterator[str]:
    """Find the problems of a line of the file."""
    if None in cells or None in cells.values():
        expected = len(TEXTS) + len(NUMBERS)
        yield f"expected {expected} cells, found another number; put cells with commas in quotes"
        return
    for column, accepted in (
        ("paper", tuple(PAPERS)),
        ("dataset", DATASETS),
        ("split", SPLITS),
        ("gloss_free", ("yes", "no")),
    ):
        if cells[column] not in accepted:
            names = ", ".join(each or "nothing" for each in accepted)
            yield f'{column}: found "{cells[column]}", expected one of {names}'
    for column in ("table", "row"):
        if not cells[column]:
            yield f"{column}: is empty; name it as the paper does"
    for column in NUMBERS:
        if cells[column] and (problem := _wrong_number(column, cells[column])):
            yield f'{column}: found "{cells[column]}", expected {problem}'
    if not any(cells[column] for column in NUMBERS):
        yield "has no number at all; take the line out"


def _wrong_number(column: str, text: str) -> str | None:
    """Return the column's expected kind of number if `text` is not one; else None."""
    if column in COUNTS:
        return None if text.isdecimal() else "a whole number"
    largest = _LARGEST.get(column, 100.0)
    try:
        good = 0 <= float(text) <= largest
    except ValueError:
        good = False
    return None if good else f"a number from 0 to {largest:g}"


def _read_row(cells: dict[str, str]) -> PublishedRow:
    numbers = tuple(
        (column, int(cells[column]) if column in COUNTS else float(cells[column]))
        for column in NUMBERS
        if cells[column]
    )
    texts = {column: cells[column] for column in TEXTS if column != "gloss_free"}
    return PublishedRow(**texts, gloss_free=cells["gloss_free"] == "yes", numbers=numbers)


def _repeated(path: Path, lines: list[int], rows: list[PublishedRow]) -> Iterator[str]:
    """Find duplicate rows, and tables with rows that are not consecutive."""
    seen: dict[tuple, int] = {}
    last = None
    begun = set()
    for line, row in zip(lines, rows, strict=True):
        key = (row.paper, row.table, row.dataset, row.split, row.row, row.setting)
        if key in seen:
            yield f'{path}, line {line}: the row "{row.row}" is in line {seen[key]} already'
        seen.setdefault(key, line)
        table = (row.paper, row.table)
        if table != last and table in begun:
            yield f"{path}, line {line}: table {row.table} of {row.paper} began further up; move it"
        begun.add(table)
        last = table
