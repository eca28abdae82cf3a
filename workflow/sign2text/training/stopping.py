"""Stopping a training from outside without losing its progress."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from sign2text.ground.processes import Processes, in_turn

Item, Result = TypeVar("Item"), TypeVar("Result")


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """A signal was received outside a training step, for example in an evaluation."""


class StopOnSignal(TrainerCallback):
    """On SIGTERM or SIGINT, finish the step, save the state and leave the loop.

    Clusters allow some seconds between SIGTERM and SIGKILL. Used as a context manager around
    training. All ranks stop when any of them receives a signal.
    """

    def __init__(self, processes: Processes) -> None:
        self.processes = processes
        self.noted: int | None = None
        """Signal that this rank received, which other ranks may not know yet."""
        self.received: int | None = None
        """Signal that all ranks know about; only this one decides what they do next."""

    @property
    def name(self) -> str:
        """Name of the received signal."""
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
        self.noted = number

    def agree(self) -> None:
        """Agree on the received signal across ranks (collective call)."""
        self.received = self.processes.highest(self.noted or 0) or None

    def over(self, compute: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Map like `map`, shared among all ranks; each rank gets all results.

        Raises:
            Stopped: any rank received a signal.
        """
        return self.together(map(compute, self.processes.share(items)))

    def together(self, results: Iterable[Result]) -> list[Result]:
        """Return all results in order; each rank computes its share. Raises Stopped as above."""
        mine: list[Result] | None = []
        for result in results:
            if self.noted is not None:
                mine = None
                break
            mine.append(result)
        found = self.processes.gather(mine)
        if any(each is None for each in found):
            self.agree()
            raise Stopped
        return in_turn(found)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.agree()
        if self.received is not None:
            control.should_save = True
            control.should_training_stop = True
            control.should_evaluate = False  # no time for it

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # The library also calls this when it leaves the loop.
        if self.received is not None:
            control.should_evaluate = False
