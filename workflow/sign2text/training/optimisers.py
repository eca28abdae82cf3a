"""Optimisers for groups of parameters, to be passed to a training task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from sign2text.training.settings import Training

Groups = Sequence[Mapping[str, Any]]
"""Groups of parameters in torch's format, each with `params` and `lr`."""
MakeOptimiser = Callable[[Groups], Optimizer]

NORMS = (nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, nn.modules.batchnorm._BatchNorm)


def sgd(groups: Groups, *, momentum: float = 0.9, weight_decay: float = 0.0) -> Optimizer:
    """Return stochastic gradient descent with momentum."""
    return torch.optim.SGD(groups, momentum=momentum, weight_decay=weight_decay)


def adam(
    groups: Groups, *, betas: Sequence[float] = (0.9, 0.999), weight_decay: float = 0.0
) -> Optimizer:
    """Return Adam with L2 weight decay: it is added to the gradient, and so affects the moments."""
    return torch.optim.Adam(groups, betas=tuple(betas), weight_decay=weight_decay, fused=True)


def adamw(
    groups: Groups, *, betas: Sequence[float] = (0.9, 0.999), weight_decay: float = 0.0
) -> Optimizer:
    """Return AdamW with decoupled weight decay; without decay it equals Adam."""
    return torch.optim.AdamW(groups, betas=tuple(betas), weight_decay=weight_decay, fused=True)


def adafactor(groups: Groups, *, weight_decay: float = 0.0) -> Optimizer:
    """Return transformers' Adafactor with the rates of `groups`, as T5 is fine-tuned.

    torch's Adafactor has other defaults. The rate depends neither on the step nor on the scale of a
    weight; updates are clipped to a root mean square of 1.
    """
    from transformers.optimization import Adafactor

    return Adafactor(
        groups,
        weight_decay=weight_decay,
        scale_parameter=False,
        relative_step=False,
        warmup_init=False,
    )


def optimiser_of(settings: Training) -> MakeOptimiser:
    """Return the constructor of the optimiser that a training's settings name."""
    decay = {"weight_decay": settings.weight_decay}
    moments = {"betas": settings.betas, **decay}
    make, arguments = {
        "sgd": (sgd, decay),
        "adam": (adam, moments),
        "adamw": (adamw, moments),
        "adafactor": (adafactor, decay),
    }[settings.optimizer]
    return lambda groups: make(groups, **arguments)


def without_decay(
    model: nn.Module, groups: Groups, names: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Split each group in two; the second one has no weight decay.

    The second one holds biases, the weights of normalisations, and parameters whose name within
    `model` ends with one of `names` (gates, temperatures).

    >>> model = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3))
    >>> groups = without_decay(model, [{"params": list(model.parameters()), "lr": 0.1}])
    >>> [(len(group["params"]), group.get("weight_decay")) for group in groups]
    [(1, None), (3, 0.0)]
    """
    exempt = {
        id(parameter)
        for module in model.modules()
        for name, parameter in module.named_parameters(recurse=False)
        if name == "bias" or isinstance(module, NORMS)
    }
    endings = tuple(names)
    exempt |= {id(p) for name, p in model.named_parameters() if endings and name.endswith(endings)}
    split: list[dict[str, Any]] = []
    for group in groups:
        parameters = list(group["params"])
        for free in (False, True):
            kept = [each for each in parameters if (id(each) in exempt) is free]
            if kept:
                split.append({**group, "params": kept, **({"weight_decay": 0.0} if free else {})})
    return split
