"""Sentence templates: how often each alternative is taken, and how they are filled."""

import numpy as np
import pytest

from sign2text.avatar.wording import expand, ranked, weighted


def test_first_alternative_is_the_commonest():
    rng = np.random.default_rng(0)
    counts = dict.fromkeys("abc", 0)
    for _ in range(4000):
        counts[ranked(rng, "abc", decay=0.5)] += 1
    # Weights 1, 1/2, 1/4: shares of 4/7, 2/7 and 1/7.
    for item, share in zip("abc", (4 / 7, 2 / 7, 1 / 7), strict=True):
        assert counts[item] / 4000 == pytest.approx(share, abs=0.03)


def test_weighted_follows_its_weights_and_never_takes_weight_zero():
    rng = np.random.default_rng(0)
    drawn = [weighted(rng, {"a": 3.0, "b": 1.0, "c": 0.0}) for _ in range(2000)]
    assert drawn.count("a") / 2000 == pytest.approx(0.75, abs=0.03)
    assert "c" not in drawn


def test_expand_takes_nested_and_empty_alternatives():
    rng = np.random.default_rng(0)
    found = {expand(rng, " a [|b [c|d]]  e") for _ in range(200)}
    assert found == {"a e", "a b c e", "a b d e"}
