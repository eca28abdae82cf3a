"""Check for ids that a spreadsheet seems to have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sign2text.data.corpus_findings import Row, counted
from sign2text.data.spreadsheet_cells import looks_converted

if TYPE_CHECKING:
    import pandas as pd


def check_names(clips: Mapping[str, pd.DataFrame]) -> Iterator[Row]:
    """Report ids that look like dates or shortened numbers."""
    for split, table in clips.items():
        yield counted(
            "ids like dates or numbers of a spreadsheet",
            split,
            table["id"][table["id"].map(looks_converted)],
            advice="A spreadsheet makes 2-Jan of 1-2 and 1E+11 of a long number. If the ids were "
            "others, set their column to the format Text and write them again:",
        )
