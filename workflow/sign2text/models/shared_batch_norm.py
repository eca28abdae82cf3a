"""BatchNorm over all steps of a batch that several ranks compute together.

The statistics, the gradients and the running statistics equal torch's BatchNorm in one process
that computes the whole batch (tested). torch's SyncBatchNorm does the same on GPUs but refuses
tensors on the CPU.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import distributed, nn
from torch.nn import functional


class _Normalize(torch.autograd.Function):
    """Normalisation of x [M, C, ...] over all axes but C, across all ranks."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor,
        eps: float,
        counts: bool,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the normalised x, mean and variance [C], and the number of values per channel."""
        own = torch.zeros(2 * x.shape[1] + 1, dtype=torch.float64, device=x.device)
        if counts:
            variance, mean = torch.var_mean(x.float(), _others(x), correction=0)
            size = torch.full_like(mean[:1], x.numel() // x.shape[1], dtype=torch.float64)
            own = torch.cat([mean.double(), variance.double(), size])
        rows = [torch.empty_like(own) for _ in range(distributed.get_world_size())]
        distributed.all_gather(rows, own)
        channels = x.shape[1]
        means, variances, sizes = torch.stack(rows).split([channels, channels, 1], 1)
        size = sizes.sum()
        mean = (means * sizes).sum(0) / size
        variance = ((variances + (means - mean).square()) * sizes).sum(0) / size
        mean, variance = mean.float(), variance.float()
        ctx.save_for_backward(x, weight, mean, (variance + eps).rsqrt(), size.float())
        ctx.counts = counts
        ctx.mark_non_differentiable(mean, variance, size)
        normalized = functional.batch_norm(x, mean, variance, weight, bias, False, 0.0, eps)
        return normalized, mean, variance, size

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor, *_: Any) -> tuple[Any, ...]:
        x, weight, mean, scale, size = ctx.saved_tensors
        shape = [1, -1] + [1] * (x.dim() - 2)
        mean, scale = mean.view(shape), scale.view(shape)
        gradient = gradient.float()
        normalized = (x.float() - mean) * scale
        of_bias = gradient.sum(_others(x))
        of_weight = (gradient * normalized).sum(_others(x))
        whole = torch.stack([of_bias, of_weight])
        distributed.all_reduce(whole)
        if ctx.counts:  # otherwise the statistics do not depend on x
            through_mean, through_variance = (whole / size).view(2, *shape)
            gradient = gradient - through_mean - normalized * through_variance
        of_x = gradient * (scale * weight.view(shape))
        return of_x.to(x.dtype), of_weight, of_bias, None, None


def _others(x: torch.Tensor) -> list[int]:
    """Return all axes but the channels'."""
    return [0, *range(2, x.dim())]


class _Shared(nn.modules.batchnorm._BatchNorm):
    """BatchNorm over the inputs of all ranks in training (collective call)."""

    counts = True
    """False if this rank's input is no part of the batch and only keeps the rank in step."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise x [M, C, ...]; M may differ between ranks."""
        if not self.training:
            return super().forward(x)
        self._check_input_dim(x)
        found, mean, variance, size = _Normalize.apply(
            x, self.weight, self.bias, self.eps, self.counts
        )
        with torch.no_grad():
            self.num_batches_tracked.add_(1)
            unbiased = variance * (size / (size - 1).clamp(min=1)).float()
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(unbiased, self.momentum)
        return found


class SharedBatchNorm1d(_Shared, nn.BatchNorm1d):
    """Shared BatchNorm of steps [M, C]."""


class SharedBatchNorm2d(_Shared, nn.BatchNorm2d):
    """Shared BatchNorm of images [M, C, H, W]."""


KINDS = {nn.BatchNorm1d: SharedBatchNorm1d, nn.BatchNorm2d: SharedBatchNorm2d}


def trains_statistics(model: nn.Module) -> bool:
    """Return whether any BatchNorm of `model` is trained; a frozen one is in evaluation mode."""
    return any(
        isinstance(module, nn.modules.batchnorm._BatchNorm) and module.weight.requires_grad
        for module in model.modules()
    )


def share_statistics(model: nn.Module) -> list[_Shared]:
    """Let each BatchNorm of `model` see the inputs of all ranks, and return these modules.

    Weights, running statistics and their names do not change.
    """
    found = [module for module in model.modules() if type(module) in KINDS]
    for module in found:
        # The object stays the same and changes its class, so every reference sees the new forward.
        module.__class__ = KINDS[type(module)]
    return found
