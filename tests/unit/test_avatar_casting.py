"""Bodies for the signers of other corpora."""

from itertools import combinations

import numpy as np
import pytest

from sign2text.avatar.casting import signer_named
from sign2text.avatar.glosses import GlossSigns
from sign2text.avatar.signers import SIGNERS
from sign2text.avatar.signing import sign

NAMES = [f"Signer{number:02d}" for number in range(1, 10)]


def test_own_signers_stay_who_they_are():
    for name, signer in SIGNERS.items():
        assert signer_named(name) is signer


def test_a_body_follows_from_the_name():
    first = signer_named("Signer03")
    assert first == signer_named("Signer03")
    assert first.name == "Signer03"
    assert first.skin == (142, 96, 68)  # the same on every machine
    assert first.hair_style == SIGNERS["signer03"].hair_style


def test_signers_who_are_counted_are_different_people():
    people = [signer_named(name) for name in NAMES]
    assert len({each.hair_style for each in people}) >= 8  # two of the nine bodies are short-haired
    for one, other in combinations(people, 2):
        colours = [
            np.abs(np.subtract(getattr(one, part), getattr(other, part))).max()
            for part in ("skin", "hair", "clothes")
        ]
        assert max(colours) >= 20 or one.hair_style != other.hair_style, (one.name, other.name)
    # Others than the avatar's own, whose bodies they have.
    assert all(
        each.clothes != own.clothes for each, own in zip(people, SIGNERS.values(), strict=True)
    )


@pytest.mark.parametrize("names", [("0", "9"), ("Anna", "Berta"), ("1", "10")])
def test_further_signers_differ_too(names):
    one, other = map(signer_named, names)
    assert (one.hair, one.clothes, one.speed) != (other.hair, other.clothes, other.speed)


def test_bodies_stay_near_those_they_vary():
    for number in range(500):
        signer = signer_named(f"person {number}")
        own = list(SIGNERS.values())[(number - 1) % 9]
        assert signer.glasses == own.glasses and signer.left_handed == own.left_handed
        assert abs(signer.speed / own.speed - 1) <= 0.061
        assert abs(signer.shoulders / own.shoulders - 1) <= 0.026
        assert all(0 <= value <= 255 for value in (*signer.skin, *signer.hair, *signer.clothes))


def test_a_cast_signer_signs_at_their_own_pace():
    signs = GlossSigns(["BROT", "MILCH", "EI", "KAESE"])
    tokens = [signs.token(gloss) for gloss in ("BROT", "MILCH", "EI", "KAESE")]
    fast, slow = (
        np.mean([len(sign(tokens, signer_named(name), seed)) for seed in range(12)])
        for name in ("Signer03", "Signer02")
    )
    assert fast < slow
