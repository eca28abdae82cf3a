"""German noun phrases, predicates and word order, which the statements are built from.

A statement is a frame (finite verb, subject, rest), a time, a place and an adverb. German puts the
finite verb second, after one of the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sign2text.avatar import german_words as words
from sign2text.avatar.meaning import Part
from sign2text.avatar.wording import expand, ranked, weighted

STRONG_ENDINGS = {
    "nom": {"m": "er", "f": "e", "n": "es", "p": "e"},
    "acc": {"m": "en", "f": "e", "n": "es", "p": "e"},
    "dat": {"m": "em", "f": "er", "n": "em", "p": "en"},
}
"""Endings of an adjective without an article before it."""
KEIN = {
    "nom": {"m": "kein", "f": "keine", "n": "kein", "p": "keine"},
    "acc": {"m": "keinen", "f": "keine", "n": "kein", "p": "keine"},
    "dat": {"m": "keinem", "f": "keiner", "n": "keinem", "p": "keinen"},
}
MIXED_ENDINGS = {
    "nom": {"m": "er", "f": "e", "n": "es", "p": "en"},
    "acc": {"m": "en", "f": "e", "n": "es", "p": "en"},
    "dat": {"m": "en", "f": "en", "n": "en", "p": "en"},
}
"""Endings of an adjective after "ein" or "kein"."""
DEFINITE = {"m": "der", "f": "die", "n": "das", "p": "die"}
FRONT = {"time": 0.84, "place": 0.1, "subject": 0.06}
"""Weights of the phrases that can come before the finite verb."""


def adjective(stem: str, ending: str) -> str:
    """Inflect an attributive adjective; a leading "=" marks a word that takes no ending."""
    return stem[1:] if stem.startswith("=") else stem + ending


def noun_phrase(rng: np.random.Generator, part: Part, case: str) -> str:
    """Write a noun phrase, such as "kräftiger regen", "keinen schnee", "einzelnen schauern"."""
    noun = words.NOUNS[part.topic]
    word = noun.dative or noun.word if case == "dat" else noun.word
    stem = expand(rng, {-1: noun.weak, 0: "", 1: noun.strong}[part.intensity])
    if part.negated:
        # "kein" goes with plain adjectives only, not with quantities such as "viel".
        stem = "stark" if stem.startswith("=") else stem
        inflected = stem and adjective(stem, MIXED_ENDINGS[case][noun.gender])
        return f"{KEIN[case][noun.gender]} {inflected} {word}"
    if part.modifier == "VIEL":
        if noun.gender == "p":
            return f"{'vielen' if case == 'dat' else 'viele'} {word}"
        return f"viel {word}"
    return f"{stem and adjective(stem, STRONG_ENDINGS[case][noun.gender])} {word}"


def with_article(rng: np.random.Generator, part: Part) -> str:
    """Write a noun phrase in the nominative with an article, such as "ein schwacher wind"."""
    if part.negated or part.modifier == "VIEL":
        return noun_phrase(rng, part, "nom")
    noun = words.NOUNS[part.topic]
    stem = expand(rng, {-1: noun.weak, 0: "", 1: noun.strong}[part.intensity])
    return (
        f"{'ein' if stem else ''} {stem and stem + MIXED_ENDINGS['nom'][noun.gender]} {noun.word}"
    )


def state(part: Part, adjective_word: str) -> str:
    """Write a predicate adjective with its degree, such as "sehr kalt", "nicht trocken"."""
    weak, strong = words.STATE_DEGREE.get(part.topic, words.ANY_DEGREE)
    degree = {-1: weak, 0: "", 1: strong}[part.intensity]
    return f"{'nicht' if part.negated else ''} {degree} {adjective_word}"


def adverb_of(part: Part) -> str:
    """Write the degree of a verb, such as "kräftig", "nicht"."""
    noun = words.NOUNS[part.topic]
    degree = {-1: noun.weak_adverb, 0: "", 1: noun.strong_adverb}[part.intensity]
    if part.modifier == "VIEL":
        degree = "viel"
    return f"{'nicht' if part.negated else ''} {degree}"


def arrange(
    rng: np.random.Generator,
    part: Part,
    frames: Sequence[str],
    adverb: str = "",
    place: str | None = None,
    linked: bool = False,
) -> str:
    """Put one of the frames "verb/subject/rest" in order with the part's time and place.

    If `linked`, the statement follows another one, so its time or place must come first.
    """
    verb, subject, rest = ranked(rng, frames).split("/")
    time = expand(rng, words.TIMES[part.time])
    if place is None:
        place = place_phrase(rng, part)
    if part.time == "GESTERN":
        verb = words.PAST.get(verb, verb)
    if not verb:
        if time and place and rng.random() < 0.12:
            time, place = place, time
        return f"{time} {place} {adverb} {rest}"
    if part.question:
        return f"{verb} {subject} {time} {place} {adverb} {rest}"
    fronts = {"time": FRONT["time"] if time else 0.0, "place": FRONT["place"] if place else 0.0,
              "subject": 0.0 if linked else FRONT["subject"]}  # fmt: skip
    match weighted(rng, fronts):
        case "time":
            return f"{time} {verb} {subject} {place} {adverb} {rest}"
        case "place":
            return f"{place} {verb} {subject} {time} {adverb} {rest}"
    return f"{subject or 'es'} {verb} {time} {place} {adverb} {rest}"


def place_phrase(rng: np.random.Generator, part: Part) -> str:
    """Write the place or the two places of a statement."""
    place = expand(rng, words.PLACES[part.place])
    return f"{place} und {expand(rng, words.PLACES[part.also])}" if part.also else place
