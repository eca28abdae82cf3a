"""Word error rate: substitutions, deletions and insertions per reference word."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Literal

import numpy as np
from rapidfuzz.distance import Levenshtein

Costs = Literal["1/1/1", "4/3/3"]
"""Of a substitution, a deletion and an insertion; they choose the alignment."""
_KINDS = ("replace", "delete", "insert")
# Cost by 4/3/3, substitutions, deletions, insertions.
_SUBSTITUTED, _DELETED, _INSERTED = (4, 1, 0, 0), (3, 0, 1, 0), (3, 0, 0, 1)


def wer_statistics(
    hypotheses: Sequence[str], references: Sequence[str], costs: Costs = "1/1/1"
) -> np.ndarray:
    """Errors and reference words of each clip; words are split at blanks.

    `1/1/1` aligns with the fewest errors, as papers have it. `4/3/3` is the alignment of MMTLB's
    public code; each of its errors counts once too, so it never has fewer. Of equally good
    alignments, `1/1/1` takes that of rapidfuzz, as jiwer does, and `4/3/3` the one that is found
    from the end, preferring equal words, then an insertion, then a substitution.

    Returns:
        int64 array [clips, 4]: substitutions, deletions, insertions, number of reference words.

    Raises:
        ValueError: as many references as hypotheses were expected.
    """
    count = _fewest if costs == "1/1/1" else _weighted
    rows = [
        (*count(hypothesis.split(), words := reference.split()), len(words))
        for hypothesis, reference in zip(hypotheses, references, strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def wer(statistics: np.ndarray) -> float:
    """Word error rate of a corpus in percent, which may exceed 100.

    Args:
        statistics: of `wer_statistics`, [clips, 4], or sums of them, [4].

    Raises:
        ValueError: the references have no words, so that there is no rate.
    """
    return sum(error_rates(statistics).values())


def error_rates(statistics: np.ndarray) -> dict[str, float]:
    """The parts of the word error rate: substitutions, deletions, insertions, each in percent.

    Args:
        statistics: as in `wer`.

    Raises:
        ValueError: as `wer`.
    """
    *errors, words = statistics.reshape(-1, 4).sum(axis=0).tolist()
    if not words:
        raise ValueError(f"word error rate of {sum(errors)} errors in references without any word")
    names = ("substitutions", "deletions", "insertions")
    return {name: 100 * count / words for name, count in zip(names, errors, strict=True)}


def _fewest(hypothesis: list[str], reference: list[str]) -> list[int]:
    """Substitutions, deletions and insertions of an alignment with the fewest errors."""
    kinds = [edit.tag for edit in Levenshtein.editops(reference, hypothesis)]
    return [kinds.count(kind) for kind in _KINDS]


def _weighted(hypothesis: list[str], reference: list[str]) -> list[int]:
    """Substitutions, deletions and insertions of the alignment of least cost."""
    # Of each beginning of the hypothesis: cost, substitutions, deletions, insertions.
    row = [(3 * count, 0, 0, count) for count in range(len(hypothesis) + 1)]
    for word in reference:
        above, row = row, [_plus(row[0], _DELETED)]
        for place, said in enumerate(hypothesis):
            ways = (
                _plus(row[-1], _INSERTED),
                _plus(above[place], _SUBSTITUTED),
                _plus(above[place + 1], _DELETED),
            )
            # An equal word is always part of an alignment of least cost.
            row.append(above[place] if word == said else min(ways, key=lambda way: way[0]))
    return [*row[-1][1:]]


def _plus(counts: tuple[int, ...], edit: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(operator.add, counts, edit))
