"""Corpus scores: BLEU-1 to BLEU-4 by sacrebleu, chrF and ROUGE-L, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sign2text.scoring.bootstrap import draws, interval, resampled_sums
from sign2text.scoring.chrf import ChrfStatistics, chrf_from
from sign2text.scoring.conventions import Convention, for_language
from sign2text.scoring.metrics import METRICS
from sign2text.scoring.rouge import Beta, rouge_l_scores
from sign2text.scoring.streams import check_pairs, reference_streams, signature_of

ORDERS = 4


class BleuStatistics:
    """BLEU's counts of each clip, from one pass of sacrebleu over the corpus.

    Attributes:
        rows: int64 array [clips, 10]: matching n-grams for n from 1 to 4, all n-grams of the
            hypothesis for n from 1 to 4, length of the hypothesis, length of the reference (the
            closest one if a clip has several). Their sums give the BLEU of any set of clips.
        signature: sacrebleu's signature.
    """

    def __init__(
        self,
        hypotheses: Sequence[str],
        references: Sequence[Sequence[str]],
        convention: Convention,
    ) -> None:
        from sacrebleu.metrics import BLEU

        metric = BLEU(tokenize=convention.tokenizer, lowercase=convention.lowercase, force=True)
        made, streams = reference_streams(hypotheses, references, convention)
        rows = np.array(metric._extract_corpus_statistics(made, streams), dtype=np.int64)
        # sacrebleu puts the two lengths first.
        self.rows = np.roll(rows, -2, axis=1)
        self.signature = signature_of(metric, convention)


def bleu_from(sums: Sequence[int] | np.ndarray) -> tuple[float, float, float, float]:
    """Compute cumulative BLEU-1 to BLEU-4, 0 to 100, from ten sums of `BleuStatistics.rows`.

    Each is sacrebleu's BLEU with that order as the highest, and sacrebleu's smoothing ("exp").
    """
    values = [int(each) for each in sums]
    one, two, three, four = (_compute(values, order) for order in range(1, ORDERS + 1))
    return one, two, three, four


def _compute(sums: list[int], order: int, *, effective_order: bool = False) -> float:
    from sacrebleu.metrics import BLEU

    return BLEU.compute_bleu(
        correct=sums[:order],
        total=sums[ORDERS : ORDERS + order],
        sys_len=sums[2 * ORDERS],
        ref_len=sums[2 * ORDERS + 1],
        smooth_method="exp",
        effective_order=effective_order,
        max_ngram_order=order,
    ).score


def corpus_scores(
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    convention: Convention,
    *,
    resamples: int = 0,
    seed: int = 1,
    rouge_beta: Beta = 1.2,
) -> dict[str, Any]:
    """Compute a corpus's BLEU-1 to BLEU-4, chrF and ROUGE-L, 0 to 100, rounded to 4 digits.

    Args:
        hypotheses: one per clip.
        references: one or several reference sentences per clip. BLEU counts an n-gram that any of
            them contains; chrF and ROUGE-L use the best one of each clip.
        convention: how texts are split into tokens.
        resamples: number of resampled test sets for the 95 % intervals; 0: no intervals.
        seed: seed of the resampling.
        rouge_beta: see `sign2text.scoring.rouge`.

    Returns:
        `clips`, `bleu1` ... `bleu4`, `chrf`, `rouge_l`, `signature` {`bleu`, `chrf`} and, with
        resamples, `<metric>_interval` [low, high] of each metric.

    Raises:
        ValueError: the numbers of hypotheses and references differ, or a clip has no reference.
    """
    statistics = Statistics(hypotheses, references, convention, rouge_beta)
    sets = statistics.resampled(draws(len(hypotheses), resamples, seed)) if resamples else {}
    return {
        "clips": len(hypotheses),
        **with_intervals(statistics.scores(), sets),
        "signature": statistics.signature,
    }


class Statistics:
    """A system's counts per clip, which give scores of all clips, of some, or resampled.

    Args:
        references: the reference sentence of each clip, or a list of several.

    Attributes:
        bleu, chrf, rouge_l: arrays [clips, 10], [clips, 18] and [clips].
        signature: sacrebleu's signatures of BLEU and chrF.
    """

    bleu: np.ndarray
    chrf: np.ndarray
    rouge_l: np.ndarray
    signature: dict[str, str]

    def __init__(
        self,
        hypotheses: Sequence[str],
        references: Sequence[str] | Sequence[Sequence[str]],
        convention: Convention,
        rouge_beta: Beta = 1.2,
    ) -> None:
        true = [[each] if isinstance(each, str) else each for each in references]
        bleu = BleuStatistics(hypotheses, true, convention)
        chrf = ChrfStatistics(hypotheses, true, convention)
        self.bleu, self.chrf = bleu.rows, chrf.rows
        self.rouge_l = 100 * best_rouge_l(hypotheses, true, convention, rouge_beta)
        self.signature = {"bleu": bleu.signature, "chrf": chrf.signature}

    def of(self, members: np.ndarray) -> Statistics:
        """Select the statistics of some clips, by their positions."""
        part = object.__new__(Statistics)
        part.bleu, part.chrf = self.bleu[members], self.chrf[members]
        part.rouge_l, part.signature = self.rouge_l[members], self.signature
        return part

    def scores(self) -> dict[str, float]:
        """Compute the corpus scores of all clips, 0 to 100, by metric."""
        bleu = bleu_from(self.bleu.sum(axis=0))
        further = chrf_from(self.chrf.sum(axis=0)), float(self.rouge_l.mean())
        return dict(zip(METRICS, [*bleu, *further], strict=True))

    def resampled(self, counts: np.ndarray) -> dict[str, np.ndarray]:
        """Compute the corpus scores of resampled test sets.

        Args:
            counts: how often each set contains each clip, [sets, clips].

        Returns:
            The scores by metric, each float64 [sets].
        """
        bleu = np.array([bleu_from(sums) for sums in resampled_sums(counts, self.bleu)])
        chrf = np.array([chrf_from(sums) for sums in resampled_sums(counts, self.chrf)])
        rouge_l = resampled_sums(counts, self.rouge_l) / counts.sum(axis=1)
        return dict(zip(METRICS, [*bleu.T, chrf, rouge_l], strict=True))


def with_intervals(
    values: Mapping[str, float], resampled: Mapping[str, Sequence[float] | np.ndarray]
) -> dict[str, Any]:
    """Round each score and add its 95 % interval as `<metric>_interval`, as in a score file.

    There are no intervals if `resampled` is empty.
    """
    found: dict[str, Any] = {name: round(value, 4) for name, value in values.items()}
    for name, each in resampled.items():
        low, high = interval(each)
        found[f"{name}_interval"] = [round(low, 4), round(high, 4)]
    return found


def best_rouge_l(
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    convention: Convention,
    beta: Beta = 1.2,
) -> np.ndarray:
    """Compute ROUGE-L of each clip with its best reference: float64 array [clips], 0 to 1.

    Raises:
        ValueError: the numbers of hypotheses and references differ, or a clip has no reference.
    """
    check_pairs(hypotheses, references)
    made = [convention.tokens(text) for text in hypotheses]
    repeated = [tokens for tokens, each in zip(made, references, strict=True) for _ in each]
    true = [convention.tokens(text) for each in references for text in each]
    first = np.cumsum([0, *map(len, references[:-1])])
    return np.maximum.reduceat(rouge_l_scores(repeated, true, beta), first)


def variants(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], language: str
) -> dict[str, dict[str, Any]]:
    """Score the corpus under every convention for its language.

    Returns:
        By the convention's name: `description`, `bleu1` ... `bleu4`, `chrf`, `rouge_l`,
        `rouge_l_beta_pr` (beta = P / R sentence by sentence) and `signature`.

    Raises:
        ValueError: as in `corpus_scores`.
    """
    found = {}
    for convention in for_language(language):
        scores = corpus_scores(hypotheses, references, convention)
        signature, _ = scores.pop("signature"), scores.pop("clips")
        beta_pr = 100 * best_rouge_l(hypotheses, references, convention, "p/r").mean()
        found[convention.name] = {
            "description": convention.description,
            **scores,
            "rouge_l_beta_pr": round(float(beta_pr), 4),
            "signature": signature,
        }
    return found


def sentence_scores(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], convention: Convention
) -> dict[str, list[float]]:
    """Score each clip alone, 0 to 100.

    BLEU of a sentence is sacrebleu's `sentence_bleu`: an order counts only if the sentence is long
    enough for it. The mean of these scores is not the corpus's BLEU.

    Returns:
        `bleu`, `chrf` and `rouge_l`, each with one value per clip, not rounded.

    Raises:
        ValueError: as in `corpus_scores`.
    """
    bleu = BleuStatistics(hypotheses, references, convention).rows.tolist()
    chrf = ChrfStatistics(hypotheses, references, convention).rows
    return {
        "bleu": [_compute(row, ORDERS, effective_order=True) for row in bleu],
        "chrf": [chrf_from(row) for row in chrf],
        "rouge_l": (100 * best_rouge_l(hypotheses, references, convention)).tolist(),
    }
