"""Sentences of the avatar's grammar whose words have a lemma and a part of speech."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sign2text.avatar import (
    chinese,
    chinese_annotation,
    english,
    english_annotation,
    german,
    german_annotation,
)
from sign2text.avatar.annotated_word import Word
from sign2text.avatar.sampler import sample_meaning
from sign2text.ground.errors import InputError

Annotate = Callable[[str], list[Word]]
GRAMMARS: dict[str, tuple[Callable[..., str], Annotate]] = {
    "de": (german.sentence, german_annotation.annotate),
    "en": (english.sentence, english_annotation.annotate),
    "zh": (chinese.sentence, chinese_annotation.annotate),
}
"""By language: the function that writes a meaning's sentence, and the one that annotates it."""
DRAWS_A_SENTENCE = 60
"""Meanings to draw per sentence before the grammar counts as exhausted."""
_STREAM = 100
"""Stream of random numbers; lower streams belong to the corpus (`corpus`)."""


def draw_annotated(language: str, count: int, seed: int) -> list[list[Word]]:
    """Annotate `count` distinct sentences of random meanings.

    The sentences come from the grammar alone. The corpus's sentences are not read, so a sentence
    may also occur there.

    Raises:
        InputError: the grammar produces fewer sentences.
    """
    write, annotate = GRAMMARS[language]
    rng = np.random.default_rng([seed, _STREAM])
    found: dict[str, list[Word]] = {}
    for _ in range(count * DRAWS_A_SENTENCE):
        sentence = write(sample_meaning(rng), rng)
        if sentence not in found:
            found[sentence] = annotate(sentence)
            if len(found) == count:
                return [*found.values()]
    raise InputError(
        f"sentences: {len(found)} distinct ones found in the avatar's grammar, {count} expected. "
        "Ask for fewer."
    )
