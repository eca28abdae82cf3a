"""Cells that a spreadsheet changed: formula errors, and names turned into dates or numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.spreadsheet import OPENING_QUOTES
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_ERROR = re.compile(r"#(?:[A-ZÄÖÜ]{2,12}[!?]|DIV/0!|N/A|NV|#{2,})|(?:Err|Fehler):\d{3}")
"""A formula's error, in English or German, or the filler of a cell that is too narrow."""
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,3}", re.IGNORECASE)
_MONTH = (
    r"(?:jan|feb|mar|mär|mrz|apr|mai|may|jun|jul|aug|sep|sept|okt|oct|nov|dez|dec)[a-zäé]{0,6}\.?"
)
_DATE = re.compile(
    rf"\d{{1,2}}[. -]{{1,2}}{_MONTH}(?:[. -]{{1,2}}\d{{2,4}})?|{_MONTH}[. -]{{1,2}}\d{{2,4}}"
    r"|\d{1,2}月\d{1,2}日|\d{1,2}([./])\d{1,2}\1\d{2,4}|\d{4}/\d{1,2}/\d{1,2}",
    re.IGNORECASE,
)
_PAIR = re.compile(r"\d{1,4}[-/._]\d{1,4}")
_AS_TEXT = "Set the column to the format Text before you fill it in, and write the names again."


def looks_converted(name: str) -> bool:
    """Return whether a name looks like a date or number that a spreadsheet made of it."""
    return bool(_DATE.fullmatch(name) or _SCIENTIFIC.fullmatch(name))


def check_cells(path: Path, table: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise InputError that names the line of a cell that a spreadsheet changed.

    Names may be dates on purpose. Dates are therefore refused only if other names of the column
    are pairs of numbers that cannot be dates, such as 1-13: a spreadsheet makes a date of 1-12.

    Args:
        path: the table's file, for messages.
        table: the columns as text; the index holds line numbers.
        names: columns of names: ids and paths.
    """
    for column in table:
        _refuse(
            path,
            table[column],
            _ERROR,
            "an error of the spreadsheet's formula or a cell too narrow to be shown. Text that "
            "begins with =, + or - is taken for a formula: set the column to the format Text, and "
            "write it again.",
        )
    for column in names:
        _refuse(
            path,
            table[column],
            _SCIENTIFIC,
            f"a long number that the spreadsheet has shortened, so its last digits are lost. "
            f"{_AS_TEXT}",
        )
        if table[column].map(lambda name: bool(_PAIR.fullmatch(name))).any():
            _refuse(
                path,
                table[column],
                _DATE,
                f"a date, while others are pairs of numbers: the spreadsheet has made it of one "
                f"such as 1-2. {_AS_TEXT}",
            )


def check_straight_quotes(path: Path, table: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise InputError that names the first line with `columns` in typographic quotes."""
    for column in columns:
        curly = table[column].map(lambda cell: cell[:1] in OPENING_QUOTES and cell != "")
        if curly.any():
            line = curly.idxmax()
            raise InputError(
                f"{path}, line {line}: {column} is {table[column][line]!r}, in typographic quotes "
                "(“ ”), as word processors write them. Replace them in all of the file by straight "
                'ones (").'
            )


def _refuse(path: Path, column: pd.Series, pattern: re.Pattern[str], problem: str) -> None:
    found = column.map(lambda cell: bool(pattern.fullmatch(cell)))
    if found.any():
        line = found.idxmax()
        raise InputError(f"{path}, line {line}: {column.name} is {column[line]!r}, {problem}")
