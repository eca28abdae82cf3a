"""Findings about a corpus: the rows of its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


NAMED = 10
"""Maximum number of clips that an advice names; the row's count is of all."""


class Row(NamedTuple):
    """A row of the report, with `found` and `expected` as shown to the reader."""

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
    """Count `which` (ids or signers): ok if there are none, otherwise `verdict` and names."""
    if which.empty:
        return Row(check, split, 0, expected)
    return Row(check, split, len(which), expected, verdict, f"{advice} {names(which)}".strip())


def names(which: pd.Series) -> str:
    """Join the first few names, and count the rest."""
    shown = ", ".join(which.iloc[:NAMED])
    return f"{shown} and {len(which) - NAMED} more" if len(which) > NAMED else shown
