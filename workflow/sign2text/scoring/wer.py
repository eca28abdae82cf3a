"""Word error rate: substitutions, deletions and insertions per reference word."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Literal

import numpy as np
from rapidfuzz.distance import Levenshtein

Costs = Literal["1/1/1", "4/3/3"]
"""Costs of a substitution, a deletion and an insertion, which determine the alignment."""
_KINDS = ("replace", "delete", "insert")
# Each: cost by 4/3/3, substitutions, deletions, insertions.
_SUBSTITUTED, _DELETED, _INSERTED = (4, 1, 0, 0), (3, 0, 1, 0), (3, 0, 0, 1)


def wer_statistics(
    hypotheses: Sequence[str], references: Sequence[str], costs: Costs = "1/1/1"
) -> np.ndarray:
    """Count the errors and reference words of each clip; words are split at whitespace.

    `1/1/1` aligns with the fewest errors, as in papers. `4/3/3` is the alignment of MMTLB's public
    code; each of its errors counts once too, so it never has fewer errors. Among equally good
    alignments, `1/1/1` chooses as rapidfuzz does, and so does jiwer. `4/3/3` chooses the one found
    from the end, which prefers equal words, then an insertion, then a substitution.

    Returns:
        int64 array [clips, 4]: substitutions, deletions, insertions, number of reference words.

    Raises:
        ValueError: the numbers of hypotheses and references differ.
    """
    count = _fewest if costs == "1/1/1" else _weighted
    rows = [
        (*count(hypothesis.split(), words := reference.split()), len(words))
        for hypothesis, reference in zip(hypotheses, references, strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def wer(statistics: np.ndarray) -> float:
    """Compute the word error rate of a corpus in percent, which may exceed 100.

    Args:
        statistics: the result of `wer_statistics`, [clips, 4], or its sums, [4].

    Raises:
        ValueError: the references have no words, so that there is no rate.
    """
    return sum(error_rates(statistics).values())


def error_rates(statistics: np.ndarray) -> dict[str, float]:
    """Compute the parts of the word error rate, in percent: substitutions, deletions, insertions.

    Args:
        statistics: as in `wer`.

    Raises:
        ValueError: as in `wer`.
    """
    *errors, words = statistics.reshape(-1, 4).sum(axis=0).tolist()
    if not words:
        raise ValueError(f"word error rate of {sum(errors)} errors in references without any word")
    names = ("substitutions", "deletions", "insertions")
    return {name: 100 * count / words for name, count in zip(names, errors, strict=True)}


def _fewest(hypothesis: list[str], reference: list[str]) -> list[int]:
    """Count substitutions, deletions and insertions of an alignment with the fewest errors."""
    kinds = [edit.tag for edit in Levenshtein.editops(reference, hypothesis)]
    return [kinds.count(kind) for kind in _KINDS]


def _weighted(hypothesis: list[str], reference: list[str]) -> list[int]:
    """Count substitutions, deletions and insertions of the alignment with the lowest cost."""
    # For each prefix of the hypothesis: cost, substitutions, deletions, insertions.
    row = [(3 * count, 0, 0, count) for count in range(len(hypothesis) + 1)]
    for word in reference:
        above, row = row, [_plus(row[0], _DELETED)]
        for place, said in enumerate(hypothesis):
            ways = (
                _plus(row[-1], _INSERTED),
                _plus(above[place], _SUBSTITUTED),
                _plus(above[place + 1], _DELETED),
            )
            # An equal word is always part of an alignment with the lowest cost.
            row.append(above[place] if word == said else min(ways, key=lambda way: way[0]))
    return [*row[-1][1:]]


def _plus(counts: tuple[int, ...], edit: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(operator.add, counts, edit))
