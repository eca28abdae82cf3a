"""The interface of a loss: a sum over a batch, and the number that it is divided by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch

Batch = Mapping[str, torch.Tensor]
"""Inputs and targets by name, as a collate function puts them together."""


class Loss(ABC):
    """Sum and divisor apart, so that micro-batches and processes add up to the whole batch."""

    target: str
    """The batch's key that the loss reads; a batch without it has no such loss."""

    @abstractmethod
    def sum(self, outputs: Any, batch: Batch) -> torch.Tensor:
        """Return the sum over the batch, [], of what the model made of it."""

    @abstractmethod
    def count(self, batch: Batch) -> torch.Tensor:
        """Return what the sum is divided by, a whole number [] that the batch alone determines."""

    def on_dev(self) -> Loss:
        """Return the loss as it is measured on dev; the same unless it is regularised."""
        return self
