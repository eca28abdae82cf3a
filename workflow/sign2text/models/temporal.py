"""The local temporal module: from frame-wise to sign-wise features (FLa-LLM, section 3.2)."""

from __future__ import annotations

import torch
from torch import nn

from sign2text.data.batches import pad_flat


class TemporalModule(nn.Module):
    """One Conv1d over time, BatchNorm, ReLU; keeps the number of steps.

    Clips do not leak into each other: each is padded with zeros on both sides as if it were alone,
    and BatchNorm sees the real steps only.
    """

    def __init__(self, width: int, kernel: int = 3) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"kernel {kernel} is even; an odd one keeps the number of steps")
        self.convolution = nn.Conv1d(width, width, kernel, padding=kernel // 2)
        self.normalization = nn.BatchNorm1d(width)

    def forward(self, flat: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Map features [sum(N), C] of clips of `lengths` [B] steps to the same shape."""
        padded, mask = pad_flat(flat, lengths)  # [B, N, C], [B, N]
        mixed = self.convolution(padded.transpose(1, 2)).transpose(1, 2)
        return torch.relu(self.normalization(mixed[mask]))
