"""The interval of the difference between two systems, over clips and, if several, over seeds.

docs/published.md says why seeds are not resampled like clips: three seeds drawn from three scatter
less than three further trainings would.
"""

from __future__ import annotations

import numpy as np

from sign2text.scoring.bootstrap import interval

TRAININGS = 200
"""Draws of the seeds' effect for each resampled test set; more do not change the second digit."""
OVER_CLIPS, OVER_BOTH, OVER_ONE = "clips", "clips and seeds", "clips and seeds of one side"
OVER = {
    OVER_CLIPS: "one training of each: which clips were tested; another seed may say otherwise",
    OVER_BOTH: "several trainings of each: which clips were tested, and which seeds were trained",
    OVER_ONE: "several trainings of one, one of the other, which is taken to scatter as much",
}
"""Meaning of each kind of interval."""


def interval_of_difference(
    better: np.ndarray,
    worse: np.ndarray,
    resampled_better: np.ndarray,
    resampled_worse: np.ndarray,
    *,
    seed: int,
) -> tuple[float, float]:
    """Compute the 95 % interval of mean(better) - mean(worse).

    The clips contribute the differences of the means on the same resampled test sets (paired
    bootstrap). If a side has several seeds, `TRAININGS` draws of Student's t are added to each
    difference. Their scale is the standard error of the difference of two means, with the variance
    over seeds pooled over both sides. With one seed each, or if the seeds of each side score the
    same, the interval equals the paired bootstrap's.

    Args:
        better, worse: scores on all clips, one per seed, [K] and [M].
        resampled_better, resampled_worse: scores on the resampled test sets, [K, sets] and
            [M, sets]; all use the same sets.
        seed: seed of the draws of t.
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
    """Return the kind of interval (`OVER`) for the number of seeds on each side."""
    if better == worse == 1:
        return OVER_CLIPS
    return OVER_ONE if 1 in (better, worse) else OVER_BOTH
