"""Normalise the landmarks of a clip when they are read: gaps, frames, box, missing points.

Scaling Sign Language Translation and YouTube-ASL (arXiv 2306.15162, section 4.1) leave out every
second frame and scale a clip's landmarks to a unit box. How the box treats its axes, and the value
of a missing point, are not published.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sign2text.ground.errors import InputError
from sign2text.ground.settings import stage_config
from sign2text.landmarks.points import LEFT_SHOULDER, RIGHT_SHOULDER, WIDTH

if TYPE_CHECKING:
    import numpy as np

MOST_EVERY = 100
LONGEST = 100_000


@stage_config
class Landmarks:
    """How a clip's landmarks are normalised when they are read."""

    box: Annotated[
        Literal["clip", "shoulders"],
        Field(
            description="clip: the box around all points of the clip is scaled to a unit box, as "
            "published; shoulders: the middle of the shoulders becomes 0 and their median distance "
            "1, which later work finds best"
        ),
    ] = "clip"
    missing: Annotated[
        float,
        Field(
            ge=-1000,
            le=1000,
            description="value of x, y and z of a missing point; published as a large negative "
            "number, without its size. -1 is outside the unit box; -10 outside shoulder boxes; "
            "ours",
        ),
    ] = -1.0
    longest_gap: Annotated[
        int,
        Field(
            ge=0,
            description="most frames that a point is missing for and interpolated between the "
            "frames around; 0: none, as published; later work finds 3 useful",
        ),
    ] = 0
    every: Annotated[
        int,
        Field(
            ge=1,
            le=MOST_EVERY,
            description="2: every second frame of the video is read, as published; 1: all",
        ),
    ] = 2
    longest: Annotated[
        int,
        Field(
            ge=1,
            le=LONGEST,
            description="steps that are read of a clip; what follows them is cut off, and counted "
            "in the log (256 published)",
        ),
    ] = 256


def of_store(settings: Landmarks, every: int, where: str) -> Landmarks:
    """Return settings for landmarks that were extracted from every `every`-th frame alone.

    Raises:
        InputError: the frames to be read are not among these; `where` begins the message.
    """
    if settings.every % every:
        raise InputError(
            f"{where}: holds every {every}th frame, but every {settings.every}th is to be read. "
            f"Set landmarks.every to a multiple of {every}, or extract with mediapipe.every: 1."
        )
    return replace(settings, every=settings.every // every)


def step_count(frames: int, settings: Landmarks) -> int:
    """Return how many steps are read of a clip of `frames` frames.

    >>> step_count(117, Landmarks()), step_count(1000, Landmarks())
    (59, 256)
    """
    return min(settings.longest, math.ceil(frames / settings.every))


def cut_off(frames: int, settings: Landmarks) -> int:
    """Return how many steps at the end of a clip of `frames` frames are not read."""
    return max(0, math.ceil(frames / settings.every) - settings.longest)


def normalised(
    points: np.ndarray, settings: Landmarks, frames: np.ndarray | None = None
) -> np.ndarray:
    """Normalise a clip, float32 [N, 255]: x, y, z of point 0, of point 1, and so on.

    Args:
        points: float [T, 85, 3] in pixels, missing points NaN.
        frames: the N frames to use, int64, rising; None: every `every`-th one, at most `longest`.

    Raises:
        InputError: the clip has no point; or, with the box `shoulders`, never both shoulders.
    """
    return flattened(boxed(points, settings, frames), settings)


def boxed(points: np.ndarray, settings: Landmarks, frames: np.ndarray | None = None) -> np.ndarray:
    """Fill gaps, choose frames and scale to the box: float32 [N, 85, 3], missing points NaN.

    The box is computed from the chosen frames, so that what is not read has no influence; from the
    whole clip if these have no point, or no pair of shoulders.
    Arguments and errors: see `normalised`.
    """
    import numpy as np

    if frames is None:
        frames = np.arange(step_count(len(points), settings)) * settings.every
    filled = fill_gaps(points, settings.longest_gap)
    chosen = filled[frames]
    measure = _clip_box if settings.box == "clip" else _shoulder_box
    box = measure(chosen) or measure(filled)
    if box is None:
        needed = "landmark" if settings.box == "clip" else "pair of shoulders"
        raise InputError(
            f"no {needed} found in any of {len(points)} frames, one or more expected for the box "
            f"'{settings.box}' (landmarks.box). Leave the clip out of the manifest."
        )
    origin, scale = box
    return ((chosen - origin) / scale).astype(np.float32)


def flattened(points: np.ndarray, settings: Landmarks) -> np.ndarray:
    """Give missing points their value, and flatten [N, 85, 3] to float32 [N, 255]."""
    import numpy as np

    values = np.where(np.isnan(points).any(-1, keepdims=True), settings.missing, points)
    return values.astype(np.float32).reshape(len(points), WIDTH)


def fill_gaps(points: np.ndarray, longest: int) -> np.ndarray:
    """Interpolate points that are missing for at most `longest` frames in a row.

    Each is on the line between its places before and after the gap. Gaps at the clip's beginning
    and end stay.

    Args:
        points: float [T, P, 3], missing points NaN.
    """
    import numpy as np

    if longest == 0:
        return points
    there = ~np.isnan(points).any(-1)
    frames = np.arange(len(points))[:, None]
    before = np.maximum.accumulate(np.where(there, frames, -1), axis=0)
    after = np.minimum.accumulate(np.where(there, frames, len(points))[::-1], axis=0)[::-1]
    gap = ~there & (before >= 0) & (after < len(points)) & (after - before - 1 <= longest)
    frame, point = gap.nonzero()
    first, last = before[frame, point], after[frame, point]
    weight = ((frame - first) / (last - first))[:, None]
    filled = points.copy()
    filled[frame, point] = (1 - weight) * points[first, point] + weight * points[last, point]
    return filled


def _clip_box(points: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return origin and scale [3] that bring all points to 0 ... 1; None without any point.

    x and y are scaled by the longer of the box's sides, z by its own depth. So the picture keeps
    its shape. z has a scale and an origin of its own, since MediaPipe's models of hands, pose and
    face estimate it apart.
    """
    import numpy as np

    there = points[~np.isnan(points).any(-1)].astype(np.float64)
    if not len(there):
        return None
    least, most = there.min(0), there.max(0)
    extent = most - least
    extent[:2] = extent[:2].max()
    return least, np.where(extent > 0, extent, 1)


def _shoulder_box(points: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Return the median of the shoulders' middles, and their median distance in the picture.

    None if no frame has both.
    """
    import numpy as np

    shoulders = points[:, [LEFT_SHOULDER, RIGHT_SHOULDER]].astype(np.float64)
    shoulders = shoulders[~np.isnan(shoulders).any((1, 2))]
    if not len(shoulders):
        return None
    middle = np.median(shoulders.mean(1), axis=0)
    distance = np.median(np.linalg.norm(shoulders[:, 0, :2] - shoulders[:, 1, :2], axis=-1))
    return middle, float(distance) if distance > 0 else 1.0
