"""Positions as sines and cosines."""

from __future__ import annotations

import math

import torch


def sinusoids(positions: torch.Tensor, width: int) -> torch.Tensor:
    """Compute sines (even channels) and cosines (odd ones) of positions [M], float32 [M, width].

    Vaswani et al. 2017, section 3.5.
    """
    rates = torch.arange(0, width, 2, device=positions.device) * (-math.log(10000.0) / width)
    angles = positions[:, None].float() * rates.exp()
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)
