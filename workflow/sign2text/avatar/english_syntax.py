"""English word order, noun phrases and predicates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sign2text.avatar import english_words as words
from sign2text.avatar.meaning import Part
from sign2text.avatar.wording import expand, ranked


def arrange(
    rng: np.random.Generator,
    part: Part,
    frames: Sequence[str],
    linked: bool = False,
    place: str | None = None,
) -> str:
    """Put one of the frames "auxiliary/subject/rest" in order with the part's time and place.

    If `linked`, the statement follows another one, so time and place must come first.
    """
    auxiliary, subject, rest = ranked(rng, frames).split("/")
    time = expand(rng, words.TIMES[part.time])
    if place is None:
        place = words.PLACES[part.place]
        if part.also:
            place = f"{place} and {words.PLACES[part.also]}"
    if part.question:
        return f"{auxiliary} {subject} {rest} {place} {time}"
    core = f"{subject} {auxiliary} {rest}"
    if linked:
        return f"{time} {place} {core}"
    return ranked(
        rng, [f"{time} {core} {place}", f"{core} {place} {time}", f"{time} {place} {core}"]
    )


def noun_phrase(part: Part) -> str:
    """Write a noun phrase, such as "heavy rain", "no snow", "a few showers"."""
    noun = words.NOUNS[part.topic]
    degree = {-1: noun.weak, 0: "", 1: noun.strong}[part.intensity]
    if part.modifier == "VIEL":
        degree = "[a lot of|plenty of]"
    return f"{'no' if part.negated else ''} {degree} {noun.word}"


def state(part: Part, adjective: str) -> str:
    """Write a predicate adjective with its degree, such as "not very cold"."""
    weak = words.WEAK_DEGREE.get(part.topic, "[slightly|a little|fairly]")
    degree = {-1: weak, 0: "", 1: "[very|really]"}[part.intensity]
    return f"{'not' if part.negated else ''} {degree} {adjective}"
