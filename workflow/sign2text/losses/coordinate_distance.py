"""Absolute distance of predicted coordinates from the true ones."""

from __future__ import annotations

from typing import Any

import torch

from sign2text.data.clips import IGNORED
from sign2text.losses.loss import Batch, Loss


class CoordinateDistance(Loss):
    """Mean absolute difference over the known coordinates."""

    def __init__(self, *, target: str = "labels", logits: str = "logits") -> None:
        """Name the operands of the loss.

        Args:
            target: the batch's coordinates [M, C], -100 where unknown.
            logits: attribute of the model's outputs, of the same shape.
        """
        self.target, self.logits = target, logits

    def sum(self, outputs: Any, batch: Batch) -> torch.Tensor:
        """Return the sum over the known coordinates."""
        places, labels = getattr(outputs, self.logits), batch[self.target]
        return (places - labels).abs()[labels != IGNORED].sum()

    def count(self, batch: Batch) -> torch.Tensor:
        """Return the number of known coordinates."""
        return batch[self.target].ne(IGNORED).sum()
