"""Interface of a loss: a sum over a batch, and its divisor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch

Batch = Mapping[str, torch.Tensor]
"""Inputs and targets by name, as a collate function returns them."""


class Loss(ABC):
    """A loss with separate sum and divisor, so that micro-batches and ranks add up to a batch."""

    target: str
    """Key of the batch that the loss reads; a batch without this key has no such loss."""

    @abstractmethod
    def sum(self, outputs: Any, batch: Batch) -> torch.Tensor:
        """Return the sum [] of the loss over the batch."""

    @abstractmethod
    def count(self, batch: Batch) -> torch.Tensor:
        """Return the divisor of the sum, an integer [] that depends on the batch alone."""

    def on_dev(self) -> Loss:
        """Return the loss to measure on dev; the same unless it is regularised."""
        return self
