"""VL-Adapter and LLM-Adapter: from the visual encoder's width to a Transformer's."""

from __future__ import annotations

import torch
from torch import nn


class Adapter(nn.Module):
    """MLP with one hidden layer (FLa-LLM, sections 3.2 and 3.3).

    The paper gives neither the hidden layer's width nor the activation: ours are the output's
    width and ReLU.
    """

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, width)
        self.output = nn.Linear(width, width)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map [..., features] to [..., width]."""
        return self.output(torch.relu(self.hidden(features)))
