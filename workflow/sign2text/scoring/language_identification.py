"""Language identification of sentences: naive Bayes over character n-grams.

Table 10 of Scaling Sign Language Translation (arXiv 2407.11855) counts outputs in the right
language. The paper's identifier is not public. This one needs no download: it learns from texts
whose language is known, and decides among their languages alone, so a sentence in another language
counts as one of them (ours).
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sign2text.ground.errors import InputError

LONGEST = 3
"""Characters of the longest n-grams."""
SMOOTHING = 0.1
"""Added to the count of every n-gram (ours)."""
MOST_TEXTS = 20_000
"""Texts of a language that are learned from, evenly spread; more change nothing."""


class LanguageIdentifier:
    """The most probable of several languages of a sentence; all are equally likely beforehand.

    >>> texts = {"de": ["morgen regnet es im norden ."], "en": ["it will rain tomorrow ."]}
    >>> LanguageIdentifier(texts).language_of("im osten regnet es .")
    'de'
    """

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        """Count the n-grams of each language.

        Args:
            texts: sentences by language code; languages without a visible text are left out.

        Raises:
            InputError: fewer than two languages have texts.
        """
        counts = {language: _counts(_spread(each)) for language, each in texts.items()}
        self._counts = {language: each for language, each in counts.items() if each}
        if len(self._counts) < 2:
            found = ", ".join(self._counts) or "no language"
            raise InputError(
                f"language identification: found texts in {found}, expected at least two "
                "languages. Give captions or parallel text in more."
            )
        kinds = len(set().union(*self._counts.values()))
        self._totals = {
            language: each.total() + SMOOTHING * (kinds + 1)
            for language, each in self._counts.items()
        }

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it tells apart, in the order of the texts."""
        return tuple(self._counts)

    def language_of(self, sentence: str) -> str | None:
        """Return the language of a sentence; None if it has no letter or digit."""
        if not any(character.isalnum() for character in sentence):
            return None
        found = list(_n_grams(sentence))

        def likelihood(language: str) -> float:
            counts, total = self._counts[language], self._totals[language]
            return sum(math.log((counts[each] + SMOOTHING) / total) for each in found)

        return max(self._counts, key=likelihood)


def _spread(texts: Sequence[str]) -> Sequence[str]:
    return texts[:: max(1, len(texts) // MOST_TEXTS)]


def _counts(texts: Sequence[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_n_grams(text))
    return counts


def _n_grams(text: str) -> Iterator[str]:
    """Yield the n-grams of a text in lower case, words in single spaces; none of spaces alone."""
    words = unicodedata.normalize("NFC", text).lower().split()
    line = f" {' '.join(words)} " if words else ""
    for length in range(1, LONGEST + 1):
        for first in range(len(line) - length + 1):
            if not (gram := line[first : first + length]).isspace():
                yield gram
