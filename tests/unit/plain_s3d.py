"""S3D of nn.Conv3d and nn.BatchNorm3d, as published, for comparison with the library's."""

import torch
from torch import nn

from sign2text.methods.mmtlb.s3d import S3D
from sign2text.methods.mmtlb.s3d_layers import Mixed, Pointwise, Pool, Separable, SpatialPool


class PlainS3D(nn.Module):
    """A plain S3D with the network's weights; clips of a batch have one length."""

    def __init__(self, network: S3D) -> None:
        super().__init__()
        self.base = nn.Sequential(*map(_plain, network.base))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Compute features [B, T, C] of frames uint8 [B, N, h, w, 3] RGB."""
        numbers = frames.to(self.base[0][0].weight.dtype)
        pixels = (numbers.flip(4).permute(0, 4, 1, 2, 3) / 255 - 0.5) / 0.5
        return self.base(pixels).mean((3, 4)).transpose(1, 2)


class _Branches(nn.Module):
    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(maps) for branch in self.branches], 1)


def _plain(layer: nn.Module) -> nn.Module:
    if isinstance(layer, Pointwise):
        return nn.Sequential(*_unit(layer.conv, layer.bn, 1, 0))
    if isinstance(layer, Separable):
        stride, half = layer.stride, layer.conv_t.kernel_size[0] // 2
        return nn.Sequential(
            *_unit(layer.conv_s, layer.bn_s, (1, stride, stride), (0, half, half)),
            *_unit(layer.conv_t, layer.bn_t, (stride, 1, 1), (half, 0, 0)),
        )
    if isinstance(layer, SpatialPool):
        return nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))
    if isinstance(layer, Pool):
        return nn.MaxPool3d(layer.kernel, layer.stride, {3: 1, 2: 0}[layer.kernel])
    assert isinstance(layer, Mixed)
    branches = (layer.branch0, layer.branch1, layer.branch2, layer.branch3)
    return _Branches([nn.Sequential(*map(_plain, branch)) for branch in branches])


def _unit(convolution: nn.Conv3d, norm: nn.BatchNorm2d, stride: ..., padding: ...) -> list:
    plain = nn.Conv3d(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size,
        stride,
        padding,
        bias=False,
    )
    plain.load_state_dict(convolution.state_dict())
    normalise = nn.BatchNorm3d(norm.num_features, eps=1e-3, momentum=1e-3)
    normalise.load_state_dict(norm.state_dict())
    return [plain, normalise, nn.ReLU()]
