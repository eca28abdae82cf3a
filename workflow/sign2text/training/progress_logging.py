"""What a person sees of a training, and how it is stopped."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

log = logging.getLogger(__name__)


class ProgressBar(TrainerCallback):
    """A progress bar on stderr and a line in the log for each epoch."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.loss = float("nan")
        self.bar = tqdm(
            total=state.max_steps,
            initial=state.global_step,
            unit="step",
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
            log.info(
                "epoch %.0f of %d: loss %.3f, dev loss %.3f",
                state.epoch or 0,
                state.num_train_epochs,
                self.loss,
                logs["eval_loss"],
            )

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.bar.close()


class StopOnSignal(TrainerCallback):
    """On SIGTERM or SIGINT, finish the step, save the state and leave the loop.

    Clusters give seconds between SIGTERM and SIGKILL. Used as a context manager around training.
    """

    def __init__(self) -> None:
        self.received: int | None = None

    @property
    def name(self) -> str:
        """The signal that came."""
        return signal.Signals(self.received).name

    def __enter__(self) -> StopOnSignal:
        self.before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
        for number in self.before:
            signal.signal(number, self._note)
        return self

    def __exit__(self, *_: Any) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: Any) -> None:
        self.received = number

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # After the last step there is nothing left to stop.
        if self.received is not None and state.global_step < state.max_steps:
            control.should_save = True
            control.should_training_stop = True
        elif state.global_step >= state.max_steps:
            self.received = None
