"""Times to measure dev: after each epoch or a number of steps, and after the last step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

DEV_LOSS = "eval_loss"  # key in the library's log


@dataclass(frozen=True)
class Times:
    """The steps after which dev is measured."""

    batches: int
    """Steps per epoch."""
    steps: int
    """Steps in the whole training."""
    every: int | None = None
    """Steps between two measurements; None measures after each epoch."""

    @property
    def epochs(self) -> int:
        """Epochs in the whole training; the last one may be incomplete."""
        return -(-self.steps // self.batches)

    def due(self, step: int) -> bool:
        """Return whether dev is measured after `step`, counted from 1."""
        return step == self.steps or (step > 0 and step % (self.every or self.batches) == 0)

    def number(self, step: int) -> int:
        """Return the number of measurements up to and including the one after `step`."""
        return -(-step // (self.every or self.batches))

    def missing(self, step: int, logged: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether the measurement after `step` is due but not in the log."""
        done = any(entry["step"] == step for entry in logged if DEV_LOSS in entry)
        return self.due(step) and not done


class Measuring(TrainerCallback):
    """Requests a measurement of dev when it is due, at most once per step."""

    def __init__(self, times: Times) -> None:
        self.times = times

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # At the end of an epoch, on_epoch_end asks for it, after the library has left the epoch.
        if self.times.every and self.times.due(state.global_step):
            control.should_evaluate = True

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        control.should_evaluate = self.times.missing(state.global_step, state.log_history)
