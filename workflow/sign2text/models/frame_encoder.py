"""A ResNet frame by frame."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from transformers import ResNetConfig, ResNetModel

# Mean and standard deviation of ImageNet's RGB values, which its checkpoints expect.
IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)

# torch 2.13 on the CPU now and then writes outside its memory in the backward pass of channels_last
# convolutions with fewer channels than this.
LEAST_CHANNELS_LAST = 16


class FrameEncoder(nn.Module):
    """Pictures to frame-wise features.

    The ResNet's maps are averaged over the whole picture, as in the paper, or over each cell of a
    `grid` x `grid`, which keeps where things are; `width` is the number of values a frame.
    """

    def __init__(self, resnet: ResNetConfig, grid: int = 1) -> None:
        super().__init__()
        self.resnet = ResNetModel(resnet)
        if min(resnet.embedding_size, *resnet.hidden_sizes) >= LEAST_CHANNELS_LAST:
            self.resnet = self.resnet.to(memory_format=torch.channels_last)
        self.grid = grid
        self.width = resnet.hidden_sizes[-1] * grid**2
        mean, std = torch.tensor(IMAGE_MEAN), torch.tensor(IMAGE_STD)
        # Kept with the weights: from_pretrained does not fill buffers that are not.
        self.register_buffer("scale", 1 / (255 * std).view(1, 3, 1, 1))
        self.register_buffer("shift", -(mean / std).view(1, 3, 1, 1))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Features [M, width] of frames uint8 [M, H, W, 3] RGB."""
        # Permuted, [M, H, W, 3] is [M, 3, H, W] in channels_last memory order.
        images = frames.permute(0, 3, 1, 2).to(self.scale.dtype) * self.scale + self.shift
        maps = self.resnet(images).last_hidden_state  # [M, C, h, w]
        return functional.adaptive_avg_pool2d(maps, self.grid).flatten(1)
