"""A sign for every gloss of a corpus: stable, drawable, and no two alike."""

from dataclasses import replace

import pytest

from sign2text.avatar import glosses as glosses_module
from sign2text.avatar.derived import derived_sign, look_of
from sign2text.avatar.expression import SIGN_FACE
from sign2text.avatar.glosses import GlossSigns, lexeme_of
from sign2text.avatar.lexicon import LEXICON
from sign2text.avatar.phonology import HANDSHAPES, MOVEMENTS, PLACES, Hands, Sign, direction
from sign2text.avatar.signers import SIGNERS
from sign2text.avatar.signing import sign
from sign2text.ground.errors import InputError

NAMES = [f"WORT{number}" for number in range(6000)]


def test_a_derived_sign_follows_from_its_name_alone():
    # Said here in full: on another machine, or after an upgrade, it must still be this one.
    assert derived_sign("BROT") == Sign(
        "W", "hand", "arc_fwd", "up-fwd/in", Hands.BASE, other="FLAT", other_orient="in/back"
    )
    assert derived_sign("BROT", 1) != derived_sign("BROT")
    assert derived_sign("面包") == derived_sign("面包") != derived_sign("牛奶")


def test_derived_signs_are_made_of_known_parameters_and_use_them_all():
    signs = [derived_sign(name) for name in NAMES]
    for each in signs:
        assert {each.shape, each.to or "FIST", each.other or "FIST"} <= set(HANDSHAPES)
        assert each.place in PLACES and each.move in MOVEMENTS and each.face in SIGN_FACE
        assert each.to != each.shape
        for orient in filter(None, (each.orient, each.other_orient)):
            fingers, palm = (direction(part) for part in orient.split("/"))
            assert abs(fingers @ palm) < 0.8
        # A still hand belongs to a sign that is made on it.
        assert (each.hands is Hands.BASE) == (each.place == "hand") == bool(each.other)
    assert {each.shape for each in signs} == set(HANDSHAPES) - {"RELAXED"}
    assert {each.place for each in signs} == set(PLACES)
    assert {each.move for each in signs} == set(MOVEMENTS)
    assert {each.hands for each in signs} == set(Hands)


def test_no_two_glosses_look_the_same():
    found = GlossSigns([*NAMES, *LEXICON]).signs
    assert len({look_of(each) for each in found.values()}) == len(NAMES) + len(LEXICON)
    assert {gloss: found[gloss] for gloss in LEXICON} == LEXICON
    # Or the test would not have met the case of two names with one sign.
    assert any(found[name] != derived_sign(name) for name in NAMES)


def test_signs_do_not_depend_on_the_order_and_hardly_on_other_glosses():
    whole = GlossSigns(NAMES).signs
    assert GlossSigns(reversed(NAMES)).signs == whole
    half = GlossSigns(NAMES[:3000]).signs
    assert sum(half[name] != whole[name] for name in half) < 0.02 * len(half)


def test_looks_that_only_the_description_tells_apart_are_one():
    still = Sign("FLAT", "high", "hold", hands=Hands.MIRROR)
    assert look_of(replace(still, hands=Hands.PARALLEL)) == look_of(still)
    assert look_of(replace(still, hands=Hands.ALTERNATE, face="puff")) == look_of(still)
    shake = replace(still, move="shake", hands=Hands.PARALLEL)
    assert look_of(replace(shake, hands=Hands.ALTERNATE)) == look_of(shake)
    assert look_of(replace(shake, hands=Hands.MIRROR)) != look_of(shake)
    bob = replace(still, move="bob", hands=Hands.ALTERNATE)
    assert look_of(replace(bob, hands=Hands.MIRROR)) != look_of(bob)


def test_a_corpus_without_signs_left_is_refused(monkeypatch):
    monkeypatch.setattr(
        glosses_module, "derived_sign", lambda name, attempt: Sign("L", "ear", "up")
    )
    with pytest.raises(InputError, match=r"no sign is left.* 2 other"):
        GlossSigns(["EINS", "BROT", "MILCH", "EI"])


def test_negated_gloss_is_the_same_sign_with_another_face():
    assert lexeme_of("neg-REGEN") == ("REGEN", True)
    assert lexeme_of("negalp-KEIN") == ("negalp-KEIN", False)
    assert lexeme_of("neg-") == ("neg-", False)
    signs = GlossSigns(["neg-REGEN", "neg-BROT", "BROT"])
    token = signs.token("neg-REGEN")
    assert (token.gloss, token.sign, token.negated) == ("neg-REGEN", LEXICON["REGEN"], True)
    assert signs.token("neg-BROT").sign == signs.token("BROT").sign
    assert not signs.token("BROT").negated


def test_derived_sign_is_signed_under_its_gloss_and_negation_moves_the_head_not_the_hands():
    signs = GlossSigns(["BROT", "neg-BROT", "neg-KAESE"])
    plain, negated = (
        sign([signs.token(gloss)], SIGNERS["signer02"], 3) for gloss in ("BROT", "neg-BROT")
    )
    assert [gloss for gloss, _, _ in negated.glosses] == ["neg-BROT"]
    assert (plain.landmarks[:, :48] == negated.landmarks[:, :48]).all()
    assert abs(plain.landmarks[:, 48:] - negated.landmarks[:, 48:]).max() > 3
