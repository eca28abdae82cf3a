"""Clips to extract landmarks of, the results, and the settings of MediaPipe; light to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from sign2text.ground.settings import stage_config

if TYPE_CHECKING:
    import numpy as np


@stage_config
class MediaPipe:
    """How MediaPipe sees the clips."""

    every: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="landmarks of every frame (1), or of every second one (2) in half the "
            "time; tracking then runs over longer steps; ours",
        ),
    ] = 1
    display_ratio: Annotated[
        float | None,
        Field(
            ge=0.1,
            le=10,
            description="width / height at which the frames are meant to be shown, where their "
            "pixels are not square (PHOENIX-2014T: 1.154): they are unsqueezed for the detector, "
            "and its points mapped back; null: square pixels; ours",
        ),
    ] = None


class Clip(NamedTuple):
    """A clip to extract."""

    id: str
    video: str
    """A video, a part of one, or a folder of numbered images (data/video.py)."""
    fps: float | None = None
    """Frames per second; None reads it from the video."""
    frames: int | None = None
    """Expected number of frames, as in the manifest; None: any."""


class Extracted(NamedTuple):
    """The landmarks of a clip."""

    id: str
    points: np.ndarray
    """float32 [T, 85, 3]: x, y in pixels of the source picture, z in the scale of x; NaN where
    missing."""
    fps: float | None
    """Frames of `points` a second; None for a folder of images without a stated rate."""
    size: tuple[int, int]
    """Width and height of the source picture in pixels."""


class Missed(NamedTuple):
    """A clip without landmarks."""

    id: str
    reason: str
    """On one line, with the video's path."""
