"""Low-rank adaptation: small trained increments of frozen linear layers (Hu et al. 2021)."""

from __future__ import annotations

import torch
from torch import nn


class Lora(nn.Module):
    """The increment alpha / rank * B(A(dropout(x))) of a linear layer.

    A is [rank, in] and B is [out, rank], without biases. A layer that fuses the projections to
    queries, keys and values has one A for all three; B has the rows of all three.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        rank: int,
        alpha: float,
        dropout: float,
        a_std: float | None,
    ) -> None:
        """Draw the weights.

        Args:
            inputs: input width of the linear layer.
            outputs: output width of the linear layer.
            rank: of the increment.
            alpha: numerator of the increment's factor alpha / rank.
            dropout: share of the inputs that training sets to zero.
            a_std: standard deviation of A; B starts at zero, and so does the increment. None
                initialises A and B as torch initialises linear layers.
        """
        super().__init__()
        self.factor = alpha / rank
        self.a_std = a_std
        self.dropout = nn.Dropout(dropout)
        self.a = nn.Linear(inputs, rank, bias=False)
        self.b = nn.Linear(rank, outputs, bias=False)
        if a_std is not None:
            nn.init.normal_(self.a.weight, std=a_std)
            nn.init.zeros_(self.b.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [..., in] to the increment [..., out]."""
        return self.factor * self.b(self.a(self.dropout(x)))
