"""Scores of the language of hypotheses: language accuracy, and the rate of empty ones.

They tell a model that writes the wrong language from one that translates badly, as table 10 of
Scaling Sign Language Translation (arXiv 2407.11855) does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from sign2text.scoring.language_identification import LanguageIdentifier

ACCURACY, EMPTY = "language_accuracy", "empty_rate"


@dataclass(frozen=True)
class WrittenLanguage:
    """The language that hypotheses should have."""

    language: str
    identifier: LanguageIdentifier | None = None
    """None: no texts in several languages to learn from; then only empty hypotheses are counted."""

    def rows(self, hypotheses: Sequence[str]) -> dict[str, np.ndarray]:
        """Return each hypothesis's share in the scores in percent, 0 or 100, by score.

        An empty hypothesis is in no language, so it counts as wrong. There is no accuracy if the
        identifier does not know the language.
        """
        import numpy as np

        found = {EMPTY: np.array([0.0 if each.strip() else 100.0 for each in hypotheses])}
        if self.identifier is not None and self.language in self.identifier.languages:
            right = (self.identifier.language_of(each) == self.language for each in hypotheses)
            found = {ACCURACY: np.array([100.0 * each for each in right])} | found
        return found
