"""Words of the avatar's sentences with lemma and part of speech."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sign2text.ground.errors import InputError


class Word(NamedTuple):
    """A word as in the sentence, its lemma, and its part of speech (Universal Dependencies)."""

    text: str
    lemma: str
    pos: str


Lexicon = Mapping[str, tuple[str, str]]
"""Lemma and part of speech of each form."""


def read_lexicon(tables: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Make a lexicon of forms listed by part of speech; "war:sein" gives a form its lemma.

    Raises:
        ValueError: a form has two entries.

    >>> read_lexicon({"VERB": "regnet:regnen", "NOUN": "wind"})
    {'regnet': ('regnen', 'VERB'), 'wind': ('wind', 'NOUN')}
    """
    found: dict[str, tuple[str, str]] = {}
    for pos, forms in tables.items():
        for entry in forms.split():
            form, _, lemma = entry.partition(":")
            if form in found:
                raise ValueError(f"{form}: is in the lexicon as {found[form]} and as {pos}")
            found[form] = (lemma or form, pos)
    return found


def inflected(stems: str, endings: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return entries for the adjectives `stems` with each of the endings."""
    return {stem + ending: (stem, "ADJ") for stem in stems.split() for ending in endings}


def entry_of(form: str, lexicon: Lexicon, sentence: str) -> Word:
    """Look up a form as a word.

    Raises:
        InputError: the lexicon lacks the form, so a word of the grammar has no annotation.
    """
    if form not in lexicon:
        raise InputError(
            f"sentence '{sentence}': no lemma and part of speech of '{form}' found; expected every "
            "word of the avatar's grammar. Add it to the language's annotation in "
            "workflow/sign2text/avatar."
        )
    return Word(form, *lexicon[form])
