"""Resampling of a clip to another frame rate, from the display times of its frames."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from sign2text.ground.intervals import are_even

Frame = TypeVar("Frame")

MOST_FPS = 1000
"""Maximum frames per second: the rate of a slow-motion camera."""
SAME = 0.005
"""Rates that differ by at most this share count as the same, such as 29.97 and 30."""
_MILLISECONDS, _TICKS = Fraction(1, 1000), Fraction(1, 90_000)


@dataclass(frozen=True)
class ClipRate:
    """A clip's mean frames per second, and whether they come at even intervals."""

    mean: float
    even: bool = True

    def fits(self, fps: float) -> bool:
        """Return whether a clip at `fps` frames per second has the same frames."""
        return self.even and is_same_rate(self.mean, fps)

    def __str__(self) -> str:
        return f"{self.mean:.5g} frames a second{'' if self.even else ', at uneven times'}"


def is_same_rate(one: float, other: float) -> bool:
    """Return whether two rates are the same apart from rounding.

    >>> is_same_rate(29.97, 30), is_same_rate(24, 25)
    (True, False)
    """
    return abs(one - other) <= SAME * max(one, other)


def common_rate(rates: Iterable[float]) -> float | None:
    """Return the most frequent rate; None if two of them are not the same.

    >>> common_rate([30.0, 29.97, 30.0]), common_rate([25.0, 50.0])
    (30.0, None)
    """
    found = Counter(rates)
    if not found or not is_same_rate(min(found), max(found)):
        return None
    return found.most_common(1)[0][0]


def rate_of(times: Sequence[Fraction]) -> ClipRate | None:
    """Return the rate of a clip with frames at `times`, in seconds; None for a single time."""
    seconds = [float(time) for time in times]
    span = seconds[-1] - seconds[0] if seconds else 0.0
    if span <= 0:
        return None
    return ClipRate((len(seconds) - 1) / span, are_even(seconds))


def resampled_length(frames: int, rate: float, fps: float) -> int:
    """Return the number of frames of a clip after resampling.

    Args:
        frames: number of frames, at even intervals.
        rate: rate of the clip in frames per second.
        fps: target rate in frames per second.

    >>> resampled_length(100, 50, 25), resampled_length(100, 29.97, 25), resampled_length(9, 30, 30)
    (50, 84, 9)
    """
    if is_same_rate(rate, fps):
        return frames
    return max(1, math.ceil((frames / Fraction(repr(float(rate))) - _TICKS) * _exact(fps)))


def resample(timed: Iterable[tuple[Fraction, Frame]], fps: float) -> Iterator[tuple[Frame, int]]:
    """Yield the frames of a clip that are shown at the times k / fps after its first one.

    The last frame is assumed to be shown for the mean interval. Frames that fall on no such time
    are left out. If a time is not later than the one before it, the later frame in the list wins.

    Args:
        timed: times in seconds, rising, with their frames.

    Yields:
        Each frame once, in order, with the number of times that fall on it, at least 1.

    >>> list(resample([(Fraction(n, 50), n) for n in range(5)], 25))
    [(0, 1), (2, 1), (4, 1)]
    """
    rate, taken, count, resolution = _exact(fps), 0, 0, 1
    start = last = Fraction(0)
    shown: Frame | None = None
    for time, frame in timed:
        resolution = math.lcm(resolution, time.denominator)
        if count == 0:
            start = time
        else:
            due = _times_before(time - start, rate, resolution)
            if due > taken:
                yield shown, due - taken
                taken = due
        shown, last, count = frame, time, count + 1
    if count:
        mean = (last - start) / (count - 1) if count > 1 else Fraction(0)
        due = max(1, _times_before(last - start + mean, rate, resolution))
        if due > taken:
            yield shown, due - taken


def _times_before(seconds: Fraction, rate: Fraction, resolution: int) -> int:
    """Count the times k / rate that come before `seconds`.

    A time stamp may be rounded up: to whole milliseconds in Matroska, WebM, FLV and ASF, to
    1/90,000 s in MPEG streams. mp4 stores times exactly, so there a millisecond early is early.
    """
    rounded = _MILLISECONDS if 1000 % resolution == 0 else _TICKS
    return max(0, math.ceil((seconds - rounded) * rate))


def _exact(fps: float) -> Fraction:
    """Convert a setting to its exact decimal number: 29.97 is 2997/100."""
    return Fraction(repr(float(fps)))
