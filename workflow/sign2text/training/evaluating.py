"""Measurements on dev within the training loop, and selection of weights by them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import torch

from sign2text.training.averaging import WeightAverage
from sign2text.training.checkpointing import CheckpointedTrainer
from sign2text.training.dev_loss import DevLoss
from sign2text.training.history import Row, history_rows
from sign2text.training.measuring import Times
from sign2text.training.stopping import StopOnSignal
from sign2text.training.task import Task

log = logging.getLogger(__name__)


class EvaluatingTrainer(CheckpointedTrainer):
    """transformers' Trainer with its own way to measure dev and to select weights."""

    def prepare_evaluation(self, task: Task, times: Times, stop: StopOnSignal) -> None:
        """Set the attributes that evaluation needs; called before the library's initialisation."""
        self.task, self.dev_times, self.stop = task, times, stop
        self.dev_loss = DevLoss(task)
        self.average: WeightAverage | None = None

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Return the losses on dev and, when due, the selecting metric; store the best weights.

        Ranks share the batches of the split, and each rank scores all results. If the training
        averages weights, the average is measured and stored.

        The model's mode (training or evaluation) and the random state of the training are restored.

        Raises:
            Stopped: a signal was received; nothing was stored or logged.
        """
        with self.average.in_place() if self.average else nullcontext():
            return self._measure()

    def _measure(self) -> dict[str, float]:
        """Measure the model's current weights; see `evaluate`."""
        self.gather_shards()
        selection, step, training = self.task.selection, self.state.global_step, self.model.training
        number, last = self.dev_times.number(step), step == self.dev_times.steps
        devices = [self.args.device] if self.args.device.type == "cuda" else []
        self.model.eval()
        try:
            with torch.no_grad(), torch.random.fork_rng(devices=devices):
                losses = self._dev_losses()
                metrics = {f"eval_{name}": loss for name, loss in losses.items()}
                if selection and selection.is_due(number, last):
                    metrics |= selection.measured(self.model, self.stop.over)
        finally:
            self.model.train(training)
        self.log(metrics)
        if selection and selection.key in metrics:
            best = selection.best(self.state.log_history)
            if best["step"] == step:
                self.best.keep(self.model, best)
                # Wait here, not in the next step, where ranks on GPUs have a shorter timeout.
                self.processes.wait()
            log.info(
                "%s: dev %s %.2f, best so far %.2f of %s",
                self._when({"epoch": self.state.epoch or 0, "step": step}),
                *(selection.name, metrics[selection.key], best[selection.key]),
                self._when(best),
            )
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _dev_losses(self) -> dict[str, float]:
        return self.dev_loss(self.model, self.stop)

    def _when(self, entry: Mapping[str, Any]) -> str:
        """Return the epoch or step of a log entry, in words."""
        by_steps = self.task.settings.dev_steps is not None
        return f"step {entry['step']}" if by_steps else f"epoch {entry['epoch']:.0f}"

    def keep_chosen(self) -> list[Row]:
        """Load the selected weights into the model, and return the history of the training."""
        self.model.eval()
        logged, selection = self.state.log_history, self.task.selection
        if selection is None:
            if self.average is not None:
                self.average.exchange()
            self.gather_shards()
            return history_rows(logged, self.state.global_step)
        best = selection.best(logged)
        self.best.load_into(self.model, best["step"])
        log.info("kept: %s, dev %s %.2f", self._when(best), selection.name, best[selection.key])
        return history_rows(logged, best["step"])
