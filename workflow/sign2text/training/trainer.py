"""The one training loop that all methods share: transformers' Trainer with our batches.

What is ours: batches of like length, optimiser groups, checkpoints that are whole or not there, a
stop on SIGTERM that saves first, the choice of an epoch by BLEU-4 on dev, a progress bar and
TensorBoard logs.

Started by torchrun, several processes do one training (docs/several_gpus.md): each computes its
share of every batch, the library (through torch's DistributedDataParallel) sums their gradients,
and what is learned is what one process would learn of the same batches.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from transformers import PreTrainedModel, Trainer, TrainingArguments, set_seed
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from sign2text.data.batches import (
    BalancedBatchSampler,
    EpochDataLoader,
    batches_by_length,
    reading_by,
)
from sign2text.data.clips import IGNORED
from sign2text.data.shares import Part, Parts, Shares
from sign2text.models.shared_batch_norm import share_statistics
from sign2text.processes import processes
from sign2text.storage import writing
from sign2text.training.choosing import MEASURED, BestWeights, Choosing, best_entry
from sign2text.training.device import computing_in, precision_of
from sign2text.training.history import Row, history_rows
from sign2text.training.logging import ProgressBar
from sign2text.training.norms import part_norms
from sign2text.training.resuming import RunningLoss, evaluation_missing, logged_in
from sign2text.training.state import BEST, checkpoints, loading, prepare_state, remove, seal
from sign2text.training.stopping import StopOnSignal, Stopped

log = logging.getLogger(__name__)

EVALUATION_STEPS = 256  # padded steps in a batch of the dev split


@dataclass(frozen=True)
class Schedule:
    """What the loop needs to know beside model and data; stages fill it from their settings."""

    epochs: int
    batch_size: int
    label_smoothing: float
    optimizer: Literal["sgd", "adamw"]
    seed: int
    warmup: float = 0.0
    weight_decay: float = 0.0
    max_grad_norm: float = 0.0
    checkpoints: int = 20
    """How many times over the whole training the state is saved."""
    accumulation: int = 1
    """Parts that each batch is computed in, one after the other, before a step is made of them."""
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    """What the model computes in while it is trained; it is evaluated in float32."""
    workers: int = 0
    """Processes that read the data beside the training; they change nothing that is learned."""
    loss: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor] | None = None
    """Sum over the labels that are not -100, from logits, labels and smoothing; None: of tokens."""
    parts: Mapping[str, torch.nn.Module] = field(default_factory=dict)
    """The model's parts whose norms are recorded at the logging steps (training/norms.py)."""
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    """What the state hangs on; a state that was made with other values is not continued."""


