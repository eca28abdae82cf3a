"""The avatar's lexicon: what its signs are made of, and in what they differ."""

from dataclasses import replace

import pytest

from sign2text.avatar.expression import SIGN_FACE
from sign2text.avatar.lexicon import LEXICON, minimal_pairs
from sign2text.avatar.phonology import HANDSHAPES, MOVEMENTS, PLACES, direction
from sign2text.avatar.signers import SIGNERS
from sign2text.avatar.signing import sign
from sign2text.avatar.utterance import SignToken
from sign2text.ground.errors import InputError


def test_every_sign_is_made_of_known_parameters():
    assert len(LEXICON) == 133
    for gloss, entry in LEXICON.items():
        assert {entry.shape, entry.to or "FIST", entry.other or "FIST"} <= set(HANDSHAPES), gloss
        assert entry.place in PLACES and entry.move in MOVEMENTS, gloss
        assert entry.face in SIGN_FACE, gloss
        for orient in filter(None, (entry.orient, entry.other_orient)):
            fingers, palm = (direction(part) for part in orient.split("/"))
            assert abs(fingers @ palm) < 0.8, f"{gloss}: {orient} is no orientation of a hand"


def test_no_two_signs_are_equal():
    assert len(set(LEXICON.values())) == len(LEXICON)


def test_minimal_pairs_differ_in_the_named_parameter():
    pairs = minimal_pairs()
    assert len(pairs) >= 30
    assert ("MEHR", "WENIGER", "move") in pairs
    assert ("NORDSEE", "OSTSEE", "place") in pairs
    assert ("SACHSEN", "HESSEN", "shape") in pairs
    assert ("TAG", "BEGINNEN", "orient") in pairs
    for first, second, parameter in pairs:
        a, b = LEXICON[first], LEXICON[second]
        assert replace(a, **{parameter: getattr(b, parameter)}) == b


def test_unknown_gloss_is_refused_by_name():
    with pytest.raises(InputError, match=r"'SCHAFE'.*133"):
        sign([SignToken("SCHAFE")], SIGNERS["signer01"], 0)
    with pytest.raises(InputError, match="no sign"):
        sign([], SIGNERS["signer01"], 0)
