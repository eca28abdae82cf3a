"""Bound how many frames a clip may have."""

from __future__ import annotations

from pathlib import Path

from sign2text.ground.errors import InputError

MOST_FRAMES = 2**18
"""Of one clip, 2.9 hours at 25 a second: those of a clip are held in memory, compressed."""


def check_length(path: Path, frames: int) -> None:
    """Raise InputError where a clip has more frames than are held in memory."""
    if frames > MOST_FRAMES:
        raise InputError(
            f"{path}: {frames} frames found, at most {MOST_FRAMES} expected of a clip. Cut it "
            "into sentences, or name a part of it: '#t=start,end' in seconds after its path."
        )
