"""Read the frames of a clip at a frame rate other than its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.clip_length import check_length
from sign2text.data.resampling import ClipRate, rate_of, resample, resampled_length
from sign2text.data.video import (
    count_frames,
    frame_times,
    read_frames,
    read_timed_frames,
    split_fragment,
)

if TYPE_CHECKING:
    import numpy as np


def clip_rate(video: str | Path, stated: float | None = None) -> ClipRate | None:
    """Compute the rate of a clip from the times of its frames; None if unknown.

    Args:
        stated: frames per second of a folder of images, which has no times; None if unknown.

    Raises:
        InputError: as `frame_times`.
    """
    if is_folder(video):
        return None if stated is None else ClipRate(stated)
    return rate_of(frame_times(video))


def read_at_rate(
    video: str | Path,
    fps: float | None,
    rate: ClipRate | None,
    watch: Callable[[Iterable], Iterable] = iter,
) -> Iterator[tuple[np.ndarray, int]]:
    """Yield a clip's frames in order, uint8 [H, W, 3] RGB, each with how often it is shown.

    Args:
        fps: target rate in frames per second; None keeps the clip's frames.
        rate: rate of the clip (`clip_rate`); None if unknown, which keeps the clip's frames.
        watch: passes on the clip's own frames, before any is left out or repeated.

    Raises:
        InputError: as `read_frames`, or the result has more frames than a clip may have.
    """
    if fps is None or rate is None or rate.fits(fps):
        yield from ((frame, 1) for frame in watch(read_frames(video)))
        return
    count = 0
    for frame, times in resample(watch(_timed_frames(video, rate)), fps):
        count += times
        check_length(Path(video), count)
        yield frame, times


def count_at_rate(video: str | Path, fps: float | None, rate: ClipRate | None) -> int:
    """Count the frames that `read_at_rate` yields, from the times in the container.

    Raises:
        InputError: as `count_frames`, or there are more than a clip may have.
    """
    if fps is None or rate is None or rate.fits(fps):
        return count_frames(video)
    if is_folder(video):
        return resampled_length(count_frames(video), rate.mean, fps)
    count = sum(times for _, times in resample(((time, None) for time in frame_times(video)), fps))
    check_length(Path(video), count)
    return count


def is_folder(video: str | Path) -> bool:
    """Return whether a clip is a folder of images."""
    return split_fragment(video)[0].is_dir()


def _timed_frames(video: str | Path, rate: ClipRate) -> Iterable[tuple[Fraction, np.ndarray]]:
    if not is_folder(video):
        return read_timed_frames(video)
    interval = 1 / Fraction(repr(float(rate.mean)))
    return ((number * interval, frame) for number, frame in enumerate(read_frames(video)))
