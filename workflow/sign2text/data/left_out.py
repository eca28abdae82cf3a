"""The table of clips that make_manifest left out, and why: left_out.tsv."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("split", "id", "video", "reason")


def read_left_out(path: Path) -> pd.DataFrame:
    """The table, every value as text; no rows where nothing was left out.

    Raises InputError where a column is missing or a split is not one.
    """
    from sign2text.data.manifest import read_table

    advice = "Delete it and run make_manifest again."
    try:
        table = read_table(path)
    except ValueError as error:  # pandas' errors are ValueErrors, and so is UnicodeDecodeError
        raise InputError(
            f"{path}: is not a tab-separated UTF-8 table with a header ({error}). {advice}"
        ) from error
    if missing := [column for column in COLUMNS if column not in table]:
        raise InputError(
            f"{path}, line 1: missing column {', '.join(missing)}; found "
            f"{', '.join(table.columns)}; expected {', '.join(COLUMNS)}, separated by tabs. "
            f"{advice}"
        )
    unknown = ~table["split"].isin(SPLITS)
    if unknown.any():
        row = int(unknown.idxmax())
        raise InputError(
            f"{path}, line {row + 2}: split is '{table['split'][row]}', expected one of "
            f"{', '.join(SPLITS)}. {advice}"
        )
    return table


def count_left_out(path: Path) -> dict[str, int]:
    """How many clips of each split were left out."""
    splits = read_left_out(path)["split"]
    return {split: int((splits == split).sum()) for split in SPLITS}
