"""Detection of clips with a variable frame rate."""

from __future__ import annotations

from collections.abc import Sequence

UNEVEN = 0.25
"""Largest deviation of a frame's time from even intervals, as a share of the mean interval. A
dropped frame shifts some frame by at least half an interval; camera jitter shifts it by less."""


def are_even(times: Sequence[float]) -> bool:
    """Return whether ascending times, in any unit, are evenly spaced up to jitter and rounding.

    >>> are_even([0, 33, 67, 100]), are_even([0, 33, 100, 133])
    (True, False)
    """
    if len(times) < 3:
        return True
    first = times[0]
    interval = (times[-1] - first) / (len(times) - 1)
    most = UNEVEN * interval
    return all(abs(time - first - n * interval) <= most for n, time in enumerate(times))
