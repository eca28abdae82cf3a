"""chrF of sacrebleu (character n-grams up to 6, beta 2), from statistics of each clip."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sign2text.scoring.conventions import Convention
from sign2text.scoring.streams import reference_streams, signature_of

if TYPE_CHECKING:
    from sacrebleu.metrics import CHRF


class ChrfStatistics:
    """chrF's counts of each clip, from one pass of sacrebleu over the corpus.

    chrF ignores whitespace, so only the convention's case and full stop matter.

    Attributes:
        rows: int64 array [clips, 18]: n-grams of the hypothesis, of the reference, and in both, for
            n from 1 to 6. If a clip has several references, the one with the best score counts.
        signature: sacrebleu's signature.
    """

    def __init__(
        self,
        hypotheses: Sequence[str],
        references: Sequence[Sequence[str]],
        convention: Convention,
    ) -> None:
        from sacrebleu.metrics import CHRF

        metric = CHRF(lowercase=convention.lowercase)
        made, streams = reference_streams(hypotheses, references, convention)
        rows = metric._extract_corpus_statistics(made, streams)
        self.rows = np.array(rows, dtype=np.int64)
        self.signature = signature_of(metric, convention)


def chrf_from(sums: Sequence[int] | np.ndarray) -> float:
    """Compute chrF, 0 to 100, from 18 sums of `ChrfStatistics.rows`, or from a sentence's row."""
    return _metric()._compute_f_score([int(each) for each in sums])


@functools.cache
def _metric() -> CHRF:
    from sacrebleu.metrics import CHRF

    return CHRF()
