"""Learning-rate schedules, as factors of the highest rate at each step.

A training has one length, in epochs or in steps; a schedule is made for its number of steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from sign2text.training.settings import Training

MakeSchedule = Callable[[Optimizer, int], LRScheduler]
"""Function of the optimiser and of the number of steps in the whole training."""


def cosine(warmup: float = 0.0, *, start: float = 0.0, floor: float = 0.0) -> MakeSchedule:
    """Return a linear warm-up followed by half a cosine down.

    Args:
        warmup: share of the steps in which the rate rises.
        start: initial rate of the warm-up, as a share of the highest rate.
        floor: share of the highest rate that the last step approaches.
    """

    def make(optimizer: Optimizer, steps: int) -> LRScheduler:
        rising = round(warmup * steps)

        def factor(step: int) -> float:
            if step < rising:
                return start + (1.0 - start) * (float(step) / float(max(1, rising)))
            progress = float(step - rising) / float(max(1, steps - rising))
            falling = max(0.0, 0.5 * (1.0 + math.cos(math.pi * 0.5 * 2.0 * progress)))
            return floor + (1.0 - floor) * falling

        return LambdaLR(optimizer, factor)

    return make


def one_cycle(
    rise: float = 0.3, *, start: float = 1 / 25, end: float = 1 / 250_000
) -> MakeSchedule:
    """Return half a cosine up and half a cosine down (Smith and Topin 2018), with fixed momentum.

    Args:
        rise: share of the steps in which the rate rises.
        start, end: shares of the highest rate in the first and the last step.
    """

    def make(optimizer: Optimizer, steps: int) -> LRScheduler:
        top = rise * steps - 1

        def factor(step: int) -> float:
            if step <= top:
                return _between(start, 1.0, step / top if top else 1.0)
            return _between(1.0, end, min(1.0, (step - top) / max(steps - 1 - top, 1e-9)))

        return LambdaLR(optimizer, factor)

    return make


def constant(warmup: float = 0.0) -> MakeSchedule:
    """Return a linear warm-up over the share `warmup` of the steps, then the highest rate."""

    def make(optimizer: Optimizer, steps: int) -> LRScheduler:
        rising = round(warmup * steps)
        return LambdaLR(optimizer, lambda step: min(1.0, step / rising) if rising else 1.0)

    return make


def schedule_of(settings: Training) -> MakeSchedule:
    """Return the schedule that a training's settings name."""
    if settings.schedule == "cosine":
        return cosine(settings.warmup, start=settings.lowest, floor=settings.lowest)
    return {"one_cycle": one_cycle, "constant": constant}[settings.schedule](settings.warmup)


def _between(first: float, last: float, progress: float) -> float:
    """Return a value on half a cosine from `first` to `last`; `progress` goes from 0 to 1."""
    return last + (first - last) * (1 + math.cos(math.pi * progress)) / 2
