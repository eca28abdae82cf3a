"""Vocabulary of a gloss recogniser: the training split's glosses, and CTC's blank."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from sign2text.ground.errors import InputError

BLANK = 0
"""Class of a step at which no gloss begins or continues (Graves et al. 2006)."""


class GlossVocabulary:
    """Gloss types in a fixed order: the class of a type is its position plus one, 0 is CTC's blank.

    Glosses are kept as the corpus writes them, case included. Whitespace separates the glosses of a
    line, as in a manifest's column `gloss`.
    """

    def __init__(self, types: Sequence[str]) -> None:
        """Take distinct `types`; `of` takes a training split's lines instead.

        Raises:
            InputError: there are no types, a type is repeated, or a type contains whitespace.
        """
        if not types:
            raise InputError(
                "glosses: none found, at least one expected; a recogniser learns from the glosses "
                "of the training split. Give its manifest a column gloss that is filled."
            )
        for gloss in types:
            if gloss.split() != [gloss]:
                raise InputError(
                    f"gloss {gloss!r}: has white space in it or is empty, expected one word. "
                    "White space stands between glosses: write it with a hyphen instead."
                )
        self.types = list(types)
        self._classes = {gloss: place for place, gloss in enumerate(self.types, BLANK + 1)}
        if len(self._classes) != len(self.types):
            twice = next(gloss for gloss in self.types if self.types.count(gloss) > 1)
            raise InputError(f"gloss '{twice}': found twice in one vocabulary, expected once.")

    @classmethod
    def of(cls, lines: Iterable[str]) -> GlossVocabulary:
        """Make the vocabulary of the training split's lines, in Unicode order.

        Raises:
            InputError: no line has a gloss.
        """
        return cls(sorted({gloss for line in lines for gloss in line.split()}))

    def __len__(self) -> int:
        """Return the recogniser's number of classes: the types and the blank."""
        return len(self.types) + 1

    def __contains__(self, gloss: str) -> bool:
        return gloss in self._classes

    def classes(self, line: str) -> list[int]:
        """Return the classes of a line's glosses in order, without unknown glosses.

        Only dev and test have unknown glosses, which `unknown` lists.
        """
        return [self._classes[gloss] for gloss in line.split() if gloss in self._classes]

    def unknown(self, lines: Iterable[str]) -> list[str]:
        """Return the types of `lines` that the vocabulary lacks, each once, in Unicode order."""
        return sorted({gloss for line in lines for gloss in line.split() if gloss not in self})

    def line(self, classes: Iterable[int]) -> str:
        """Return the gloss line of a recognised sequence of classes, which has no blank."""
        return " ".join(self.types[each - BLANK - 1] for each in classes)


def steps_needed(classes: Sequence[int]) -> int:
    """Return the fewest steps in which CTC can write `classes`: a blank separates equal ones."""
    return len(classes) + sum(a == b for a, b in itertools.pairwise(classes))
