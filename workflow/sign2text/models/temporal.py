"""The local temporal module: from frame-wise to sign-wise features (FLa-LLM, section 3.2)."""

from __future__ import annotations

import torch
from torch import nn

from sign2text.data.batches import pad_flat
from sign2text.ground.errors import InputError


class TemporalModule(nn.Module):
    """One Conv1d over time, BatchNorm, ReLU; keeps the number of steps.

    Clips do not leak into each other: each clip is padded with zeros on both sides, and BatchNorm
    sees the real steps only.
    """

    def __init__(self, width: int, kernel: int = 3) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"kernel {kernel} is even; an odd one keeps the number of steps")
        self.convolution = nn.Conv1d(width, width, kernel, padding=kernel // 2)
        self.normalization = nn.BatchNorm1d(width)

    def forward(self, flat: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Map features [sum(N), C] of clips of `lengths` [B] steps to the same shape.

        Raises:
            InputError: in training, the batch has a single step.
        """
        if len(flat) == 1 and self.training and type(self.normalization) is nn.BatchNorm1d:
            raise InputError(
                "a batch, or a part of one, has a single sampled frame; at least two are expected "
                "where the temporal module is trained, since its BatchNorm learns from how they "
                "differ. Raise batch_size, lower accumulation, or leave out the shortest clips."
            )
        padded, mask = pad_flat(flat, lengths)  # [B, N, C], [B, N]
        mixed = self.convolution(padded.transpose(1, 2)).transpose(1, 2)
        return torch.relu(self.normalization(mixed[mask]))
