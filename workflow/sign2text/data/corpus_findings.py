"""Findings about a corpus, the rows of its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


NAMED = 10
"""How many clips an advice names; the count beside it is of all."""


class Row(NamedTuple):
    """A line of the report; `found` and `expected` are written as they are read."""

    check: str
    split: str
    found: Any
    expected: Any = ""
    verdict: str = "ok"
    advice: str = ""


def counted(
    check: str,
    split: str,
    which: pd.Series,
    *,
    expected: Any = "",
    verdict: str = "note",
    advice: str = "",
) -> Row:
    """The number of `which` (ids or signers): ok where there is none, else `verdict` and names."""
    if which.empty:
        return Row(check, split, 0, expected)
    return Row(check, split, len(which), expected, verdict, f"{advice} {names(which)}".strip())


def names(which: pd.Series) -> str:
    """The first few of some names, and how many more there are."""
    shown = ", ".join(which.iloc[:NAMED])
    return f"{shown} and {len(which) - NAMED} more" if len(which) > NAMED else shown
