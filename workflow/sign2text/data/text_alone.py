"""Manifests of text-only corpora: no clip has a video."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NO_VIDEO = "no-video"
"""Value of `video` for every clip of such a manifest; `frames` and `fps` are placeholders, 1."""


def without_videos(table: pd.DataFrame) -> pd.DataFrame:
    """Remove the videos from an adapter's table, and the lengths that its annotations give."""
    return table.drop(columns="expected_frames", errors="ignore").assign(
        video=NO_VIDEO, frames=1, fps=1.0
    )


LANDMARK_FILES = (".pose", ".npy")
"""Endings of `video` for clips that are landmarks alone (data/landmark_adapters)."""


def has_pictures(table: pd.DataFrame) -> bool:
    """Return whether the clips of a manifest's table can be shown: they have videos or images."""
    return has_videos(table) and not table["video"].str.lower().str.endswith(LANDMARK_FILES).all()


def has_videos(table: pd.DataFrame) -> bool:
    """Return whether the clips of a manifest's table have frames: videos, images or landmarks."""
    return bool((table["video"] != NO_VIDEO).any())
