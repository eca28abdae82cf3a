"""Steps of pseudo-glosses in clips, compared with the times of their signs."""

import numpy as np
import pytest

from sign2text.methods.sign2gpt.localisation import (
    Case,
    Match,
    Sign,
    cases_of,
    signs_of,
    summary,
)

TIMES = np.array([0.5, 1.5, 2.5, 3.5])
SIGNS = [Sign("REGEN", 0.0, 2.0), Sign("NORD", 2.0, 2.2), Sign("REGEN", 3.0, 4.0)]
MATCHES = {0: Match("REGEN", 0.9), 1: Match("NORD", 0.6), 4: Match("SONNE", 1.0)}


def test_a_sign_is_the_gloss_that_occurs_with_a_pseudo_gloss():
    pseudo = [[0, 1], [0], [0, 2], [1]]
    glosses = ["REGEN NORD REGEN", "REGEN", "REGEN IX", "SUED"]
    found = signs_of(pseudo, glosses)
    # 1 is in clips 0 and 3; NORD in one of them, 1 / 2, SUED too: the first by name.
    assert found == {0: Match("REGEN", 1.0), 1: Match("NORD", 0.5), 2: Match("IX", 1.0)}
    assert signs_of([[0], [0], [0]], ["A", "B", "C"]) == {}


def test_the_highest_evidence_lies_in_the_sign_or_not():
    heat = np.array([[0.0, 0.1, 0.9], [0.2, 0.6, 0.0], [0.3, 0.0, 0.0], [0.1, 0.0, 0.0]])
    first, second = cases_of(7, heat, [0, 1, 4], TIMES, SIGNS, MATCHES)
    # REGEN is signed at steps 0, 1 and 3; its evidence is highest at 2, and seen at 1 and 2.
    assert first == Case(7, False, 0.75, pytest.approx(1 / 4))
    # NORD lies between two steps and has the nearest one, step 2; it is seen at step 1.
    assert second == Case(7, False, 0.25, 0.0)
    (hit,) = cases_of(7, heat[::-1, 1:2], [1], TIMES, SIGNS, MATCHES)
    assert hit == Case(7, True, 0.25, 1.0)
    # Without a vector a pseudo-gloss has no evidence anywhere, and is no case.
    assert cases_of(7, 0 * heat, [0, 1, 4], TIMES, SIGNS, MATCHES) == []


def test_hits_are_counted_with_an_interval_over_clips():
    cases = [Case(0, True, 0.2, 1.0), Case(0, True, 0.4, 0.5), Case(2, False, 0.3, 0.0)]
    found = summary(cases, clips=4)
    assert (found["cases"], found["hits"]) == (3, pytest.approx(200 / 3))
    assert (found["chance"], found["intersection_over_union"]) == (pytest.approx(30), 0.5)
    low, high = found["interval"]
    assert low < 200 / 3 < high and high == 100
    assert found == summary(cases, clips=4)
    assert summary([], clips=4) is None
