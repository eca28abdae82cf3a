"""Prototypes of pseudo-glosses: which of them a clip shows, and when (Sign2GPT, section 4.3)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from sign2text.methods.sign2gpt.prototype_config import LEAST_TEMPERATURE, MOST_TEMPERATURE


class Scores(NamedTuple):
    """Output of the prototypes for a batch of clips."""

    evidence: tuple[torch.Tensor, ...]
    """E of each clip, [N, V]: the evidence of each step for each pseudo-gloss."""
    scores: torch.Tensor
    """[B, V], E summed over time, 0 to 1."""


class PrototypeHead(nn.Module):
    """Evidence of pseudo-glosses from the cosine similarity of sign features and word vectors.

    E = U * T. U is a softmax over the prototypes at each step, including a zero prototype that
    means "no pseudo-gloss". T is a softmax over the steps of a clip for each prototype. The word
    vectors are frozen. A pseudo-gloss without a vector has no prototype: its evidence is zero.
    """

    def __init__(
        self,
        vectors: torch.Tensor,
        known: torch.Tensor,
        *,
        width: int = 512,
        dropout: float = 0.2,
        temperature: float = 0.1,
        learn_temperatures: bool = False,
    ) -> None:
        """Take the prototypes.

        Args:
            vectors: word vectors [V, 300] of the pseudo-glosses.
            known: bool [V], False where a pseudo-gloss has no vector.
            width: values of a sign feature.
        """
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.projection = nn.Linear(width, vectors.shape[1])
        self.register_buffer("vectors", vectors)
        self.register_buffer("known", known)
        for name in ("gloss_temperature", "time_temperature"):
            value = torch.tensor(float(temperature))
            if learn_temperatures:
                self.register_parameter(name, nn.Parameter(value))
            else:
                self.register_buffer(name, value)

    def forward(self, features: torch.Tensor, steps: torch.Tensor) -> Scores:
        """Score concatenated clips.

        Args:
            features: Z [sum(N), width].
            steps: N of each clip, int64 [B].
        """
        cosines = self.cosines(features)
        glosses = self.gloss_shares(cosines).split(steps.tolist())
        heat = (cosines / bounded(self.time_temperature)).split(steps.tolist())
        evidence = tuple(
            shares[:, :-1] * clip.softmax(0) for shares, clip in zip(glosses, heat, strict=True)
        )
        # Rounding may push a sum of shares above 1.
        return Scores(evidence, torch.stack([each.sum(0).clamp(max=1) for each in evidence]))

    def cosines(self, features: torch.Tensor) -> torch.Tensor:
        """Compute cosine similarities [M, V] of features [M, width] and prototypes, in float32."""
        projected = self.projection(self.dropout(features))
        with torch.autocast(projected.device.type, enabled=False):
            prototypes = functional.normalize(self.vectors.float(), dim=-1)
            return functional.normalize(projected.float(), dim=-1) @ prototypes.T

    def gloss_shares(self, cosines: torch.Tensor) -> torch.Tensor:
        """Compute U [M, V + 1] of cosines [M, V]; the last column is the zero prototype."""
        found = (cosines / bounded(self.gloss_temperature)).masked_fill(~self.known, -torch.inf)
        return functional.pad(found, (0, 1)).softmax(-1)


def bounded(temperature: torch.Tensor) -> torch.Tensor:
    """Clamp a learned temperature to its bounds; the gradient passes unchanged."""
    kept = temperature.clamp(LEAST_TEMPERATURE, MOST_TEMPERATURE)
    return temperature + (kept - temperature).detach()
