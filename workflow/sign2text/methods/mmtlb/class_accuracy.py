"""How many clips of a split a classifier names right."""

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
"""Frames in a batch; each clip is computed by itself, so this bounds what is read at once."""
SECOND = 5
"""Best classes among which the right one is looked for a second time, as Kinetics' scores do."""


class ClassAccuracy:
    """The accuracy on a split, for the selection of weights."""

    def __init__(self, clips: ClassClips) -> None:
        """`clips` are as in evaluation, each with its class."""
        self.clips = clips

    def __call__(self, model: ActionClassifier, over: Over = map) -> float:
        """Percent of the clips whose class a model in evaluation mode names."""
        return self.counts(model, over)["top1"]

    def counts(self, model: ActionClassifier, over: Over = map) -> dict[str, float]:
        """Return how many of the clips are named right, as accuracy.json has it.

        Returns:
            `clips`; `correct` and `top1`, the same in percent; `top5`, percent of the clips whose
            class is among the SECOND best.
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
