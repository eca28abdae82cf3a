"""Exponential moving averages of a training's weights over its steps.

They are part of the optimiser's state, so checkpoints and resumed trainings have them too. Dev is
measured with the averages, which are also selected and saved; gradients use the weights themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.optim import Optimizer

AVERAGE, COUNT = "average", "averaged"


class WeightAverage:
    """Averages of an optimiser's weights; buffers, such as BatchNorm's, are not averaged."""

    def __init__(self, optimizer: Optimizer, share: float) -> None:
        """Set the share of the average kept per step; step n keeps at most (1 + n) / (10 + n).

        The optimiser must have a state for each weight that it changes, as Adam does.
        """
        self.optimizer, self.share = optimizer, share
        optimizer.register_step_post_hook(self._update)

    @torch.no_grad()
    def _update(self, optimizer: Optimizer, *_: Any) -> None:
        for group in optimizer.param_groups:
            count = group[COUNT] = group.get(COUNT, 0) + 1
            kept = min(self.share, (1 + count) / (10 + count))
            for weight in group["params"]:
                # A weight that never had a gradient has no state and must not get one: the
                # optimiser
                # would take a state that is not empty for its own.
                if state := optimizer.state.get(weight):
                    if AVERAGE not in state:
                        state[AVERAGE] = weight.detach().clone()
                    state[AVERAGE].lerp_(weight, 1 - kept)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Use the averages as the model's weights inside the block."""
        self.exchange()
        try:
            yield
        finally:
            self.exchange()

    @torch.no_grad()
    def exchange(self) -> None:
        """Swap weights and averages."""
        for group in self.optimizer.param_groups:
            for weight in group["params"]:
                if (average := self.optimizer.state.get(weight, {}).get(AVERAGE)) is not None:
                    weights = weight.detach().clone()
                    weight.copy_(average)
                    average.copy_(weights)
