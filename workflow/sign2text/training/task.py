"""A training task: all that the one training loop needs to know of a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import Dataset
from transformers import PreTrainedModel

from sign2text.data.batches import BalancedBatchSampler
from sign2text.losses.loss import Loss
from sign2text.training.mixing import MixedBatchSampler, Mixture
from sign2text.training.optimisers import Groups, MakeOptimiser, optimiser_of
from sign2text.training.schedules import MakeSchedule, schedule_of
from sign2text.training.settings import Training
from sign2text.training.task_losses import TaskLosses

if TYPE_CHECKING:
    from sign2text.training.selection import Selection

Collate = Callable[[Sequence[Any]], dict[str, torch.Tensor]]
"""Puts items together: inputs of the model and targets of the losses, by name."""


@dataclass(frozen=True)
class Task:
    """A model, its losses, data, optimiser and schedule; a stage makes it from its settings."""

    model: PreTrainedModel
    """Its outputs are a dataclass, mapping or tuple: in anything else DistributedDataParallel finds
    no tensors, and takes all parameters for unused."""
    losses: Mapping[str, Loss]
    """By name; the training's loss is their weighted sum."""
    groups: Groups
    """Groups of parameters for the optimiser, each with `params` and `lr`."""
    train: Dataset
    """Has `lengths`, and items by (number, epoch); a Mixture has several sources of them."""
    dev: Dataset
    """Likewise."""
    collate: Collate
    settings: Training
    seed: int
    """Of the order of the items and of dropout."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Of losses by name; 1 where one is not named."""
    dev_collate: Collate | None = None
    """None: as in training."""
    withheld: Sequence[str] = ()
    """Keys of a batch that the model is not given, beside the losses' targets."""
    optimiser: MakeOptimiser | None = None
    """None: the one that the settings name."""
    schedule: MakeSchedule | None = None
    """None: the one that the settings name."""
    selection: Selection | None = None
    """Which weights the model is left with; None: the last ones."""
    parts: Mapping[str, torch.nn.Module] = field(default_factory=dict)
    """The model's parts whose norms are recorded at the logging steps (training/norms.py)."""
    checkpoints: int = 20
    """How many times over the whole training the state is saved."""
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    """Settings, code and data that the state depends on (training/state.py)."""

    def batches(self) -> BalancedBatchSampler | MixedBatchSampler:
        """Return the sampler of the training's batches, as many in each epoch."""
        size = self.settings.batch_size
        if isinstance(self.train, Mixture):
            return self.train.batches(size, self.seed)
        return BalancedBatchSampler(self.train.lengths, size, self.seed)

    def source_of(self, item: tuple[int, int]) -> int:
        """Return which source of a mixture an item is from; 0 where there is one source."""
        return self.train.source_of(item) if isinstance(self.train, Mixture) else 0

    def steps(self, batches: int) -> int:
        """Return the steps of the whole training, with so many `batches` in an epoch."""
        return self.settings.steps or self.settings.epochs * batches

    def inputs(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return what the model is given of a batch."""
        kept_back = {loss.target for loss in self.losses.values()} | set(self.withheld)
        return {key: value for key, value in batch.items() if key not in kept_back}

    def training_losses(self) -> TaskLosses:
        """Return the losses that are learned from."""
        return TaskLosses(self.losses, self.weights)

    def dev_losses(self) -> TaskLosses:
        """Return the losses as they are measured on dev."""
        losses = {name: loss.on_dev() for name, loss in self.losses.items()}
        return TaskLosses(losses, self.weights)

    def make_optimizer(self) -> torch.optim.Optimizer:
        """Return the optimiser of `groups`."""
        return (self.optimiser or optimiser_of(self.settings))(self.groups)

    def make_schedule(
        self, optimizer: torch.optim.Optimizer, steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        """Return the schedule of the learning rate over the whole training."""
        return (self.schedule or schedule_of(self.settings))(optimizer, steps)
