"""Progress messages of a training."""

from __future__ import annotations

import logging
import sys
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

log = logging.getLogger(__name__)


class ProgressBar(TrainerCallback):
    """A progress bar on stderr and a line in the log for each measurement on dev."""

    def __init__(self, by_steps: bool = False) -> None:
        """Show steps instead of epochs in the lines if `by_steps`."""
        self.by_steps = by_steps

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # Before a resume, losses were logged.
        losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
        self.loss = losses[-1] if losses else float("nan")
        self.bar = tqdm(
            total=state.max_steps,
            initial=state.global_step,
            unit="step",
            disable=not state.is_world_process_zero,
            mininterval=0.5 if sys.stderr.isatty() else 20,
        )

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.bar.update(state.global_step - self.bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float],
        **_: Any,
    ) -> None:
        if "loss" in logs:
            self.loss = logs["loss"]
            self.bar.set_postfix(loss=f"{self.loss:.3f}", refresh=False)
        if "eval_loss" in logs:
            self.bar.clear()
            epoch = ("epoch", state.epoch or 0, state.num_train_epochs)
            log.info(
                "%s %.0f of %d: loss %.3f, dev loss %.3f",
                *(("step", state.global_step, state.max_steps) if self.by_steps else epoch),
                self.loss,
                logs["eval_loss"],
            )

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.bar.close()
