"""The recogniser's head: from S3D's features to glosses (MMTLB, section 3.1).

Convolutions over time see zeros beyond each clip's ends, never the next clip.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from sign2text.ground.errors import InputError
from sign2text.models.sinusoids import sinusoids

KERNEL = 3  # of the convolutions over time, in steps
WIDENING = 4  # of the residual block: inner channels divided by outer channels


class GlossOutputs(NamedTuple):
    """Outputs of the head for each step of concatenated clips."""

    representations: torch.Tensor
    """Gloss representations [sum(T), width], which the V-L mapper reads."""
    logits: torch.Tensor
    """[sum(T), classes]; class 0 is the blank."""


class RecognitionHead(nn.Module):
    """Linear layer, BatchNorm, ReLU, positions, a residual block of convolutions, and classes."""

    def __init__(
        self, channels: int, classes: int, *, width: int = 512, dropout: float = 0.1
    ) -> None:
        """Take the `channels` of a feature, and the number of `classes` including the blank.

        Raises:
            ValueError: the width is odd, so sines and cosines cannot share it.
        """
        super().__init__()
        if width % 2:
            raise ValueError(f"width is {width}; an even number is expected")
        self.projection = nn.Linear(channels, width)
        self.normalization = nn.BatchNorm1d(width)
        self.before = nn.LayerNorm(width)
        self.widening = nn.Conv1d(width, WIDENING * width, KERNEL, padding=KERNEL // 2)
        self.narrowing = nn.Conv1d(WIDENING * width, width, KERNEL, padding=KERNEL // 2)
        self.after = nn.LayerNorm(width)
        self.classifier = nn.Linear(width, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: torch.Tensor, steps: torch.Tensor) -> GlossOutputs:
        """Map features [sum(T), channels] of concatenated clips of `steps` [B] to glosses.

        Raises:
            InputError: in training, the batch has a single step.
        """
        if len(features) == 1 and self.training and type(self.normalization) is nn.BatchNorm1d:
            raise InputError(
                "a batch, or a part of one, has a single step, of at most four frames; at least "
                "two are expected where the recognition head is trained, since its BatchNorm "
                "learns from how they differ. Raise batch_size, lower accumulation, or leave out "
                "the shortest clips."
            )
        clips = torch.arange(len(steps), device=steps.device).repeat_interleave(steps)
        flat = torch.arange(len(features), device=steps.device)
        x = torch.relu(self.normalization(self.projection(features)))
        within = flat - (steps.cumsum(0) - steps)[clips]
        x = self.dropout(x + sinusoids(within, x.shape[1]).to(x.dtype))
        # A step of zeros separates clips, like the convolutions' padding at both ends.
        places, size = flat + (KERNEL // 2) * clips, len(features) + (KERNEL // 2) * len(steps)
        wide = self.dropout(torch.relu(_over_time(self.widening, self.before(x), places, size)))
        x = x + self.dropout(_over_time(self.narrowing, wide, places, size))
        representations = self.after(x)
        return GlossOutputs(representations, self.classifier(representations))


def _over_time(
    convolution: nn.Conv1d, steps: torch.Tensor, places: torch.Tensor, size: int
) -> torch.Tensor:
    """Convolve steps [sum(T), C] at `places` of an axis of `size` that is zero elsewhere."""
    spread = steps.new_zeros(size, steps.shape[1]).index_copy(0, places, steps)
    return convolution(spread.T[None])[0].T[places]
