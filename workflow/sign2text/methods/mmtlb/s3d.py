"""S3D (Xie et al. 2018), MMTLB's visual encoder (section 3.1): its first four blocks, or all five.

Weights have published names and shapes (kylemin/S3D), such as base.0.conv_s.weight.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Literal

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from sign2text.methods.mmtlb.s3d_layers import (
    MOMENTUM,
    Mixed,
    Pointwise,
    Pool,
    Separable,
    SpatialPool,
    Stem,
    Steps,
)
from sign2text.models.frame_encoder import statistics_kept

# Channels of a mixed block: branch 0; branch 1, first and last unit; branch 2 likewise; branch 3.
BLOCK3 = ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64))
BLOCK4 = (
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
)
BLOCK5 = ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128))


class S3D(nn.Module):
    """Frames of clips to features of every fourth frame (of every eighth with five blocks)."""

    def __init__(
        self, *, blocks: Literal[4, 5] = 4, width: float = 1.0, momentum: float = MOMENTUM
    ) -> None:
        """Multiply the channels of each layer by `width`, with at least 1 channel.

        `momentum` is a batch's share in BatchNorm's running statistics.
        """
        super().__init__()
        self.blocks = blocks
        self.checkpointing = False
        """True if training keeps only each layer's input and recomputes the rest."""
        self.frozen = False

        def scaled(*channels: int) -> list[int]:
            return [max(1, round(each * width)) for each in channels]

        stem, last = scaled(64, 192)
        layers: list[nn.Module] = [
            Stem(3, stem, 7, stride=2),
            SpatialPool(),
            Pointwise(stem, stem),
            Separable(stem, last, 3),
            SpatialPool(),
        ]
        for before, block in (([], BLOCK3), ([Pool(3, 2)], BLOCK4), ([Pool(2, 2)], BLOCK5))[
            : blocks - 2
        ]:
            layers += before
            for channels in block:
                layers.append(Mixed(last, *scaled(*channels)))
                last = layers[-1].channels
        self.base = nn.ModuleList(layers)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = momentum
        self.channels = last
        """Width of a feature."""

    def steps_of(self, frames: int) -> int:
        """Return the steps of a clip of `frames` frames."""
        steps = -(-frames // 2)
        for layer in self.base:
            if isinstance(layer, Pool):
                steps = layer.steps_of(steps)
        return steps

    def freeze_block1(self) -> None:
        """Freeze block 1, weights and statistics, as the public code does."""
        self.frozen = True
        self.base[0].requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> S3D:
        """Set the mode; a frozen block 1 stays in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.base[0].eval()
        return self

    def forward(
        self, frames: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode concatenated clips.

        Args:
            frames: uint8 [sum(N), h, w, 3] RGB.
            lengths: int64 [B], frames N of each clip, at least 1; they sum to the first axis.

        Returns:
            features [sum(T), channels], averaged over the image, and steps T, int64 [B].

        Raises:
            InputError: in training, a feature map of the batch has a single value.
        """
        steps = lengths.tolist()
        if self.training:
            features = self._features(frames, steps)
        else:  # clips share nothing, so compute each alone, in the memory of one clip
            clips = frames.split(steps)
            features = torch.cat([self._features(clip, [len(clip)]) for clip in clips])
        counts = [self.steps_of(each) for each in steps]
        return features, torch.tensor(counts, dtype=torch.int64, device=lengths.device)

    def _features(self, frames: torch.Tensor, steps: Steps) -> torch.Tensor:
        # Permuted, [M, h, w, 3] is [M, 3, h, w] in channels_last memory order.
        maps = torch.sub(frames.permute(0, 3, 1, 2), 127.5)
        maps = maps.to(self.base[0].conv_s.weight.dtype)
        for layer in self.base:
            maps, steps = self._through(layer, maps, steps)
        return maps.mean((2, 3))

    def _through(
        self, layer: nn.Module, maps: torch.Tensor, steps: Steps
    ) -> tuple[torch.Tensor, Steps]:
        if not (self.checkpointing and layer.training and torch.is_grad_enabled()):
            return layer(maps, steps)
        # Checkpoint layers, not clips: BatchNorm's statistics cover all frames of a batch.
        found = checkpoint(
            lambda given: layer(given, steps)[0],
            maps,
            use_reentrant=False,
            context_fn=lambda: (nullcontext(), statistics_kept(layer)),
        )
        return found, layer.steps_after(steps)
