"""Invented words for isolated signs, unlike all signs of the corpora for translation.

Every sign breaks at least two rules that all derived signs follow (`derived.py`): it changes to a
handshape that theirs do not change to, its orientation is not one of theirs at that place, or its
two moving hands have different handshapes. No change of one parameter repairs two of these, so at
least two parameters differ from every derived sign of any gloss. At least `LEAST_FROM_LEXICON`
differ from every sign of the lexicon.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from sign2text.avatar.derived import look_of
from sign2text.avatar.lexicon import LEXICON
from sign2text.avatar.phonology import HANDSHAPES, Hands, Sign, parameters_that_differ
from sign2text.ground.errors import InputError

Item = TypeVar("Item")

LEAST_FROM_DERIVED = 2
LEAST_FROM_LEXICON = 3
LEAST_FROM_EACH_OTHER = 2
"""Minimum number of parameters in which the look of an invented sign differs, without the face."""

_PLACES = {
    ("one", "space"): ("neutral", "center", "high", "low", "side", "contra"),
    ("one", "head"): ("forehead", "temple", "eye", "cheek", "nose", "mouth", "chin", "ear"),
    ("one", "torso"): ("neck", "shoulder", "shoulder_contra", "chest", "belly"),
    ("two", "space"): ("neutral", "center", "high", "low", "side"),
    ("two", "head"): ("temple", "cheek", "mouth", "ear"),
    ("two", "torso"): ("shoulder", "chest", "belly"),
}
_MOVES = {
    "space": (
        "hold", "up", "down", "in", "out", "fwd", "back", "arc_out", "arc_in", "arc_fwd", "circle",
        "circle_flat", "circle_side", "zigzag_down", "wave_out", "shake", "bob", "pat_down",
        "pat_in", "nod", "wave", "twist", "turn",
    ),
    "head": ("touch", "tap", "twist", "nod", "circle", "out", "fwd", "down", "arc_fwd", "shake"),
    "torso": ("touch", "tap", "circle", "circle_side", "out", "fwd", "up", "down", "arc_out"),
}  # fmt: skip
_CROWDED = {
    "low": ("down", "zigzag_down"),
    "side": ("out", "arc_out", "wave_out"),
    "contra": ("in", "arc_in"),
}
"""Movements that would leave the picture from a place."""
_USUAL_ORIENTS = {
    "space": ("up/fwd", "up/in", "up/back", "in/down"),
    "head": ("up-in/back", "up/in", "in/back"),
    "torso": ("in/back", "up/in", "in/down"),
}
_UNUSUAL_ORIENTS = {
    "space": ("up-in/back", "up-in/fwd", "in-up/back", "in/up", "down-in/back"),
    "head": ("up/fwd", "fwd/in", "fwd-down/down-back", "in-up/fwd"),
    "torso": ("up-in/fwd", "fwd/in", "down/back", "in/up"),
}
_UNUSUAL_CHANGES = (
    ("FIST", "V"), ("FIST", "L"), ("FIST", "Y"), ("V", "FIST"), ("W", "FIST"), ("INDEX", "FIVE"),
    ("Y", "FIST"), ("L", "FIVE"), ("I", "FIVE"), ("HORNS", "FIST"), ("FLAT", "FIST"), ("O", "V"),
    ("U", "V"), ("V", "U"), ("FIVE", "V"), ("C", "FIST"), ("CLAW", "O"), ("THREE", "FIST"),
    ("F", "FLAT"), ("BENT", "FIST"), ("U", "FIST"), ("FOUR", "FLAT_O"), ("PINCH", "FIVE"),
    ("FLAT_O", "INDEX"), ("W", "O"), ("BENT_V", "FIVE"),
)  # fmt: skip
_SHAPES = tuple(shape for shape in HANDSHAPES if shape != "RELAXED")
_OTHER_SHAPES = ("FLAT", "FIVE", "FIST", "INDEX", "C", "O", "V", "L")
_BROKEN = (
    ("change", "orient"), ("change", "orient"), ("change", "two shapes"), ("orient", "two shapes"),
)  # fmt: skip
"""Rules that a sign breaks; pairs that allow a one-handed sign are more frequent."""
_CONSONANTS, _VOWELS, _SYLLABLES = "BDFGKLMNPRSTW", "AEIOU", 3
_WORDS, _SIGNS = range(2)  # random streams
_DRAWS = 100  # draws per word before the signs count as exhausted


def invented_signs(count: int, seed: int) -> dict[str, Sign]:
    """Draw the signs of `count` invented words; a larger count keeps those of a smaller one.

    Raises InputError if there are not enough signs that differ from each other.
    """
    words, rng = _invented_words(count, seed), np.random.default_rng([seed, _SIGNS])
    lexicon = [look_of(sign) for sign in LEXICON.values()]
    taken: set[tuple[object, ...]] = set()
    signs: dict[str, Sign] = {}
    for _ in range(count * _DRAWS):
        if len(signs) == count:
            return signs
        sign = _draw(rng)
        near = _near(sign)
        if taken.isdisjoint(near) and all(
            len(parameters_that_differ(sign, each)) >= LEAST_FROM_LEXICON for each in lexicon
        ):
            taken |= near
            signs[words[len(signs)]] = sign
    if len(signs) == count:
        return signs
    raise InputError(
        f"classes: {count} found, and only {len(signs)} invented signs that are unlike each other "
        f"were drawn with seed {seed}; ask for fewer classes"
    )


def _near(sign: Sign) -> set[tuple[object, ...]]:
    """Return keys of a sign, each without one parameter; signs with a common key are too close."""
    values = list(vars(sign).items())
    return {(left_out, *values[:n], *values[n + 1 :]) for n, (left_out, _) in enumerate(values)}


def _draw(rng: np.random.Generator) -> Sign:
    """Draw the look of a sign that breaks two rules."""
    broken = _any(rng, _BROKEN)
    hands = Hands.ONE
    if "two shapes" in broken or rng.random() < 0.4:
        hands = _any(rng, (Hands.MIRROR, Hands.MIRROR, Hands.PARALLEL, Hands.ALTERNATE))
    zone = _any(rng, ("space", "space", "head", "torso"))
    place = _any(rng, _PLACES["one" if hands is Hands.ONE else "two", zone])
    move = _any(rng, [each for each in _MOVES[zone] if each not in _CROWDED.get(place, ())])
    orients = _UNUSUAL_ORIENTS if "orient" in broken else _USUAL_ORIENTS
    shape, to = _any(rng, _UNUSUAL_CHANGES) if "change" in broken else (_any(rng, _SHAPES), "")
    other = ""
    if "two shapes" in broken:
        other = _any(rng, [each for each in _OTHER_SHAPES if each != shape])
    return look_of(Sign(shape, place, move, _any(rng, orients[zone]), hands, to=to, other=other))


def _any(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    return items[int(rng.integers(len(items)))]


def _invented_words(count: int, seed: int) -> list[str]:
    """Make distinct words of three open syllables in lower case, none a gloss of the lexicon."""
    rng, words = np.random.default_rng([seed, _WORDS]), dict.fromkeys(())
    while len(words) < count:
        word = "".join(
            _any(rng, letters) for _ in range(_SYLLABLES) for letters in (_CONSONANTS, _VOWELS)
        )
        if word not in LEXICON:
            words[word.lower()] = None
    return list(words)
