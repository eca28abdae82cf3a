"""Frames of a clip with its landmarks drawn over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sign2text.data.video import read_frames
from sign2text.ground.errors import InputError
from sign2text.ground.work_limit import spread
from sign2text.landmarks.drawing import draw_landmarks

if TYPE_CHECKING:
    from pathlib import Path

BLANK = 40
"""Grey of the picture behind landmarks whose video is missing."""


class Drawn(NamedTuple):
    """A frame with its landmarks."""

    seconds: float
    picture: np.ndarray
    """RGB uint8 [h, w, 3], maybe enlarged (`draw_landmarks`)."""


class DrawnClip(NamedTuple):
    """Some frames of a clip, in order."""

    frames: list[Drawn]
    reason: str
    """Why the video's pictures are not behind the landmarks; empty if they are."""


def video_frames(count: int, rate: float, of_video: float) -> np.ndarray:
    """Return the number of the video's frame for each of `count` frames of landmarks.

    Args:
        rate: frames of landmarks per second.
        of_video: frames of the video per second.

    >>> video_frames(4, 12.5, 25.0).tolist()
    [0, 2, 4, 6]
    """
    return np.rint(np.arange(count) * (of_video / rate)).astype(int)


def draw_clip(
    video: str | Path,
    points: np.ndarray,
    *,
    rate: float,
    of_video: float,
    size: tuple[int, int],
    pictures: int,
) -> DrawnClip:
    """Draw landmarks over frames that are evenly spread over the clip.

    If the video is missing, damaged or of another picture size, they are drawn over a plain grey.

    Args:
        points: landmarks [T, 85, 3] in pixels of the video.
        rate: frames of landmarks per second.
        of_video: frames of the video per second.
        size: (width, height) of the picture in which the landmarks are.
        pictures: number of frames.
    """
    chosen = spread(range(len(points)), pictures)
    wanted = video_frames(len(points), rate, of_video)[chosen].tolist()
    found, reason = {}, ""
    try:
        found = dict(_read(video, wanted))
    except InputError as error:
        reason = str(error)
    sizes = {frame.shape[1::-1] for frame in found.values()}
    if not reason and sizes - {size}:
        (width, height), *_ = sizes
        reason = (
            f"{video}: found pictures of {width} x {height}, expected those of the landmarks, "
            f"{size[0]} x {size[1]}. Extract them again from this video."
        )
    if reason:
        found = {}
    blank = np.full((size[1], size[0], 3), BLANK, np.uint8)
    frames = [
        Drawn(position / rate, draw_landmarks(found.get(number, blank), points[position]))
        for position, number in zip(chosen, wanted, strict=True)
    ]
    return DrawnClip(frames, reason)


def _read(video: str | Path, wanted: list[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the frames of the numbers `wanted`; raise InputError if the video has fewer."""
    last = -1
    for last, frame in enumerate(read_frames(video)):
        if last in wanted:
            yield last, frame
        if last == wanted[-1]:
            return
    raise InputError(
        f"{video}: found {last + 1} frames, expected more than {wanted[-1]}, since landmarks were "
        "extracted of as many. Extract them again from this video."
    )
