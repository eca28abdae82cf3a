"""Layers of S3D (Xie et al. 2018) on concatenated clips, without padding.

A separable unit has two convolutions. The one over the image ignores time. The one over time runs
clip by clip, so that each clip sees zeros beyond its ends, never its neighbours. BatchNorm's
statistics cover all frames of the batch, and none of them is padding.

In channels_last, maps [sum(T), C, H, W] are stored as [sum(T), H, W, C]. Convolutions over the
image, over time and of single pixels all read them without a copy.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from sign2text.ground.errors import InputError
from sign2text.models.frame_encoder import LEAST_CHANNELS_LAST

Steps = list[int]
"""Steps of each of the concatenated clips."""

EPS, MOMENTUM = 1e-3, 1e-3  # of BatchNorm, as published


class Layer(nn.Module):
    """Layer from maps [sum(T), C, H, W] of clips of T steps to maps and steps; channels_last."""

    def steps_after(self, steps: Steps) -> Steps:
        """Return the steps of each clip after the layer."""
        return steps


class Pointwise(Layer):
    """A 1 x 1 x 1 convolution, BatchNorm and ReLU."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels, out, 1, bias=False)
        self.bn = nn.BatchNorm2d(out, EPS, MOMENTUM)

    def forward(self, maps: torch.Tensor, steps: Steps) -> tuple[torch.Tensor, Steps]:
        def mix(weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
            mixed = functional.linear(maps.permute(0, 2, 3, 1), weight.flatten(1), bias)
            return mixed.permute(0, 3, 1, 2)

        return _unit(mix, self.conv, self.bn), steps


class Separable(Layer):
    """Convolution over the image, BatchNorm, ReLU; then the same over time."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.stride, self.padding = stride, kernel // 2
        self.conv_s = nn.Conv3d(channels, out, (1, kernel, kernel), bias=False)
        self.bn_s = nn.BatchNorm2d(out, EPS, MOMENTUM)
        self.conv_t = nn.Conv3d(out, out, (kernel, 1, 1), bias=False)
        self.bn_t = nn.BatchNorm2d(out, EPS, MOMENTUM)

    def steps_after(self, steps: Steps) -> Steps:
        return [-(-each // self.stride) for each in steps]

    def forward(self, maps: torch.Tensor, steps: Steps) -> tuple[torch.Tensor, Steps]:
        stride, padding = self.stride, self.padding

        def in_picture(weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
            weight = self.picture_weight(weight[:, :, 0])
            return _convolve(maps, weight, bias, (stride, stride), (padding, padding))

        seen = _unit(in_picture, self.conv_s, self.bn_s)

        def in_time(weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
            return _clip_by_clip(
                lambda clip: _convolve(clip, weight[..., 0], bias, (stride, 1), (padding, 0)),
                seen,
                steps,
            )

        return _unit(in_time, self.conv_t, self.bn_t), self.steps_after(steps)

    def picture_weight(self, weight: torch.Tensor) -> torch.Tensor:
        """Return the weights that convolve the maps over the image, [C, C', k, k]."""
        return weight


class Stem(Separable):
    """First layer, which reads RGB values of 0 ... 255 minus 127.5.

    The published layer reads -1 ... 1 in the order blue, green, red. Scaling and reordering the
    weights is cheaper than the images.
    """

    def picture_weight(self, weight: torch.Tensor) -> torch.Tensor:
        return weight.flip(1) * (2 / 255)


class SpatialPool(Layer):
    """Maximum over 3 x 3 pixels, with stride 2."""

    def forward(self, maps: torch.Tensor, steps: Steps) -> tuple[torch.Tensor, Steps]:
        return functional.max_pool2d(maps, 3, 2, 1), steps


class Pool(Layer):
    """Maximum over a cube in image and time, with stride 2 or 1.

    Block 5 pools over an even cube without padding, as published: a last odd step, row or column is
    dropped, unless it is the only one.
    """

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def steps_of(self, steps: int) -> int:
        """Return the steps of a clip after the layer, from its steps at the input."""
        return -(-steps // self.stride) if self.kernel % 2 else max(1, steps // self.stride)

    def steps_after(self, steps: Steps) -> Steps:
        return [self.steps_of(each) for each in steps]

    def forward(self, maps: torch.Tensor, steps: Steps) -> tuple[torch.Tensor, Steps]:
        def in_time(clip: torch.Tensor) -> torch.Tensor:
            return self._pool(clip, (True, False))

        return _clip_by_clip(in_time, self._pool(maps, (True, True)), steps), self.steps_after(
            steps
        )

    def _pool(self, pictures: torch.Tensor, axes: tuple[bool, bool]) -> torch.Tensor:
        """Take the maximum along the selected axes; a cube's maximum separates into its axes.

        The gradient separates too, unless two values of a cube are equal and not zero.
        """
        odd, sizes = self.kernel % 2, pictures.shape[2:]
        kernel = [self.kernel if odd else min(self.kernel, size) for size in sizes]
        kernel = [each if taken else 1 for each, taken in zip(kernel, axes, strict=True)]
        padding = [each // 2 if odd else 0 for each in kernel]
        stride = [self.stride if taken else 1 for taken in axes]
        return functional.max_pool2d(pictures, kernel, stride, padding)


class Mixed(Layer):
    """Four parallel branches: 1 x 1 x 1; two separable ones; a maximum, then 1 x 1 x 1."""

    def __init__(self, channels: int, b0: int, a1: int, b1: int, a2: int, b2: int, b3: int) -> None:
        super().__init__()
        self.branch0 = nn.ModuleList([Pointwise(channels, b0)])
        self.branch1 = nn.ModuleList([Pointwise(channels, a1), Separable(a1, b1, 3)])
        self.branch2 = nn.ModuleList([Pointwise(channels, a2), Separable(a2, b2, 3)])
        self.branch3 = nn.ModuleList([Pool(3, 1), Pointwise(channels, b3)])
        self.channels = b0 + b1 + b2 + b3

    def forward(self, maps: torch.Tensor, steps: Steps) -> tuple[torch.Tensor, Steps]:
        found = []
        for branch in (self.branch0, self.branch1, self.branch2, self.branch3):
            given = maps
            for layer in branch:
                given, _ = layer(given, steps)
            found.append(given)
        return torch.cat(found, 1), steps


def _unit(
    convolve: Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor],
    convolution: nn.Conv3d,
    norm: nn.BatchNorm2d,
) -> torch.Tensor:
    """Run `convolve(weight, bias)`, BatchNorm and ReLU.

    In evaluation mode BatchNorm is a factor and a bias, which are folded into the convolution.
    """
    if not norm.training:
        factor = norm.weight * (norm.running_var + norm.eps).rsqrt()
        weight = convolution.weight * factor.view(-1, 1, 1, 1, 1)
        return convolve(weight, norm.bias - norm.running_mean * factor).relu_()
    maps = convolve(convolution.weight, None)
    if type(norm) is nn.BatchNorm2d and maps.numel() == maps.shape[1]:
        raise InputError(
            "a batch, or a part of one, has a single frame that S3D makes a single pixel of; more "
            "are expected where it is trained, since its BatchNorm learns from how they differ. "
            "Raise batch_size, lower accumulation, or leave out the shortest clips."
        )
    return norm(maps).relu_()


def _convolve(
    pictures: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> torch.Tensor:
    """Convolve images [M, C, h, w] in 2-D, in channels_last memory order."""
    wanted = (weight.requires_grad, pictures.requires_grad)  # gradients
    few = any(
        channels < LEAST_CHANNELS_LAST and gradient
        for channels, gradient in zip(weight.shape[:2], wanted, strict=True)
    )
    if few and pictures.device.type == "cpu":
        pictures = pictures.contiguous()
    maps = functional.conv2d(pictures, weight, bias, stride, padding)
    return maps.contiguous(memory_format=torch.channels_last)


def _clip_by_clip(
    apply: Callable[[torch.Tensor], torch.Tensor], maps: torch.Tensor, steps: Steps
) -> torch.Tensor:
    """Apply a function over time to each clip of maps [sum(T), C, H, W] separately.

    `apply` gets each clip as one image [1, C, T, H * W], a view of the same memory.
    """
    height, width = maps.shape[2:]
    clips = maps.permute(0, 2, 3, 1).flatten(1, 2).split(steps)  # [T, H * W, C]
    # Add the first axis where its stride is the largest; otherwise the view is not channels_last.
    found = [apply(clip[None].permute(0, 3, 1, 2)).permute(0, 2, 3, 1)[0] for clip in clips]
    joined = found[0] if len(found) == 1 else torch.cat(found)
    return joined.unflatten(1, (height, width)).permute(0, 3, 1, 2)
