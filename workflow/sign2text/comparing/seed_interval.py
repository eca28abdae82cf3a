"""The interval of a difference between two systems over clips, and over training seeds if several.

docs/published.md says why seeds are not resampled as clips are: three seeds drawn from three
scatter less than three further trainings would.
"""

from __future__ import annotations

import numpy as np

from sign2text.scoring.bootstrap import interval

TRAININGS = 200
"""Draws of what seeds do to each resampled test set; their number moves no second digit."""
OVER_CLIPS, OVER_BOTH, OVER_ONE = "clips", "clips and seeds", "clips and seeds of one side"
OVER = {
    OVER_CLIPS: "one training of each: which clips were tested; another seed may say otherwise",
    OVER_BOTH: "several trainings of each: which clips were tested, and which seeds were trained",
    OVER_ONE: "several trainings of one, one of the other, which is taken to scatter as much",
}
"""Kinds of intervals, with their meaning."""


def interval_of_difference(
    better: np.ndarray,
    worse: np.ndarray,
    resampled_better: np.ndarray,
    resampled_worse: np.ndarray,
    *,
    seed: int,
) -> tuple[float, float]:
    """The 95 % interval of mean(better) - mean(worse).

    The clips' part are the differences of the means on the same resampled test sets (paired
    bootstrap). Where a side has several seeds, a draw of Student's t is added to each: the standard
    error of the difference of two means, with the variance over seeds of both sides together. With
    a seed each, or with seeds that score the same, it is the paired bootstrap's interval.

    Args:
        better, worse: scores of all clips, one a seed, [K] and [M].
        resampled_better, resampled_worse: the same on the resampled test sets, [K, sets] and
            [M, sets], of the same draws for all.
        seed: of the draws of t.
    """
    apart = resampled_better.mean(axis=0) - resampled_worse.mean(axis=0)
    freedom = len(better) + len(worse) - 2
    squares = sum(float(((side - side.mean()) ** 2).sum()) for side in (better, worse))
    if not freedom or not squares:
        return interval(apart)
    error = np.sqrt(squares / freedom * (1 / len(better) + 1 / len(worse)))
    drawn = np.random.default_rng(seed).standard_t(freedom, (len(apart), TRAININGS))
    return interval((apart[:, None] + error * drawn).ravel())


def over(better: int, worse: int) -> str:
    """The kind of interval (`OVER`) for so many seeds of each side."""
    if better == worse == 1:
        return OVER_CLIPS
    return OVER_ONE if 1 in (better, worse) else OVER_BOTH
