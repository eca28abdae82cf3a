"""When dev is measured: after each epoch or every so many steps, and after the last step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

DEV_LOSS = "eval_loss"  # in the library's log


@dataclass(frozen=True)
class Times:
    """The steps after which dev is measured."""

    batches: int
    """Steps of an epoch."""
    steps: int
    """Steps of the whole training."""
    every: int | None = None
    """Steps between two measurements; None: one after each epoch."""

    @property
    def epochs(self) -> int:
        """Epochs of the whole training, the last one complete or not."""
        return -(-self.steps // self.batches)

    def due(self, step: int) -> bool:
        """Return whether dev is measured after `step`, counted from 1."""
        return step == self.steps or (step > 0 and step % (self.every or self.batches) == 0)

    def number(self, step: int) -> int:
        """Return how many measurements there have been with the one after `step`."""
        return -(-step // (self.every or self.batches))

    def missing(self, step: int, logged: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether the measurement after `step` is due and not in the log."""
        done = any(entry["step"] == step for entry in logged if DEV_LOSS in entry)
        return self.due(step) and not done


class Measuring(TrainerCallback):
    """Asks for a measurement of dev when it is due, once after each step."""

    def __init__(self, times: Times) -> None:
        self.times = times

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # Those that end an epoch come when the library has left it, as on_epoch_end says.
        if self.times.every and self.times.due(state.global_step):
            control.should_evaluate = True

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        control.should_evaluate = self.times.missing(state.global_step, state.log_history)
