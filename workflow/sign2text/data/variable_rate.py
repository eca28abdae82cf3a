"""The table of clips with frames at uneven times: variable_rate.tsv of make_manifest."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.clip_list import read_clip_list

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("split", "id", "video")

log = logging.getLogger(__name__)


def write_variable_rate(table: pd.DataFrame, path: Path) -> None:
    """Write a table with COLUMNS; without rows, write a header only."""
    from sign2text.data.manifest import write_table
    from sign2text.ground.files import replacing

    if len(table):
        log.info("%d clips have frames at uneven times; see %s", len(table), path)
    with replacing(path) as temporary:
        write_table(table[list(COLUMNS)], temporary)


def read_variable_rate(path: Path) -> pd.DataFrame:
    """Read the table, every value as text; it has no rows if all clips have an even rate.

    Raises InputError if a column is missing or a split is unknown.
    """
    return read_clip_list(path, COLUMNS, "make_manifest")
