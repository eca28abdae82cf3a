"""Accuracy of a classifier on the clips of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from sign2text.data.batches import batches_by_length
from sign2text.ground.work_limit import Over
from sign2text.models.trained_model import to_device

if TYPE_CHECKING:
    from sign2text.methods.mmtlb.action_classifier import ActionClassifier
    from sign2text.methods.mmtlb.class_clips import ClassClips

BATCH_FRAMES = 512
"""Frames in a batch; clips are computed one by one, so this bounds the frames read at once."""
SECOND = 5
"""Number of best classes that the second accuracy (top 5) accepts, as in Kinetics' scores."""


class ClassAccuracy:
    """Accuracy on a split, for selecting weights."""

    def __init__(self, clips: ClassClips) -> None:
        """Take `clips` opened as in evaluation, each with its class."""
        self.clips = clips

    def __call__(self, model: ActionClassifier, over: Over = map) -> float:
        """Return the percentage of clips that a model in evaluation mode classifies correctly."""
        return self.counts(model, over)["top1"]

    def counts(self, model: ActionClassifier, over: Over = map) -> dict[str, float]:
        """Count the clips that are classified correctly, by the keys of accuracy.json.

        Returns:
            `clips`; `correct`, and its percentage `top1`; `top5`, the percentage of clips with the
            right class among the SECOND best.
        """

        def ranks(batch: Sequence[int]) -> list[int]:
            with torch.no_grad():
                inputs = to_device(self.clips.inputs(batch), model.device)
                logits = model(**inputs).logits.float().cpu()
            right = torch.tensor([self.clips.targets[clip] for clip in batch])
            return (logits > logits.gather(1, right[:, None])).sum(1).tolist()

        batches = batches_by_length(self.clips.lengths, BATCH_FRAMES)
        found = [rank for batch in over(ranks, batches) for rank in batch]
        correct = sum(rank == 0 for rank in found)
        return {
            "clips": len(found),
            "correct": correct,
            "top1": 100 * correct / len(found),
            "top5": 100 * sum(rank < SECOND for rank in found) / len(found),
        }
