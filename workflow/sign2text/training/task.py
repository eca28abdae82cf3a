"""A training task: everything that the shared training loop needs to know."""

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
"""Collates items into inputs of the model and targets of the losses, by name."""


@dataclass(frozen=True)
class Task:
    """A model, its losses, data, optimiser and schedule, made by a stage from its settings."""

    model: PreTrainedModel
    """Outputs must be a dataclass, mapping or tuple: in other types DistributedDataParallel finds
    no tensors, and would take all parameters for unused."""
    losses: Mapping[str, Loss]
    """Losses by name; the training's loss is their weighted sum."""
    groups: Groups
    """Groups of parameters for the optimiser, each with `params` and `lr`."""
    train: Dataset
    """Has `lengths`, and items indexed by (number, epoch); a Mixture has several sources."""
    dev: Dataset
    """As `train`."""
    collate: Collate
    settings: Training
    seed: int
    """Seed of the order of items and of dropout."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Weights of losses by name; default 1."""
    dev_collate: Collate | None = None
    """Collation on dev; None: as in training."""
    withheld: Sequence[str] = ()
    """Keys of a batch that are hidden from the model, in addition to the losses' targets."""
    optimiser: MakeOptimiser | None = None
    """None: the optimiser that the settings name."""
    schedule: MakeSchedule | None = None
    """None: the schedule that the settings name."""
    selection: Selection | None = None
    """Selection of the final weights; None keeps the last ones."""
    parts: Mapping[str, torch.nn.Module] = field(default_factory=dict)
    """Parts of the model whose norms are recorded at logging steps (training/norms.py)."""
    checkpoints: int = 20
    """Number of checkpoints in the whole training."""
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    """Settings, code and data that the state depends on (training/state.py)."""

    def batches(self) -> BalancedBatchSampler | MixedBatchSampler:
        """Return the sampler of the training's batches; all epochs have the same number."""
        size = self.settings.batch_size
        if isinstance(self.train, Mixture):
            return self.train.batches(size, self.seed)
        return BalancedBatchSampler(self.train.lengths, size, self.seed)

    def source_of(self, item: tuple[int, int]) -> int:
        """Return the group of sources of an item in a mixture; 0 if there is one source."""
        return self.train.group_of(item) if isinstance(self.train, Mixture) else 0

    def steps(self, batches: int) -> int:
        """Return the steps of the whole training with `batches` batches per epoch."""
        return self.settings.steps or self.settings.epochs * batches

    def inputs(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return the model's inputs in a batch."""
        kept_back = {loss.target for loss in self.losses.values()} | set(self.withheld)
        return {key: value for key, value in batch.items() if key not in kept_back}

    def training_losses(self) -> TaskLosses:
        """Return the training's losses."""
        return TaskLosses(self.losses, self.weights)

    def dev_losses(self) -> TaskLosses:
        """Return the losses to measure on dev."""
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
