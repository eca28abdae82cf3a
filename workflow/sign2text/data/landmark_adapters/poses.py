"""Landmarks as .pose files and a table with a row per clip. See docs/poses.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.adapters import table
from sign2text.data.clip_table import sentences_once
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "read_monolingual",
           "read_split"]  # fmt: skip

REQUIRED = table.REQUIRED
PUBLISHED: dict[str, dict[str, int]] = {}
ENDING = ".pose"
find_root = table.find_root
annotations_of = table.annotations_of


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips of a split as the adapter `table`; `video` is a clip's .pose file.

    Raises InputError as there, and if a path names another file than a .pose.
    """
    found = table.read_split(corpus, split, settings)
    for clip, path in zip(found["id"], found["video"], strict=True):
        if not path.lower().endswith(ENDING):
            raise InputError(
                f"{annotations_of(corpus, split, settings)}, clip '{clip}': "
                f"{settings.table.path} is {path!r}, expected a whole file that ends with "
                f"{ENDING}. Correct it; a corpus of videos has the adapter table."
            )
    return found


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """List the distinct training sentences: the corpus has no other text."""
    return sentences_once(read_split(corpus, "train", settings))
