"""Binary cross-entropy of the probabilities of many classes, of which a clip may have several."""

from __future__ import annotations

from typing import Any

import torch

from sign2text.data.clips import IGNORED
from sign2text.losses.loss import Batch, Loss

CLOSEST = 1e-8
"""Probabilities are clamped to this distance from 0 and 1 (Sign2GPT's public code)."""


class BinaryCrossEntropy(Loss):
    """Binary cross-entropy, averaged over clips and classes."""

    def __init__(self, *, target: str = "class_labels", scores: str = "scores") -> None:
        """Name the operands of the loss.

        Args:
            target: the batch's labels [B, V], 1 if a clip has the class, else 0; -100 is ignored.
            scores: attribute of the model's outputs, probabilities [B, V].
        """
        self.target, self.scores = target, scores

    def sum(self, outputs: Any, batch: Batch) -> torch.Tensor:
        """Return the sum over clips and classes."""
        labels = batch[self.target]
        # In float64, since float32 has no number between 1 - CLOSEST and 1.
        scores = getattr(outputs, self.scores).double().clamp(CLOSEST, 1 - CLOSEST)
        each = torch.where(labels > 0, scores.log(), torch.log1p(-scores))
        return -each[labels.ne(IGNORED)].sum().float()

    def count(self, batch: Batch) -> torch.Tensor:
        """Return the number of labels that are not ignored."""
        return batch[self.target].ne(IGNORED).sum()