class SignTrainer(Trainer):
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
        self.staging: Path | None = None
        self.norms: dict[str, float] = {}
        self.processes = processes()
        self.sampler = BalancedBatchSampler(train.lengths, schedule.batch_size, schedule.seed)
        steps = len(self.sampler) * schedule.epochs
        logged = logged_in(resume)
        first = self.processes.first
        self.best = BestWeights(state / BEST, logged, writes=first) if choosing else None
        self.stop = StopOnSignal(self.processes)
        self.running_loss = RunningLoss(self, resume, self.processes)
        # Of one process they are of the whole batch as they are.
        self.batch_norms = share_statistics(model) if self.processes.count > 1 else []
        os.environ["TENSORBOARD_LOGGING_DIR"] = str(state / "tensorboard")
        arguments = TrainingArguments(
            output_dir=str(state),
            num_train_epochs=schedule.epochs,
            seed=schedule.seed,
            lr_scheduler_type="cosine",
            warmup_steps=round(schedule.warmup * steps),
            max_grad_norm=schedule.max_grad_norm,
            logging_steps=max(1, min(50, len(self.sampler) // 4)),
            eval_strategy="epoch",
            eval_on_start=evaluation_missing(logged, resume, len(self.sampler)),
            save_strategy="steps",
            save_steps=max(1, math.ceil(steps / schedule.checkpoints)),
            save_total_limit=1,
            report_to=["tensorboard"],
            remove_unused_columns=False,
            use_cpu=not torch.cuda.is_available(),
            disable_tqdm=True,
            # Without, torch sums gradients in another order from the second step on, and so other
            # ones after a stop than without it.
            ddp_find_unused_parameters=True,
        )
        # One device: Trainer would spread a batch over all that it sees by cutting each tensor into
        # equal parts, and clips that lie one behind the other cannot be cut so.
        arguments.n_gpu  # noqa: B018 - finds the devices, or the next line would be undone
        arguments._n_gpu = min(arguments._n_gpu, 1)
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=train,
            eval_dataset=dev,
            data_collator=collate,
            compute_loss_func=self._loss,
            callbacks=[ProgressBar(), self.stop, self.running_loss],
        )
        self.precision = precision_of(schedule.precision, self.args.device)
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        if not first:
            self._draw_otherwise()

    def _draw_otherwise(self) -> None:
        """Give each process random numbers of its own from this step on; dropout draws them."""
        entropy = [self.schedule.seed, self.processes.number, self.state.global_step]
        set_seed(int(np.random.SeedSequence(entropy).generate_state(1)[0]))

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
        """The library's; a row of the training has the parts' norms too."""
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
        """Teacher-forced loss on dev, a mean over its tokens, without label smoothing."""
        data, device = self.eval_dataset, self.args.device
        batches = self.processes.share(batches_by_length(data.lengths, EVALUATION_STEPS))
        loader = DataLoader(
            data,
            batch_sampler=[[(int(clip), 0) for clip in batch] for batch in batches],
            collate_fn=self.collate,
            # Its own: a loader draws from the generator, and the training's is not to notice.
            generator=torch.Generator(),
            **reading_by(self.schedule.workers),
        )

        def loss_of(inputs: dict[str, torch.Tensor]) -> tuple[float, int]:
            inputs = {key: value.to(device) for key, value in inputs.items()}
            labels = inputs.pop("labels")
            loss = self.loss(self.model(**inputs).logits, labels, 0.0).item()
            return loss, int(labels.ne(IGNORED).sum())

        total, tokens = 0.0, 0
        for loss, count in self.stop.together(map(loss_of, loader)):
            total, tokens = total + loss, tokens + count
        return total / tokens

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

    def _load_from_checkpoint(self, checkpoint: str, model: Any = None) -> None:
        with loading(checkpoint):
            super()._load_from_checkpoint(checkpoint, model)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        with loading(checkpoint):
            super()._load_optimizer_and_scheduler(checkpoint)

    def _get_output_dir(self, trial: Any) -> str:
        return str(self.staging or self.args.output_dir)

    def save_state(self) -> None:
        """Save a checkpoint of now, if there is none."""
        if not (Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}").exists():
            self._save_checkpoint(self.model, None)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write the checkpoint under another name and rename it when it is whole.

        Every process adds the state of its random numbers; all else is written by the first one.
        """
        state, first = Path(self.args.output_dir), self.processes.first
        self.staging = state / "incomplete"
        try:
            if first:
                shutil.rmtree(self.staging, ignore_errors=True)
            self.processes.wait()
            with writing(state / f"checkpoint-{self.state.global_step}"):
                super()._save_checkpoint(model, trial)
                written = self.staging / f"checkpoint-{self.state.global_step}"
                self.running_loss.save(written)  # when all have come so far
                if first:
                    seal(written)
                    target = state / written.name
                    shutil.rmtree(target, ignore_errors=True)
                    written.rename(target)
        finally:
            self.staging = None
            if first:
                shutil.rmtree(state / "incomplete", ignore_errors=True)
        if first:
            for old in checkpoints(state)[:-1]:
                remove(old)
        if self.best is not None:
            self.best.checkpointed(self.state.log_history)
        self.processes.wait()

    def _load_rng_state(self, checkpoint: str | None) -> None:
        """The library's; random numbers of other processes are not gone on with but drawn anew."""
        if len(list(Path(checkpoint).glob("rng_state*.pth"))) == self.processes.count:
            with loading(checkpoint):
                super()._load_rng_state(checkpoint)
        else:
            self._draw_otherwise()


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
        stopped and gone on with.

    Raises:
        InputError: `state` was made with other settings, code or data, or does not say with which.
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
