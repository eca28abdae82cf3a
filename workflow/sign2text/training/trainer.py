"""The one training loop that all methods share: transformers' Trainer on a training task.

It adds batches of similar length, losses that add up exactly (task_losses.py), checkpoints that are
complete or missing (checkpointing.py), a stop on SIGTERM that saves first (stopping.py), the
selection of weights by a metric on dev (selection.py), a progress bar and TensorBoard logs.

With torchrun, several ranks do one training (docs/several_gpus.md). Each computes its share of
every batch, and the library (torch's DistributedDataParallel) sums their gradients, so the result
is what one process would learn from the same batches.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from sign2text.data.batches import EpochDataLoader, reading_by
from sign2text.ground import work_limit
from sign2text.ground.device import computing_in, precision_of
from sign2text.ground.processes import processes
from sign2text.jobs.finished_trainings import BEST
from sign2text.models.shared_batch_norm import share_statistics, trains_statistics
from sign2text.training.arguments import library_arguments
from sign2text.training.averaging import WeightAverage
from sign2text.training.diverging import check_logged
from sign2text.training.evaluating import EvaluatingTrainer
from sign2text.training.frozen import check_frozen
from sign2text.training.history import Row
from sign2text.training.limited import measure_training
from sign2text.training.logging import ProgressBar
from sign2text.training.measuring import Measuring, Times
from sign2text.training.norms import part_norms
from sign2text.training.rank_shares import Part, Parts, Shares
from sign2text.training.resuming import NamedLosses, logged_in, step_of
from sign2text.training.selection import BestWeights
from sign2text.training.sharding import ShardedModel, divide_loaded, whole_value
from sign2text.training.state import prepare_state
from sign2text.training.stopping import StopOnSignal, Stopped
from sign2text.training.task import Task

log = logging.getLogger(__name__)


class TaskTrainer(EvaluatingTrainer):
    """transformers' Trainer on a task, with items indexed by (number, epoch)."""

    loss_is_scaled_for_ga = True  # the loss is already a share of the whole batch's loss

    def __init__(self, task: Task, state: Path, resume: Path | None = None) -> None:
        """Store checkpoints in the folder `state`; `resume` is the checkpoint to resume from."""
        self.losses, self.batches = task.training_losses(), task.batches()
        self.norms: dict[str, float] = {}
        self.counted, self.shares = True, []
        together, logged, batches = processes(), logged_in(resume), len(self.batches)
        self.named = NamedLosses(self.losses.named, together)
        times = Times(batches, task.steps(batches), task.settings.dev_steps)
        self.prepare_evaluation(task, times, StopOnSignal(together))
        # With one process, a plain BatchNorm sees the whole batch.
        self.batch_norms = share_statistics(task.model) if together.count > 1 else []
        best = None
        if task.selection is not None:
            best = BestWeights(state / BEST, task.selection, logged, writes=together.first)
        missing = resume is not None and times.missing(step_of(resume), logged)
        bar = ProgressBar(by_steps=task.settings.dev_steps is not None)
        super().__init__(
            together,
            best,
            resume,
            self.named,
            callbacks=[bar, Measuring(times), self.stop],
            model=task.model,
            args=library_arguments(task, batches, state, missing),
            train_dataset=task.train,
            eval_dataset=task.dev,
            data_collator=task.collate,
        )
        self.precision = precision_of(task.settings.precision, self.args.device)
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        if not together.first:
            self.draw_otherwise()

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: Mapping[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return a micro-batch's share of the losses of the whole batch.

        Args:
            num_items_in_batch: divisors of the losses, over the whole batch on all ranks.
        """
        outputs = model(**self.task.inputs(inputs))
        loss, each = self.losses.values(outputs, inputs, num_items_in_batch)
        if not self.counted:
            return loss * 0.0  # computed only to stay in step; nothing is learned from it
        self.shares.append(each)
        # The library averages gradients over ranks.
        return loss * self.processes.count if self.processes.count > 1 else loss

    def training_step(
        self,
        model: torch.nn.Module,
        inputs: list[Part],
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Run forward and backward part by part, on a whole batch or on this rank's share.

        Each part's loss is a share of the whole batch's loss. At logging steps, norms are measured
        here, where the gradients are complete and not yet clipped.
        """
        losses = []
        for part in inputs:
            self.counted = part.counts
            for norm in self.batch_norms:
                norm.counts = part.counts
            # Gradients are summed over ranks once, with the last part.
            last = part is inputs[-1]
            with contextlib.nullcontext() if last else self.accelerator.no_sync(model):
                losses.append(super().training_step(model, part.inputs, num_items_in_batch))
        loss = sum(losses[1:], losses[0])
        none = torch.zeros(len(self.losses.losses), device=self.args.device)
        self.named.add(self.shares or [none])
        self.shares = []
        if self._is_logging_step():
            self.norms = part_norms(self.task.parts)
        return loss

    def _get_num_items_in_batch(self, batch_samples: list, device: torch.device) -> torch.Tensor:
        """Return the losses' divisors of a whole batch, over all its parts and all ranks."""
        counted = [part.inputs for parts in batch_samples for part in parts if part.counts]
        counts = self.losses.counts(counted).to(device)
        if batch_samples and self.processes.count > 1:
            return self.accelerator.gather(counts[None]).sum(0)
        return counts

    def floating_point_ops(self, inputs: list[Part]) -> int:
        """Sum the library's count over all parts."""
        return sum(super(TaskTrainer, self).floating_point_ops(part.inputs) for part in inputs)

    def compute_loss_context_manager(self) -> contextlib.AbstractContextManager:
        """Compute the loss in the precision of the settings."""
        return computing_in(self.precision, self.args.device)

    def _is_logging_step(self) -> bool:
        """Return whether the current step will be logged."""
        return (self.state.global_step + 1) % self.state.logging_steps == 0

    def _clip_grad_norm(self, model: torch.nn.Module) -> Any:
        """Clip the gradients' values if the settings ask for it, then their norm."""
        if largest := self.task.settings.max_grad_value:
            torch.nn.utils.clip_grad_value_(model.parameters(), largest)
        return whole_value(super()._clip_grad_norm(model))

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        """Measure the norm of all gradients, but only at logging steps."""
        if grad_norm is None and not self._is_logging_step():
            return None
        return whole_value(super()._get_grad_norm(model, grad_norm))

    def log(self, logs: dict[str, float], *arguments: Any) -> None:
        """Log as the library does; rows of the training also have named losses and parts' norms.

        Raises:
            InputError: the loss or the norm of the gradients is not finite.
        """
        check_logged(logs, self.state.global_step, Path(self.args.output_dir))
        if "loss" in logs:
            logs = logs | self.named.logged() | self.norms
        super().log(logs, *arguments)

    def get_train_dataloader(self) -> EpochDataLoader:
        """Return batches of similar length; exact resume needs the same number in each epoch.

        Each rank reads its share of them, so the library must not divide them once more.
        """
        shares = Shares(
            self.batches,
            self.task.settings.accumulation,
            self.processes.number,
            self.processes.count,
            source_of=self.task.source_of,
            limit=self.dev_times.steps,
        )
        return EpochDataLoader(
            Parts(self.train_dataset, self.task.collate),
            batch_sampler=shares,
            collate_fn=list,
            **reading_by(self.task.settings.workers),
        )

    def create_optimizer(self, model: PreTrainedModel | None = None) -> torch.optim.Optimizer:
        """Make the task's optimiser, after the model was divided if it shall be."""
        if self.optimizer is None:
            if self.task.settings.sharded and self.processes.count > 1:
                self._divide()
            self.optimizer = self.task.make_optimizer()
            if share := self.task.settings.average:
                self.average = WeightAverage(self.optimizer, share)
            if self.sharded is not None:
                self.optimizer.register_load_state_dict_pre_hook(divide_loaded)
        return self.optimizer

    def _divide(self) -> None:
        """Divide a copy of the model among the processes; the copy learns in its place."""
        self.sharded = ShardedModel(self.model, self.processes.count)
        self.task = self.sharded.task(self.task)
        self.batch_norms = [*map(self.sharded.counterpart, self.batch_norms)]

    def _wrap_model(self, model: Any, *arguments: Any, **options: Any) -> Any:
        """Return the model that learns; the library wraps one that is not divided by DDP."""
        return (
            self.sharded.copy if self.sharded else super()._wrap_model(model, *arguments, **options)
        )

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> torch.optim.lr_scheduler.LRScheduler:
        """Make the task's schedule."""
        if self.lr_scheduler is None:
            self.lr_scheduler = self.task.make_schedule(self.optimizer, num_training_steps)
            self._created_lr_scheduler = True
        return self.lr_scheduler


def train(task: Task, state: Path) -> list[Row]:
    """Train a task's model in place; resume from the last checkpoint in `state` if there is one.

    The ranks train identical models; the first rank writes to `state`.

    Args:
        state: folder for checkpoints and TensorBoard logs, inside the model's folder; it remains
            when the process is killed.

    Returns:
        the rows of the training's history (training/history.py), complete even after a resume;
        empty where a work limit leaves the model untrained.

    Raises:
        InputError: `state` belongs to other settings, code or data, or lacks its fingerprint; a
            frozen part is in a place where it would not be found again; or the training diverged:
            its loss or weights are not finite.
        SystemExit: SIGTERM or SIGINT was received; the state was saved before.
        LimitReached: under a work limit, after some steps were timed.
    """
    limit = work_limit.active()
    if limit is not None and not limit.steps:
        return []
    together = processes()  # the first rank holds the lock now: nobody else writes to the state
    resume = prepare_state(state, task.fingerprint, writes=together.first)
    if limit is None:
        check_frozen(task.model, state.parent, trains=True)
    trainer = TaskTrainer(task, state, resume)
    count = sum(p.numel() for group in task.groups for p in group["params"])
    log.info(
        "training %.2f M parameters on %d items, %d steps, in %s%s%s",
        count / 1e6,
        len(task.train),
        trainer.dev_times.steps,
        str(trainer.precision).removeprefix("torch."),
        f", by {together.count} processes{', in shards' * task.settings.sharded}"
        if together.count > 1
        else "",
        f", going on from {resume.name}" if resume else "",
    )
    if task.settings.accumulation > 1 and trains_statistics(task.model):
        log.warning(
            "accumulation %d: BatchNorm is trained and normalises over each part of a batch alone, "
            "so this is another training than with whole batches; checkpointing saves memory too, "
            "and changes nothing",
            task.settings.accumulation,
        )
    if limit is not None:
        measure_training(trainer, limit)
    with trainer.stop as stop:
        try:
            trainer.train(resume_from_checkpoint=str(resume) if resume else None)
        except Stopped:
            trainer.save_state()
        stop.agree()
    if stop.received is not None:
        if together.first:
            log.error("stopped by %s; the state was saved, the same command goes on", stop.name)
        raise SystemExit(128 + stop.received)
    return trainer.keep_chosen()
