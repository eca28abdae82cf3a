"""Read the frames of a clip as they are shown at another rate than the clip's own."""

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
    """The rate of a clip by the times of its frames; None where it is unknown.

    Args:
        stated: frames a second of a folder of images, which has no times; None: unknown.

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
        fps: frames a second of the result; None takes the clip's frames as they are.
        rate: the clip's (`clip_rate`); a clip whose rate is unknown is taken as it is.
        watch: passes the clip's own frames on, before any of them is left out or repeated.

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
    """Number of frames that `read_at_rate` gives, by the times that the container has.

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
    """True for a clip that is a folder of images."""
    return split_fragment(video)[0].is_dir()


def _timed_frames(video: str | Path, rate: ClipRate) -> Iterable[tuple[Fraction, np.ndarray]]:
    if not is_folder(video):
        return read_timed_frames(video)
    interval = 1 / Fraction(repr(float(rate.mean)))
    return ((number * interval, frame) for number, frame in enumerate(read_frames(video)))
