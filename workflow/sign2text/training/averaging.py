"""Averages of a training's weights over its steps, with exponentially falling shares.

They are kept in the optimiser's state, so a checkpoint has them and a resumed training goes on with
them. What is measured on dev, selected and written is the average; gradients are of the weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.optim import Optimizer

AVERAGE, COUNT = "average", "averaged"


class WeightAverage:
    """Averages of an optimiser's weights; those of buffers, as BatchNorm's, are not taken."""

    def __init__(self, optimizer: Optimizer, share: float) -> None:
        """`share` of the average is kept at each step, less in the first ones: (1 + n) / (10 + n).

        The optimiser must have a state of each weight that it changes, as Adam has.
        """
        self.optimizer, self.share = optimizer, share
        optimizer.register_step_post_hook(self._update)

    @torch.no_grad()
    def _update(self, optimizer: Optimizer, *_: Any) -> None:
        for group in optimizer.param_groups:
            count = group[COUNT] = group.get(COUNT, 0) + 1
            kept = min(self.share, (1 + count) / (10 + count))
            for weight in group["params"]:
                # Without a gradient so far it has no state, and must not get one: the optimiser
                # takes a state that is not empty for its own.
                if state := optimizer.state.get(weight):
                    if AVERAGE not in state:
                        state[AVERAGE] = weight.detach().clone()
                    state[AVERAGE].lerp_(weight, 1 - kept)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the model have the averages inside the block."""
        self.exchange()
        try:
            yield
        finally:
            self.exchange()

    @torch.no_grad()
    def exchange(self) -> None:
        """Exchange weights and averages."""
        for group in self.optimizer.param_groups:
            for weight in group["params"]:
                if (average := self.optimizer.state.get(weight, {}).get(AVERAGE)) is not None:
                    weights = weight.detach().clone()
                    weight.copy_(average)
                    average.copy_(weights)
