"""The glosses that a recogniser can find: those of the training split, and the blank of CTC."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from sign2text.ground.errors import InputError

BLANK = 0
"""Class of a step at which no gloss begins or goes on (Graves et al. 2006)."""


class GlossVocabulary:
    """Gloss types in a fixed order: the class of type t is its place plus one, 0 is the blank.

    Glosses are kept as the corpus writes them, case included. A line of glosses has blanks between
    them, as a manifest's column `gloss`.
    """

    def __init__(self, types: Sequence[str]) -> None:
        """`types` are different from each other; those of a training split come from `of`.

        Raises:
            InputError: there is none, one is there twice, or one has white space in it.
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
        """The vocabulary of the training split's lines, in the order of Unicode.

        Raises:
            InputError: no line has a gloss.
        """
        return cls(sorted({gloss for line in lines for gloss in line.split()}))

    def __len__(self) -> int:
        """Classes of a recogniser: the types and the blank."""
        return len(self.types) + 1

    def __contains__(self, gloss: str) -> bool:
        return gloss in self._classes

    def classes(self, line: str) -> list[int]:
        """Classes of a line's glosses in their order; those that are no types are left out.

        They are in dev and test alone, where `unknown` counts them.
        """
        return [self._classes[gloss] for gloss in line.split() if gloss in self._classes]

    def unknown(self, lines: Iterable[str]) -> list[str]:
        """The types of `lines` that the vocabulary lacks, each once, in the order of Unicode."""
        return sorted({gloss for line in lines for gloss in line.split() if gloss not in self})

    def line(self, classes: Iterable[int]) -> str:
        """The line of a recognised sequence of classes, in which there is no blank."""
        return " ".join(self.types[each - BLANK - 1] for each in classes)


def steps_needed(classes: Sequence[int]) -> int:
    """The fewest steps in which CTC can write `classes`: equal neighbours need a blank between."""
    return len(classes) + sum(a == b for a, b in itertools.pairwise(classes))
