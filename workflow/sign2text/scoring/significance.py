"""Significance of differences between systems: sacrebleu's paired tests, and intervals."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sign2text.scoring.metrics import METRICS

if TYPE_CHECKING:
    import numpy as np

    from sign2text.scoring.conventions import Convention

TESTS = {"randomisation": "ar", "bootstrap": "bs"}
"""The paired tests, with their names in sacrebleu."""
_SEED = "SACREBLEU_SEED"
_EQUAL = 1e-9  # tolerance for equal scores, which differ if summed in another order


def paired_test(
    kind: str,
    baseline: Sequence[str],
    system: Sequence[str],
    references: Sequence[str],
    convention: Convention,
    *,
    repeats: int,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Run sacrebleu's paired test of a system against a baseline, for BLEU and chrF.

    sacrebleu counts the repeats with a larger difference than the one found. If the systems differ
    in few clips, many repeats have exactly that difference and are not counted: for two equal
    systems it gives p = 1 / (repeats + 1). `p` counts these repeats too.

    Args:
        kind: one of `TESTS`.
        baseline, system, references: one text per clip, as written.
        repeats: trials of the randomisation, resamples of the bootstrap.
        seed: from 1; for sacrebleu 0 means no seed.

    Returns:
        By metric (`bleu4`, `chrf`): `p`; `p_sacrebleu`, the p-value that sacrebleu's command
        prints; and its `signature`.
    """
    import numpy as np
    from sacrebleu.metrics import BLEU, CHRF
    from sacrebleu.significance import PairedTest

    from sign2text.scoring.streams import signature_of

    texts = [[convention.normalise(text) for text in each] for each in (baseline, system)]
    true = [convention.normalise(text) for text in references]
    lower = convention.lowercase
    metrics = {
        "bleu4": _Recording(BLEU(tokenize=convention.tokenizer, lowercase=lower, force=True)),
        "chrf": _Recording(CHRF(lowercase=lower)),
    }
    with _sacrebleu_seed(seed):
        signatures, scores = PairedTest(
            list(zip(("baseline", "system"), texts, strict=True)),
            metrics,
            [true],
            test_type=TESTS[kind],
            n_samples=repeats,
        )()
    found = {}
    for (metric, recording), name in zip(metrics.items(), signatures, strict=True):
        first, second = scores[name]
        whole = SimpleNamespace(get_signature=lambda name=name: signatures[name])
        # The test computes the two systems' scores in all repeats last.
        drawn = np.array(recording.scores[-2 * repeats :]).reshape(2, repeats)
        apart = np.abs(drawn[0] - drawn[1])
        if kind == "bootstrap":
            apart -= apart.mean()
        as_large = int((apart >= abs(first.score - second.score) - _EQUAL).sum())
        found[metric] = {
            "p": float(f"{(as_large + 1) / (repeats + 1):.4g}"),
            "p_sacrebleu": float(f"{second.p_value:.4g}"),
            "signature": signature_of(whole, convention),
        }
    return found


class _Recording:
    """A sacrebleu metric that keeps each score that a paired test computes with it."""

    def __init__(self, metric: Any) -> None:
        self.metric = metric
        self.scores: list[float] = []
        self.get_signature = metric.get_signature
        self._extract_corpus_statistics = metric._extract_corpus_statistics

    def _aggregate_and_compute(self, stats: Any) -> Any:
        return self._kept(self.metric._aggregate_and_compute(stats))

    def _compute_score_from_stats(self, stats: Any) -> Any:
        return self._kept(self.metric._compute_score_from_stats(stats))

    def _kept(self, score: Any) -> Any:
        self.scores.append(score.score)
        return score


@contextmanager
def _sacrebleu_seed(seed: int) -> Iterator[None]:
    """Set sacrebleu's seed, which it reads from the environment, and restore it afterwards."""
    before = os.environ.get(_SEED)
    os.environ[_SEED] = str(seed)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SEED]
        else:
            os.environ[_SEED] = before


def differences(
    baseline: Mapping[str, float],
    system: Mapping[str, float],
    resampled_baseline: Mapping[str, np.ndarray],
    resampled_system: Mapping[str, np.ndarray],
) -> dict[str, dict[str, Any]]:
    """Compute system minus baseline by metric, with intervals over the same resampled test sets.

    Returns:
        By metric: `difference` and its 95 % `interval` [low, high], rounded to 4 digits.
    """
    from sign2text.scoring.bootstrap import interval

    found = {}
    for metric in METRICS:
        low, high = interval(resampled_system[metric] - resampled_baseline[metric])
        found[metric] = {
            "difference": round(system[metric] - baseline[metric], 4),
            "interval": [round(low, 4), round(high, 4)],
        }
    return found


def wins(baseline: np.ndarray, system: np.ndarray) -> dict[str, int]:
    """Count the clips where the system's score is above, below and equal to the baseline's."""
    return {
        "wins": int((system > baseline).sum()),
        "losses": int((system < baseline).sum()),
        "ties": int((system == baseline).sum()),
    }
