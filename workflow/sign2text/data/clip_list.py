"""Read tables of clips or files that a stage wrote for later stages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def read_clip_list(path: Path, columns: Sequence[str], maker: str) -> pd.DataFrame:
    """Read a table with a column `split`, every value as text; arguments as for `read_list`.

    Raises InputError as `read_list`, and on an unknown split.
    """
    table = read_list(path, columns, maker)
    unknown = ~table["split"].isin(SPLITS)
    if unknown.any():
        row = int(unknown.idxmax())
        raise InputError(
            f"{path}, line {row + 2}: split is '{table['split'][row]}', expected one of "
            f"{', '.join(SPLITS)}. {_advice(maker)}"
        )
    return table


def read_list(path: Path, columns: Sequence[str], maker: str) -> pd.DataFrame:
    """Read a table, every value as text.

    Args:
        columns: required columns.
        maker: the stage that writes the table.

    Raises:
        InputError: the file is not a table, or a column is missing.
    """
    from sign2text.data.manifest import read_table

    advice = _advice(maker)
    try:
        table = read_table(path)
    except ValueError as error:  # covers pandas' own errors and UnicodeDecodeError
        raise InputError(
            f"{path}: is not a tab-separated UTF-8 table with a header ({error}). {advice}"
        ) from error
    if missing := [column for column in columns if column not in table]:
        raise InputError(
            f"{path}, line 1: missing column {', '.join(missing)}; found "
            f"{', '.join(table.columns)[:200]}; expected {', '.join(columns)}, separated by tabs. "
            f"{advice}"
        )
    return table


def _advice(maker: str) -> str:
    return f"Delete it and run {maker} again."
