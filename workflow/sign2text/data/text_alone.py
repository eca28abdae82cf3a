"""Manifests of corpora that are read by their text alone: no clip has a video."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NO_VIDEO = "no-video"
"""Column `video` of every clip of such a manifest. `frames` and `fps` are 1 and mean nothing."""


def without_videos(table: pd.DataFrame) -> pd.DataFrame:
    """Take the videos out of a table as adapters give it, and what annotations say of them."""
    return table.drop(columns="expected_frames", errors="ignore").assign(
        video=NO_VIDEO, frames=1, fps=1.0
    )


def has_videos(table: pd.DataFrame) -> bool:
    """Return whether the clips of a manifest's table have videos."""
    return bool((table["video"] != NO_VIDEO).any())
