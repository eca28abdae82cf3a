"""Lengths and rates of clips that are landmarks alone, from their files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.landmarks.holistic_arrays import FPS, count_array_frames
from sign2text.landmarks.pose_reader import read_pose
from sign2text.untrusted.names import check_linked

if TYPE_CHECKING:
    import pandas as pd

_TOLERANCE = 0.01
"""Part by which a table's frame rate may differ from the file's: 29.97 and 30 are one rate."""


def with_lengths(table: pd.DataFrame, corpus: Path) -> pd.DataFrame:
    """Add `frames` and `fps` to an adapter's table whose `video` is a .pose or .npy file.

    A clip whose file cannot be read, or has another frame rate than the table gives, is `unusable`,
    with the reason; a reason that is there already stays.

    Args:
        table: as `data.clip_table` builds it; `fps` may be NaN.
        corpus: the corpus's folder, resources/<data set>; files must not be links out of it.
    """
    reasons = list(table.get("unusable", [""] * len(table)))
    frames, rates = [0] * len(table), [0.0] * len(table)
    for place, (video, given) in enumerate(zip(table["video"], table["fps"], strict=True)):
        if reasons[place]:
            continue
        try:
            check_linked(Path(video), corpus)
            frames[place], rates[place] = _length(Path(video))
            if not math.isnan(given) and abs(given / rates[place] - 1) > _TOLERANCE:
                raise InputError(
                    f"{video}: {rates[place]:g} frames a second found, expected {given:g} as the "
                    "table says. Correct the table, or leave its field empty."
                )
        except (InputError, OSError) as error:
            reasons[place] = str(error)
    return table.assign(frames=frames, fps=rates, unusable=reasons)


def _length(path: Path) -> tuple[int, float]:
    """Return the number of frames and the frame rate of a file of landmarks."""
    if path.suffix.lower() == ".npy":
        return count_array_frames(path), FPS
    clip = read_pose(path)
    return len(clip.points), clip.fps
