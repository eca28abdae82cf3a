"""Corpus scores of hypotheses against references, by sacrebleu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Words as written, since corpora of this field are tokenised already; Chinese by characters.
TOKENIZERS = {"de": "none", "en": "none", "zh": "zh"}


def bleu_scores(
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    language: str,
    seed: int,
    resamples: int,
) -> dict[str, Any]:
    """BLEU-1 to BLEU-4 (cumulative) and chrF, with a 95 % interval of BLEU-4.

    Args:
        hypotheses: one a clip.
        references: one or several true sentences a clip; where clips have different numbers of
            them, a clip's first one is repeated.
        language: decides the tokenisation, see `TOKENIZERS`.
        seed: of the bootstrap resampling of clips.
        resamples: number of resampled test sets; 0 leaves the interval out.

    Returns:
        `bleu1` ... `bleu4`, `bleu4_interval` [low, high], `chrf`, `clips`, `signature`.
    """
    import os

    from sacrebleu.metrics import BLEU, CHRF

    if len(hypotheses) != len(references) or not hypotheses:
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    longest = max(map(len, references))
    streams = [
        [each[n] if n < len(each) else each[0] for each in references] for n in range(longest)
    ]
    os.environ["SACREBLEU_SEED"] = str(seed)
    metric = BLEU(tokenize=TOKENIZERS[language])
    score = metric.corpus_score(list(hypotheses), streams, n_bootstrap=resamples or 1)
    found = {f"bleu{order}": round(_cumulative(score, order), 4) for order in range(1, 5)}
    if resamples:
        found["bleu4_interval"] = [
            round(score._mean - score._ci, 4),
            round(score._mean + score._ci, 4),
        ]
    found["chrf"] = round(CHRF().corpus_score(list(hypotheses), streams).score, 4)
    found["clips"] = len(hypotheses)
    found["signature"] = str(metric.get_signature())
    return found


def _cumulative(score: Any, order: int) -> float:
    """BLEU up to n-grams of `order`, from the counts of one pass, smoothed as sacrebleu does."""
    from sacrebleu.metrics import BLEU

    return BLEU.compute_bleu(
        score.counts[:order],
        score.totals[:order],
        score.sys_len,
        score.ref_len,
        smooth_method="exp",
        max_ngram_order=order,
    ).score
