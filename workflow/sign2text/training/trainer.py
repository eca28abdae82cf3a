"""The one training loop that all methods share: transformers' Trainer with our batches.

What is ours: batches of like length, optimiser groups, checkpoints that are whole or not there
(checkpointing.py), a stop on SIGTERM that saves first (stopping.py), the choice of an epoch by
BLEU-4 on dev (choosing.py), a progress bar and TensorBoard logs.

Started by torchrun, several processes do one training (docs/several_gpus.md): each computes its
share of every batch, the library (through torch's DistributedDataParallel) sums their gradients,
and what is learned is what one process would learn of the same batches.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from torch.utils.data import Dataset
from transformers import PreTrainedModel
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from sign2text.data.batches import BalancedBatchSampler, EpochDataLoader, reading_by
from sign2text.data.clips import IGNORED
from sign2text.ground.device import computing_in, precision_of
from sign2text.ground.processes import processes
from sign2text.jobs.finished_trainings import BEST
from sign2text.models.shared_batch_norm import share_statistics, trains_statistics
from sign2text.training.arguments import library_arguments
from sign2text.training.checkpointing import CheckpointedTrainer
from sign2text.training.dev_loss import DevLoss
from sign2text.training.diverging import check_logged
from sign2text.training.history import Row, history_rows
from sign2text.training.logging import ProgressBar
from sign2text.training.norms import part_norms
from sign2text.training.rank_shares import Part, Parts, Shares
from sign2text.training.resuming import evaluation_missing, logged_in
from sign2text.training.schedule import Schedule
from sign2text.training.selection import MEASURED, BestWeights, Choosing, best_entry
from sign2text.training.state import prepare_state
from sign2text.training.stopping import StopOnSignal, Stopped

log = logging.getLogger(__name__)


class SignTrainer(CheckpointedTrainer):
    """transformers' Trainer on datasets that have `lengths` and items (clip, epoch)."""

    def __init__(
        self,
        model: PreTrainedModel,
        schedule: Schedule,
        groups: Sequence[dict[str, Any]],
        train: Dataset,
        dev: Dataset,
        collate: Callable[[Sequence[Any]], dict[str, torch.Tensor]],
        state: Path,
        choosing: Choosing | None = None,
        resume: Path | None = None,
    ) -> None:
        self.schedule, self.groups, self.collate = schedule, groups, collate
        self.loss, self.choosing = schedule.loss or token_loss, choosing
        self.norms: dict[str, float] = {}
        self.sampler = BalancedBatchSampler(train.lengths, schedule.batch_size, schedule.seed)
        self.dev_loss = DevLoss(dev, collate, self.loss, workers=schedule.workers)
        together, logged, batches = processes(), logged_in(resume), len(self.sampler)
        self.stop = StopOnSignal(together)
        # One process sees the whole batch: a plain BatchNorm will do.
        self.batch_norms = share_statistics(model) if together.count > 1 else []
        super().__init__(
            together,
            BestWeights(state / BEST, logged, writes=together.first) if choosing else None,
            resume,
            callbacks=[ProgressBar(), self.stop],
            model=model,
            args=library_arguments(
                schedule, batches, state, evaluation_missing(logged, resume, batches)
            ),
            train_dataset=train,
            eval_dataset=dev,
            data_collator=collate,
            compute_loss_func=self._loss,
        )
        self.precision = precision_of(schedule.precision, self.args.device)
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        if not together.first:
            self.draw_otherwise()

    def _loss(
        self, outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | int | None
    ) -> torch.Tensor:
        """The schedule's loss, a mean over all tokens (or places) of the whole step."""
        total = self.loss(outputs.logits, labels, self.schedule.label_smoothing)
        return total / num_items_in_batch

    def training_step(
        self,
        model: torch.nn.Module,
        inputs: list[Part],
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Forward and backward of a whole batch, or of this process's share, part by part.

        Each part's loss is a share of the mean over the tokens of the whole batch. At logging steps
        the norms are taken here, where the gradients are whole and not yet clipped.
        """
        losses = []
        for part in inputs:
            for norm in self.batch_norms:
                norm.counts = part.counts
            # The processes' gradients are summed once, with the last part.
            last = part is inputs[-1]
            with contextlib.nullcontext() if last else self.accelerator.no_sync(model):
                losses.append(super().training_step(model, part.inputs, num_items_in_batch))
        loss = sum(losses[1:], losses[0])
        if self._is_logging_step():
            self.norms = part_norms(self.schedule.parts)
        return loss

    def _get_num_items_in_batch(self, batch_samples: list, device: torch.device) -> Any:
        """The tokens of a whole batch, in all its parts and all processes."""
        inputs = [part.inputs for parts in batch_samples for part in parts]
        return super()._get_num_items_in_batch(inputs, device)

    def floating_point_ops(self, inputs: list[Part]) -> int:
        """The library's, of all parts."""
        return sum(super(SignTrainer, self).floating_point_ops(part.inputs) for part in inputs)

    def compute_loss_context_manager(self) -> contextlib.AbstractContextManager:
        """Where the library computes the loss: in the precision of the schedule."""
        return computing_in(self.precision, self.args.device)

    def _is_logging_step(self) -> bool:
        """Whether what is known of the step that is under way will be logged."""
        return (self.state.global_step + 1) % self.state.logging_steps == 0

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        """The library takes the norm of all gradients at every step; only logged ones are seen."""
        if grad_norm is None and not self._is_logging_step():
            return None
        return super()._get_grad_norm(model, grad_norm)

    def log(self, logs: dict[str, float], *arguments: Any) -> None:
        """The library's; a row of the training has the parts' norms too.

        Raises:
            InputError: the loss or the norm of the gradients is no number.
        """
        check_logged(logs, self.state.global_step, Path(self.args.output_dir))
        super().log(logs | self.norms if "loss" in logs else logs, *arguments)

    def get_train_dataloader(self) -> EpochDataLoader:
        """Batches of like length; their number is the same each epoch, as exact resume needs.

        Each process reads its share of them, so the library is not to share them out once more.
        """
        shares = Shares(
            self.sampler, self.schedule.accumulation, self.processes.number, self.processes.count
        )
        return EpochDataLoader(
            Parts(self.train_dataset, self.collate),
            batch_sampler=shares,
            collate_fn=list,
            **reading_by(self.schedule.workers),
        )

    def create_optimizer(self, model: PreTrainedModel | None = None) -> torch.optim.Optimizer:
        """SGD with momentum 0.9, or AdamW (with `weight_decay: 0` it is Adam)."""
        if self.optimizer is None:
            decay = self.schedule.weight_decay
            if self.schedule.optimizer == "sgd":
                self.optimizer = torch.optim.SGD(self.groups, momentum=0.9, weight_decay=decay)
            else:
                self.optimizer = torch.optim.AdamW(self.groups, weight_decay=decay, fused=True)
        return self.optimizer

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Loss on dev, and BLEU-4 of it where it is due; the best weights so far are stored.

        Several processes share the split out by batches, and each scores all that they made of it.

        The model is left as it was found, in training mode or not, and so is what training draws
        random numbers from.

        Raises:
            Stopped: a signal came in the middle; nothing was stored or logged.
        """
        epoch, training = round(self.state.epoch or 0), self.model.training
        devices = [self.args.device] if self.args.device.type == "cuda" else []
        self.model.eval()
        try:
            with torch.no_grad(), torch.random.fork_rng(devices=devices):
                metrics = {"eval_loss": self._dev_loss()}
                if self.choosing and self.choosing.is_due(epoch, self.schedule.epochs):
                    metrics[MEASURED] = self.choosing.measure(self.model, self.stop.over)
        finally:
            self.model.train(training)
        self.log(metrics)
        if MEASURED in metrics:
            best = best_entry(self.state.log_history)
            if best["step"] == self.state.global_step:
                self.best.keep(self.model, best)
                # Not in the next step, where processes on GPUs wait for each other less patiently.
                self.processes.wait()
            log.info(
                "epoch %d: dev BLEU-4 %.2f, best so far %.2f of epoch %.0f",
                epoch,
                metrics[MEASURED],
                best[MEASURED],
                best["epoch"],
            )
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _dev_loss(self) -> float:
        return self.dev_loss(self.model, self.stop)

    def keep_chosen(self) -> list[Row]:
        """Give the model the weights that are kept, and return the history of the training."""
        self.model.eval()
        logged = self.state.log_history
        if self.choosing is None:
            return history_rows(logged, self.state.global_step)
        best = best_entry(logged)
        self.best.load_into(self.model, best["step"])
        log.info("kept: epoch %.0f, dev BLEU-4 %.2f", best["epoch"], best[MEASURED])
        return history_rows(logged, best["step"])


def token_loss(logits: torch.Tensor, labels: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Sum of cross-entropy over the tokens of `labels` [B, L] that are not -100."""
    return functional.cross_entropy(
        logits.flatten(0, 1).float(),
        labels.flatten(),
        ignore_index=IGNORED,
        label_smoothing=smoothing,
        reduction="sum",
    )


def train(
    model: PreTrainedModel,
    schedule: Schedule,
    groups: Sequence[dict[str, Any]],
    train_data: Dataset,
    dev_data: Dataset,
    collate: Callable[[Sequence[Any]], dict[str, torch.Tensor]],
    state: Path,
    choosing: Choosing | None = None,
) -> list[Row]:
    """Train `model` in place; go on from the last checkpoint in `state` where there is one.

    Of several processes each trains its own `model`, all alike; the first writes to `state`.

    Args:
        groups: the optimiser's parameter groups, each with `params` and `lr`.
        state: folder for checkpoints and TensorBoard logs; it outlives a killed process.
        choosing: which epoch's weights the model is left with; None: the last one's.

    Returns:
        The rows of the training's history (training/history.py), complete also when it was
        stopped and resumed.

    Raises:
        InputError: `state` was made with other settings, code or data, or does not say with which;
            or the training diverged, and its loss or weights are no numbers any more.
        SystemExit: SIGTERM or SIGINT came; the state was saved before.
    """
    together = processes()  # the first one holds the lock now: nobody else writes to the state
    resume = prepare_state(state, schedule.fingerprint, writes=together.first)
    trainer = SignTrainer(
        model, schedule, groups, train_data, dev_data, collate, state, choosing, resume
    )
    count = sum(p.numel() for group in groups for p in group["params"])
    log.info(
        "training %.2f M parameters on %d items, %d steps, in %s%s%s",
        count / 1e6,
        len(train_data),
        len(trainer.sampler) * schedule.epochs,
        str(trainer.precision).removeprefix("torch."),
        f", by {together.count} processes" if together.count > 1 else "",
        f", going on from {resume.name}" if resume else "",
    )
    if schedule.accumulation > 1 and trains_statistics(model):
        log.warning(
            "accumulation %d: BatchNorm is trained and normalises over each part of a batch alone, "
            "so this is another training than with whole batches; checkpointing saves memory too, "
            "and changes nothing",
            schedule.accumulation,
        )
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
