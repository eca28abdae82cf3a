"""The signs of a corpus's glosses: those in the lexicon, and derived signs for all others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sign2text.avatar.derived import derived_sign, look_of
from sign2text.avatar.lexicon import LEXICON
from sign2text.avatar.phonology import Sign
from sign2text.avatar.utterance import SignToken
from sign2text.ground.errors import InputError

NEGATED = "neg-"
"""Prefix of a gloss in PHOENIX-2014T, for a negation by the face and the head alone."""
MOST_ATTEMPTS = 1000
"""Derived signs that a gloss tries before all of them count as taken."""


def lexeme_of(gloss: str) -> tuple[str, bool]:
    """Return the gloss of the hand sign, and whether the face negates it."""
    bare = gloss.removeprefix(NEGATED)
    return (bare, True) if bare and bare != gloss else (gloss, False)


class GlossSigns:
    """Signs of all glosses of a corpus; no two look the same.

    The sign of a gloss follows from its name. If two names lead to the same sign, the name with the
    smaller hash gets it. The other name tries its next sign, as it does if the lexicon has the
    sign. The result depends neither on any order nor on glosses that want other signs.
    """

    def __init__(self, glosses: Iterable[str]) -> None:
        lexemes = {lexeme_of(gloss)[0] for gloss in glosses}
        self.signs: dict[str, Sign] = {
            lexeme: LEXICON[lexeme] for lexeme in sorted(lexemes & LEXICON.keys())
        }
        self.signs |= _distinct_signs(lexemes - LEXICON.keys())

    def token(self, gloss: str) -> SignToken:
        """Return the token of a gloss, named as in the corpus."""
        lexeme, negated = lexeme_of(gloss)
        return SignToken(gloss, negated=negated, sign=self.signs[lexeme])


def _distinct_signs(lexemes: Iterable[str]) -> dict[str, Sign]:
    """Assign signs by deferred acceptance: the first in rank of all who want a look has it."""
    lexicon = {look_of(sign) for sign in LEXICON.values()}
    holders: dict[Sign, str] = {}
    signs: dict[str, Sign] = {}
    attempts = dict.fromkeys(sorted(lexemes), 0)
    waiting = list(attempts)
    while waiting:
        lexeme = waiting.pop()
        if attempts[lexeme] == MOST_ATTEMPTS:
            raise InputError(
                f"gloss {lexeme!r}: no sign is left for it beside those of the {len(attempts) - 1} "
                "other glosses; is the column of the glosses the right one?"
            )
        sign = derived_sign(lexeme, attempts[lexeme])
        attempts[lexeme] += 1
        look = look_of(sign)
        holder = holders.get(look)
        if look in lexicon or (holder is not None and _rank(holder) < _rank(lexeme)):
            waiting.append(lexeme)
            continue
        if holder is not None:
            waiting.append(holder)
        holders[look], signs[lexeme] = lexeme, sign
    return signs


def _rank(lexeme: str) -> bytes:
    return hashlib.blake2b(lexeme.encode(), digest_size=16).digest()
