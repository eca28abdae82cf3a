"""ROUGE-L: the longest common subsequence of hypothesis and reference, sentence by sentence.

With LCS the length of that subsequence, P = LCS / hypothesis length, R = LCS / reference length:

    F = (1 + beta^2) P R / (R + beta^2 P)

Most papers use beta = 1.2; MMTLB's public code uses beta = P / R of each sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from rapidfuzz.distance import LCSseq

Beta = float | Literal["p/r"]


def rouge_l_scores(
    hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]], beta: Beta = 1.2
) -> np.ndarray:
    """Compute ROUGE-L of each pair of tokenised sentences.

    Args:
        hypotheses: tokens of each hypothesis.
        references: tokens of each hypothesis's reference.
        beta: weight of recall against precision, or "p/r".

    Returns:
        float64 array [sentences], 0 to 1; 0 if a side has no tokens.

    Raises:
        ValueError: the numbers of hypotheses and references differ.
    """
    pairs = list(zip(hypotheses, references, strict=True))
    common = np.array([LCSseq.similarity(*pair) for pair in pairs], dtype=np.float64)
    # A side without tokens has nothing in common with the other; length 1 then gives the score 0.
    made = np.array([len(hypothesis) or 1 for hypothesis, _ in pairs], dtype=np.float64)
    true = np.array([len(reference) or 1 for _, reference in pairs], dtype=np.float64)
    # Insert P and R: P R / (R + beta^2 P) = LCS / (made + beta^2 true), and P / R = true / made.
    squared = (true / made) ** 2 if beta == "p/r" else float(beta) ** 2
    return (1 + squared) * common / (made + squared * true)
