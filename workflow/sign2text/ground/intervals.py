"""Tell clips whose frames come at even intervals from those of variable rate."""

from __future__ import annotations

from collections.abc import Sequence

UNEVEN = 0.25
"""Of the mean interval, how far a frame's time may be from its place in an even clip. A dropped
frame moves one by half an interval at least; what cameras vary by moves it less."""


def are_even(times: Sequence[float]) -> bool:
    """True where ascending times, in whatever unit, have one distance but for jitter and rounding.

    >>> are_even([0, 33, 67, 100]), are_even([0, 33, 100, 133])
    (True, False)
    """
    if len(times) < 3:
        return True
    first = times[0]
    interval = (times[-1] - first) / (len(times) - 1)
    most = UNEVEN * interval
    return all(abs(time - first - n * interval) <= most for n, time in enumerate(times))
