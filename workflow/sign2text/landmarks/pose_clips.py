"""The landmarks of clips from files that others extracted: .pose files, or arrays of Holistic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from sign2text.data.fragments import split_fragment
from sign2text.ground.errors import InputError, MemoryShortError
from sign2text.landmarks.extracted import Clip, Extracted, Missed
from sign2text.landmarks.holistic_arrays import read_holistic_array
from sign2text.landmarks.pose_reader import SUFFIX, read_pose

ARRAY = ".npy"
FRAMES_APART = 1
"""Frames by which a file and the manifest may differ: decoders differ in a video's last one."""
MOST_SECONDS = 1e6
"""A video's end, if the manifest leaves it open."""
RATES_APART = 0.01
"""Share by which their frames a second may differ."""


def pose_clips(clips: Iterable[Clip], folder: Path) -> Iterator[Extracted | Missed]:
    """Yield the landmarks of each clip, in order, from the files that `find_file` finds."""
    for clip in clips:
        try:
            yield _read(clip, folder)
        except MemoryShortError:
            raise
        except InputError as error:
            yield Missed(clip.id, " ".join(str(error).split()))


def find_file(clip: str, video: str, folder: Path) -> tuple[Path, tuple[float, float] | None]:
    """Return the file with a clip's landmarks, and the times of the clip in it, None for all.

    That is the manifest's `video` if it is a file of landmarks; or `<folder>/<clip id>.pose`; or,
    of a video that the manifest divides by times, `<folder>/<video's name>.pose`.
    """
    path, times = split_fragment(video)
    own, of_video = folder / f"{clip}{SUFFIX}", folder / f"{path.stem}{SUFFIX}"
    if path.suffix.lower() in (SUFFIX, ARRAY):
        return path, times
    return (of_video, times) if times and not own.is_file() else (own, None)


def _read(clip: Clip, folder: Path) -> Extracted:
    """Read a clip; raise InputError if it has no file, or one that does not fit the manifest."""
    path, times = find_file(clip.id, clip.video, folder)
    if path.suffix.lower() == ARRAY:
        points, fps, size = read_holistic_array(path)
        rate = _rate(path, fps, clip, 0.0)
    else:
        found = read_pose(path)
        points, size = found.points, found.size
        # Versions before 0.2 keep whole numbers: 29.97 is written as 29 or 30.
        rate = _rate(path, found.fps, clip, 0.999 if found.version < 0.2 else 0.0)
    if times:
        first, last = (round(min(time, MOST_SECONDS) * rate) for time in times)
        points = points[first:last]
    if clip.frames is not None and abs(len(points) - clip.frames) > FRAMES_APART:
        raise InputError(
            f"{path}: {len(points)} frames found, {clip.frames} expected, as in the manifest. The "
            "landmarks belong to another clip or manifest; make the manifest or the file again."
        )
    if not len(points) or np.isnan(points).all():
        raise InputError(
            f"{path}: no person found in any of {len(points)} frames, a signer expected. Leave the "
            "clip out, or extract its video again."
        )
    return Extracted(clip.id, points, rate, size)


def _rate(path: Path, found: float, clip: Clip, rounded: float) -> float:
    """Return a clip's frames a second; raise InputError if file and manifest differ in them.

    Args:
        rounded: the most by which the file's number is rounded.
    """
    if clip.fps is None:
        return found
    if abs(found - clip.fps) > max(RATES_APART * clip.fps, rounded):
        raise InputError(
            f"{path}: {found:g} frames a second found, {clip.fps:g} expected, as in the manifest. "
            "Correct the manifest, or extract the video again."
        )
    return clip.fps
