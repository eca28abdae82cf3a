"""Signs of invented words: unlike the lexicon's signs, every derived sign, and each other."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest

from sign2text.avatar import derived
from sign2text.avatar.derived import derived_sign, look_of
from sign2text.avatar.invented_signs import (
    LEAST_FROM_DERIVED,
    LEAST_FROM_EACH_OTHER,
    LEAST_FROM_LEXICON,
    invented_signs,
)
from sign2text.avatar.lexicon import LEXICON
from sign2text.avatar.phonology import HANDSHAPES, MOVEMENTS, PLACES, Hands, parameters_that_differ
from sign2text.ground.errors import InputError

ORIENTS = sorted({each for orients in derived._ORIENTS.values() for each in orients})
VALUES = {
    "shape": tuple(HANDSHAPES),
    "place": tuple(PLACES),
    "move": tuple(MOVEMENTS),
    "orient": tuple(ORIENTS),
    "hands": tuple(Hands),
    "to": ("", *HANDSHAPES),
    "other": ("", *HANDSHAPES),
    "other_orient": ("", *ORIENTS),
}
"""Every value that a derived sign can have, and more, by parameter."""


def zone_of(sign) -> str | None:
    """Return where a derived sign of these hands can be made; None if nowhere."""
    if sign.hands is Hands.BASE:
        return "hand" if sign.place == "hand" else None
    number = "one" if sign.hands is Hands.ONE else "two"
    zones = (zone for of, zone in derived._PLACES if of == number)
    return next((z for z in zones if sign.place in derived._PLACES[number, z]), None)


def is_derivable(sign) -> bool:
    """Return whether `derived_sign` gives this sign, apart from the face, for some name."""
    zone = zone_of(sign)
    if zone is None or sign.orient not in derived._ORIENTS[zone]:
        return False
    if sign.move not in derived._MOVES[zone] or sign.move in derived._CROWDED.get(sign.place, ()):
        return False
    move = MOVEMENTS[sign.move]
    playing = move.wiggle > 0
    shapes = derived._PLAYING_SHAPES if playing else derived._SHAPES
    ends = () if playing else derived._ENDS.get(sign.shape, ())
    is_base = sign.hands is Hands.BASE
    return (
        sign.shape in shapes
        and sign.to in ("", *ends)
        and derived._is_seen(sign.hands, move)
        and sign.other in (derived._STILL_SHAPES if is_base else ("",))
        and sign.other_orient in (derived._STILL_ORIENTS if is_base else ("",))
    )


def neighbours(sign) -> Iterator:
    """Yield the sign, and every sign that differs from it in one parameter."""
    yield sign
    for name, values in VALUES.items():
        yield from (replace(sign, **{name: value}) for value in values)


def test_the_rules_are_those_of_derived_signs():
    assert all(is_derivable(look_of(derived_sign(f"GLOSS{n}", n % 3))) for n in range(300))
    assert not is_derivable(replace(LEXICON["REGEN"], orient="down/fwd"))


def test_two_parameters_or_more_differ_from_every_derived_sign():
    assert LEAST_FROM_DERIVED == 2
    for word, sign in invented_signs(200, 1).items():
        found = [each for each in neighbours(sign) if is_derivable(each)]
        assert not found, (word, sign, found[0])
    # The measure works: it finds an equally near sign for a derived sign.
    near = replace(derived_sign("REGENBOGEN"), face="")
    assert any(is_derivable(each) for each in neighbours(replace(near, to="RELAXED")))


def test_three_parameters_or_more_differ_from_the_lexicon_and_two_from_each_other():
    signs = invented_signs(200, 1)
    looks = [look_of(sign) for sign in signs.values()]
    assert looks == list(signs.values())  # each is what the hands show
    lexicon = [look_of(sign) for sign in LEXICON.values()]
    nearest = min(len(parameters_that_differ(a, b)) for a in looks for b in lexicon)
    assert nearest == LEAST_FROM_LEXICON == 3
    nearest = min(len(parameters_that_differ(a, b)) for a, b in combinations(looks, 2))
    assert nearest == LEAST_FROM_EACH_OTHER == 2


def test_words_are_invented_and_follow_from_the_seed():
    signs = invented_signs(300, 1)
    assert list(signs)[:2] == ["miruba", "sugeti"]  # the same on every machine
    assert not {word.upper() for word in signs} & LEXICON.keys()
    assert {len(word) for word in signs} == {6}
    # More classes keep the existing ones; another seed has other classes.
    assert dict(list(signs.items())[:50]) == invented_signs(50, 1)
    assert not signs.keys() & invented_signs(50, 2).keys()
    kinds = [(bool(s.to), bool(s.other), s.hands is Hands.ONE) for s in signs.values()]
    assert [sum(column) > 60 for column in zip(*kinds, strict=True)] == [True, True, True]


def test_as_many_classes_as_wlasl_has():
    signs = invented_signs(2000, 1)
    assert len(signs) == len(set(signs.values())) == 2000


def test_too_many_classes_are_refused(monkeypatch):
    monkeypatch.setattr("sign2text.avatar.invented_signs._DRAWS", 1)
    with pytest.raises(InputError, match=r"classes: 30 found, and only \d+ invented signs"):
        invented_signs(30, 1)
