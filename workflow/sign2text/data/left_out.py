"""Tables of the left-out clips, with reasons.

make_manifest writes left_out.tsv; sample_frames, which decodes, writes <split>.left_out.tsv.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.clip_list import read_clip_list
from sign2text.data.splits import SPLITS

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("split", "id", "video", "reason")

log = logging.getLogger(__name__)


def write_left_out(table: pd.DataFrame, path: Path) -> None:
    """Write a table with COLUMNS, every value as text; without rows, write a header only."""
    from sign2text.data.manifest import write_table
    from sign2text.ground.files import replacing

    if len(table):
        counts = table["split"].value_counts().to_dict()
        log.warning("left out: %s; see %s", counts, path)
    with replacing(path) as temporary:
        write_table(table[list(COLUMNS)], temporary)


def read_left_out(path: Path) -> pd.DataFrame:
    """Read a table of left-out clips, every value as text; it has no rows if none was left out.

    Raises InputError if a column is missing or a split is unknown.
    """
    maker = "make_manifest" if path.name == "left_out.tsv" else "sample_frames"
    return read_clip_list(path, COLUMNS, maker)


def count_left_out(*paths: Path) -> dict[str, int]:
    """Count the left-out clips of each split over all these tables."""
    splits = [split for path in paths for split in read_left_out(path)["split"]]
    return {split: splits.count(split) for split in SPLITS}
