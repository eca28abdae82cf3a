"""Intervals over clips and seeds: where the answer is known, and how often they are wrong."""

import numpy as np
import pytest

from sign2text.comparing.seed_interval import (
    OVER_BOTH,
    OVER_CLIPS,
    OVER_ONE,
    interval_of_difference,
    over,
)
from sign2text.scoring.bootstrap import interval

GENERATOR = np.random.default_rng(5)


def between(better: np.ndarray, worse: np.ndarray, draws: np.ndarray) -> tuple[float, float]:
    """The interval where a score is the mean over clips: clip scores [seeds, clips]."""
    share = draws / draws.sum(axis=1, keepdims=True)
    return interval_of_difference(
        better.mean(axis=1), worse.mean(axis=1), better @ share.T, worse @ share.T, seed=1
    )


def drawn(clips: int, sets: int = 400) -> np.ndarray:
    return GENERATOR.multinomial(clips, [1 / clips] * clips, size=sets)


def test_one_seed_of_each_is_the_paired_bootstrap() -> None:
    better, worse = GENERATOR.normal(50, 5, (2, 1, 80))
    draws = drawn(80)
    apart = (better - worse) @ draws.T / 80
    assert between(better, worse, draws) == pytest.approx(interval(apart[0]))


def test_seeds_that_score_the_same_change_nothing() -> None:
    better, worse = GENERATOR.normal(50, 5, (2, 1, 80))
    draws = drawn(80)
    one = between(better, worse, draws)
    assert between(better.repeat(3, axis=0), worse.repeat(3, axis=0), draws) == pytest.approx(one)


@pytest.mark.parametrize(
    ("better", "worse", "half"),
    [
        # Student's t at 97.5 % with 4, 2, 2 and 3 degrees of freedom (2.776, 4.303 and 3.182), the
        # standard deviation of both sides together, and the root of 1/K + 1/M. By hand: deviations
        # -1, 0, 1 and -2, 0, 2 have squares 2 + 8, over 4 degrees 2.5.
        ([49.0, 50, 51], [38.0, 40, 42], 2.776 * 2.5**0.5 * (2 / 3) ** 0.5),
        ([49.0, 51], [40.0, 42], 4.303 * 2**0.5 * 1),
        # One training of the other: taken to scatter as much as the three, 1.
        ([49.0, 50, 51], [40.0], 4.303 * 1 * (1 / 3 + 1) ** 0.5),
        ([50.0, 50, 50], [39.0, 41], 3.182 * (2 / 3) ** 0.5 * (1 / 3 + 1 / 2) ** 0.5),
    ],
)
def test_where_only_seeds_matter_it_is_students(
    better: list[float], worse: list[float], half: float
) -> None:
    """Every clip has the same score, so which clips are drawn makes no difference."""
    sides = [np.array(each)[:, None].repeat(9, axis=1) for each in (better, worse)]
    low, high = between(*sides, drawn(9))
    middle = np.mean(better) - np.mean(worse)
    assert (high - low) / 2 == pytest.approx(half, rel=0.02)
    assert (high + low) / 2 == pytest.approx(middle, abs=0.02 * half)


def test_seeds_that_scatter_cannot_be_told_apart_where_all_clips_agree() -> None:
    clips = GENERATOR.normal(50, 5, 200)
    better = clips + np.array([[-4.0], [1.0], [6.0]])
    worse = clips + np.array([[-5.0], [0.0], [5.0]])
    draws = drawn(200)
    # On every clip the better side is better by 1 on average: over clips alone, beyond doubt.
    apart = better.mean(axis=0) - worse.mean(axis=0)
    assert np.allclose(apart, 1)
    low, high = between(better, worse, draws)
    assert low < -5 and high > 5
    # Where the same clips are scored alike by every seed, the difference of 1 is seen.
    low, high = between(better[1:2].repeat(3, axis=0), worse[1:2].repeat(3, axis=0), draws)
    assert low == pytest.approx(1) and high == pytest.approx(1)


@pytest.mark.parametrize(("seeds", "most"), [((1, 1), 0.5), ((3, 3), 0.08), ((3, 1), 0.08)])
def test_equal_methods_are_rarely_told_apart(seeds: tuple[int, int], most: float) -> None:
    """Methods of which each training lies elsewhere by chance, and each clip too.

    One training of each cannot know of the former: the interval over clips is wrong far more often
    than in 5 %, which is why docs/published.md says what it is over.
    """
    generator, wrong, tries = np.random.default_rng(2), 0, 200
    for _ in range(tries):
        clips = generator.normal(0, 10, 60)
        sides = [
            clips + generator.normal(0, 1, (count, 1)) + generator.normal(0, 4, (count, 60))
            for count in seeds
        ]
        share = generator.multinomial(60, [1 / 60] * 60, size=200) / 60
        low, high = interval_of_difference(
            *(side.mean(axis=1) for side in sides), *(side @ share.T for side in sides), seed=1
        )
        wrong += low > 0 or high < 0
    assert wrong / tries < most
    if seeds == (1, 1):
        assert wrong / tries > 0.2


def test_what_an_interval_is_over() -> None:
    assert [over(1, 1), over(3, 3), over(2, 3)] == [OVER_CLIPS, OVER_BOTH, OVER_BOTH]
    assert over(1, 3) == over(3, 1) == OVER_ONE
