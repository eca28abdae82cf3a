"""Precision, recall and F1 of predicted pseudo-glosses on the clips of a split."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import torch

from sign2text.data.batches import batches_by_length
from sign2text.ground.work_limit import Over
from sign2text.models.trained_model import to_device

if TYPE_CHECKING:
    from sign2text.data.clips import Clips
    from sign2text.methods.sign2gpt.prototype_model import PrototypeModel

BATCH_FRAMES = 512
"""Sampled frames in a batch, including padding."""


class Quality(NamedTuple):
    """Percentages, as written to history.tsv."""

    precision: float
    """Micro-average: the share of predicted pseudo-glosses that are correct."""
    recall: float
    """Micro-average: the share of true pseudo-glosses that were predicted."""
    f1: float
    macro_f1: float
    """F1 averaged over the pseudo-glosses that occur in the split."""


class DevF1:
    """Quality on a split, used to select the weights."""

    def __init__(self, clips: Clips, threshold: float) -> None:
        """Take clips opened as in evaluation, with targets, and the least score of a prediction."""
        self.clips, self.threshold = clips, threshold

    def __call__(self, model: PrototypeModel, over: Over = map) -> dict[str, float]:
        """Measure a model in evaluation mode."""
        scores, _ = score_clips(model, self.clips, over)
        labels = torch.zeros(scores.shape, dtype=torch.bool)
        for row, numbers in zip(labels, self.clips.targets, strict=True):
            row[numbers] = True
        return quality(scores >= self.threshold, labels)._asdict()


def score_clips(
    model: PrototypeModel, clips: Clips, over: Over = map
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Score the pseudo-glosses of clips with a model in evaluation mode.

    Returns:
        scores, float32 [clips, V], and for each clip the evidence for its true pseudo-glosses,
        float32 [N, number of these]; all on the CPU.
    """

    def score(batch: Sequence[int]) -> list[tuple[int, torch.Tensor, torch.Tensor]]:
        with torch.no_grad():
            outputs = model(**to_device(clips.inputs(batch), model.device))
        scores = outputs.scores.float().cpu()
        evidence = [
            each[:, clips.targets[clip]].float().cpu()
            for clip, each in zip(batch, outputs.evidence, strict=True)
        ]
        return list(zip(map(int, batch), scores, evidence, strict=True))

    batches = batches_by_length(clips.lengths, BATCH_FRAMES)
    found = sorted((each for part in over(score, batches) for each in part), key=itemgetter(0))
    return torch.stack([scores for _, scores, _ in found]), [each for *_, each in found]


def quality(found: torch.Tensor, true: torch.Tensor) -> Quality:
    """Compare predicted with true pseudo-glosses, both bool [clips, V].

    >>> found = torch.tensor([[True, True, False], [False, True, False]])
    >>> true = torch.tensor([[True, False, True], [False, True, False]])
    >>> [round(each, 1) for each in quality(found, true)]
    [66.7, 66.7, 66.7, 55.6]
    """
    both, found, true = (each.sum(0).double() for each in (found & true, found, true))
    # F1 is 2 both / (found + true); it is 0 where no prediction is correct.
    macro = (2 * both / (found + true).clamp(min=1))[true > 0]
    right, said, there = (float(each.sum()) for each in (both, found, true))
    return Quality(
        100 * right / max(said, 1.0),
        100 * right / max(there, 1.0),
        100 * 2 * right / max(said + there, 1.0),
        100 * float(macro.mean()) if len(macro) else 0.0,
    )
