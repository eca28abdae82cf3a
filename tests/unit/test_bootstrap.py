import numpy as np
import pytest

from sign2text.scoring.bootstrap import draws, interval, resampled_sums


def test_each_test_set_has_as_many_clips_as_the_real_one():
    counts = draws(7, 500, seed=1)
    assert counts.shape == (500, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert counts.min() == 0
    # Each clip is drawn once on average; its number is binomial, of variance 7 * 1/7 * 6/7.
    assert counts.mean(axis=0) == pytest.approx(np.ones(7), abs=0.15)
    assert counts.var() == pytest.approx(6 / 7, abs=0.1)


def test_draws_depend_on_clips_and_seed_alone():
    first = draws(20, 10, seed=1)
    assert (first == draws(20, 10, seed=1)).all()
    assert (first == draws(20, 30, seed=1)[:10]).all()
    assert (first != draws(20, 10, seed=2)).any()


def test_sums_are_those_of_the_drawn_clips():
    counts = np.array([[2, 0, 1], [0, 3, 0]])
    rows = np.array([[1, 10], [2, 20], [3, 30]])
    sums = resampled_sums(counts, rows)
    assert sums.dtype == np.int64
    assert sums.tolist() == [[2 * 1 + 3, 2 * 10 + 30], [3 * 2, 3 * 20]]
    assert resampled_sums(counts, rows[:, 0] / 4).tolist() == [5 / 4, 6 / 4]


def test_interval_holds_the_middle_values():
    # Of 0 ... 200, 2.5 % lie below 5 and 2.5 % above 195.
    assert interval(range(201)) == pytest.approx((5, 195))
    assert interval(range(201), level=0.5) == pytest.approx((50, 150))
    assert interval([3.5]) == (3.5, 3.5)
