"""The grammar of the second sign language: topic and comment, then place, then time.

The first one (`grammar`) signs time, place, topic, comment. The face and the movement carry the
same as there.
"""

from __future__ import annotations

from dataclasses import replace

from sign2text.avatar import grammar
from sign2text.avatar.meaning import Meaning, Part
from sign2text.avatar.second_lexicon import second_lexicon
from sign2text.avatar.utterance import SignToken

WITH_TWO_PLACES = ("contrast", "between")
"""Kinds whose places are part of the comment."""


def second_signs(meaning: Meaning) -> tuple[SignToken, ...]:
    """Return a meaning's signs in order, each with its form in the second lexicon."""
    lexicon = second_lexicon()
    return tuple(
        replace(token, sign=lexicon[token.gloss])
        for part in meaning.parts
        for token in _part_tokens(part)
    )


def _part_tokens(part: Part) -> list[SignToken]:
    comment = replace(part, time="")
    places = ""
    if part.kind not in WITH_TWO_PLACES:
        comment = replace(comment, place="", also="")
        places = f"{part.place} {part.also}"
    return [
        *grammar.signs(Meaning((comment,))),
        *(SignToken(gloss) for gloss in f"{places} {part.time}".split()),
    ]
