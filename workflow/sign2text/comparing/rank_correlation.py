"""Rank correlation of scores before and after fine-tuning, over pairs of languages.

Table 6 of Scaling Sign Language Translation (arXiv 2407.11855) asks with it whether a pretrained
model's scores foretell those after fine-tuning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.scoring.metrics import FURTHER_METRICS, METRICS

Scores = Sequence[tuple[Path, Mapping[str, Any]]]
"""Paths and contents of score files."""
Pair = tuple[str, str]
"""Data set, and language of the sentences; "" if the method writes one alone."""


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's coefficient of a metric, over pairs of a data set and a language."""

    metric: str
    pairs: tuple[Pair, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    coefficient: float

    @property
    def text(self) -> str:
        """The scores of each pair, and the coefficient below them."""
        rows = [f"{'pair':<24} {'before':>9} {'after':>9}"]
        for pair, first, second in zip(self.pairs, self.before, self.after, strict=True):
            rows.append(f"{'/'.join(filter(None, pair)):<24} {first:>9.2f} {second:>9.2f}")
        name = (METRICS | FURTHER_METRICS).get(self.metric, self.metric)
        rows.append(
            f"Spearman's rank correlation of {name} over {len(self.pairs)} pairs: "
            f"{self.coefficient:.3f}"
        )
        return "\n".join(rows)


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Spearman's rank correlation; equal values share the mean of their ranks.

    >>> spearman([1, 2, 3, 4], [10, 30, 20, 40])
    0.8

    Raises:
        ValueError: lengths differ, or one side has fewer than two different values.
    """
    import numpy as np

    if len(first) != len(second) or min(len(set(first)), len(set(second))) < 2:
        raise ValueError("expected as many values on both sides, two or more different on each")
    ranks = np.array([_ranks(first), _ranks(second)])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    covariance = float((centred[0] * centred[1]).sum())
    return covariance / float(np.sqrt((centred**2).sum(axis=1).prod()))


def correlate(before: Scores, after: Scores, metric: str = "bleu4") -> RankCorrelation:
    """Correlate the scores of the same pairs before and after fine-tuning.

    Args:
        metric: key of the scores of all clips, such as `bleu4`, `chrf` or `bleurt`.

    Raises:
        InputError: a pair is missing on one side or given twice, a score file lacks the metric,
            there are fewer than two pairs, or all scores of a side are equal.
    """
    first, second = _by_pair(before, metric), _by_pair(after, metric)
    for there, missing, where in ((first, second, "after"), (second, first, "before")):
        for pair in there:
            if pair not in missing:
                name = f"{pair[0]}{pair[1] and '/'}{pair[1]}"
                raise InputError(
                    f"rank correlation: no score of {name} {where} fine-tuning, expected the same "
                    "pairs on both sides. Name its score file too, or leave the pair out."
                )
    values = tuple(first.values()), tuple(second[pair] for pair in first)
    try:
        coefficient = spearman(*values)
    except ValueError:
        raise InputError(
            f"rank correlation: found {metric} {list(values[0])} before and {list(values[1])} after"
            " fine-tuning, expected two or more different scores on each side. Add pairs."
        ) from None
    return RankCorrelation(metric, tuple(first), *values, coefficient)


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    return [ordered.index(each) + (ordered.count(each) + 1) / 2 for each in values]


def _by_pair(results: Scores, metric: str) -> dict[Pair, float]:
    found: dict[Pair, float] = {}
    for path, result in results:
        pair = str(result.get("data_set")), str(result.get("language", ""))
        if metric not in result["scores"].get("all", {}):
            raise InputError(
                f"{path}: has no {metric} of all clips, expected one. Score it with that metric, "
                "or choose another."
            )
        if pair in found:
            raise InputError(
                f"{path}: a second score of {'/'.join(filter(None, pair))}, expected one of each "
                "pair before and one after fine-tuning. Leave one out."
            )
        found[pair] = result["scores"]["all"][metric]
    return found
