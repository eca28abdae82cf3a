"""Resampled test sets: how often each clip is drawn, and percentile intervals.

Clips are drawn with replacement (the bootstrap). The draws depend only on the number of clips and
the seed, so two systems on the same test set are compared on the same draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def draws(clips: int, resamples: int, seed: int) -> np.ndarray:
    """Draw resampled test sets, as the number of times that each contains each clip.

    Returns:
        int64 array [resamples, clips]; each row adds up to `clips`. The same seed gives the same
        rows, and more resamples append rows.
    """
    generator = np.random.default_rng(seed)
    counts = np.empty((resamples, clips), dtype=np.int64)
    for row in counts:
        row[:] = np.bincount(generator.integers(0, clips, clips), minlength=clips)
    return counts


def resampled_sums(counts: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Sum the clips' statistics over each resampled test set.

    Args:
        counts: the result of `draws`, [resamples, clips].
        rows: statistics of each clip, [clips, n], integers or floats.

    Returns:
        [resamples, n]; int64 if `rows` are integers.
    """
    # float64 multiplies several times as fast, and is exact for counts (all far below 2**53).
    sums = counts.astype(np.float64) @ rows.astype(np.float64)
    return np.rint(sums).astype(np.int64) if np.issubdtype(rows.dtype, np.integer) else sums


def interval(values: Sequence[float] | np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval that contains a share `level` of `values`."""
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(np.asarray(values, dtype=np.float64), [tail, 100 - tail])
    return float(low), float(high)
