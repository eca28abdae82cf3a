"""Limit on the number of frames of a clip."""

from __future__ import annotations

from pathlib import Path

from sign2text.ground.errors import InputError

MOST_FRAMES = 2**18
"""Maximum per clip, 2.9 hours at 25 per second, since memory holds a clip's compressed frames."""


def check_length(path: Path, frames: int) -> None:
    """Raise InputError if a clip has too many frames to hold in memory."""
    if frames > MOST_FRAMES:
        raise InputError(
            f"{path}: {frames} frames found, at most {MOST_FRAMES} expected of a clip. Cut it "
            "into sentences, or name a part of it: '#t=start,end' in seconds after its path."
        )
