"""How a training is stopped from outside without losing what it has done."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from sign2text.ground.processes import Processes, in_turn

Item, Result = TypeVar("Item"), TypeVar("Result")


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """A signal came while nothing was trained, such as in an evaluation."""


class StopOnSignal(TrainerCallback):
    """On SIGTERM or SIGINT, finish the step, save the state and leave the loop.

    Clusters give seconds between SIGTERM and SIGKILL. Used as a context manager around training.
    All processes of a training stop when any of them receives a signal.
    """

    def __init__(self, processes: Processes) -> None:
        self.processes = processes
        self.noted: int | None = None
        """The signal that this process was sent, whatever the others were."""
        self.received: int | None = None
        """The signal that all of them know of; what they do next depends on this one."""

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
        self.noted = number

    def agree(self) -> None:
        """Agree on the received signal across processes (collective call)."""
        self.received = self.processes.highest(self.noted or 0) or None

    def over(self, compute: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """As `map`, by all processes, each of which is given all results.

        Raises:
            Stopped: a signal has come, to any of the processes.
        """
        return self.together(map(compute, self.processes.share(items)))

    def together(self, results: Iterable[Result]) -> list[Result]:
        """All results, in order, where each process makes those of its share; Stopped as above."""
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
            control.should_evaluate = False  # there is no time for it

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # The loop comes here when it is left, too.
        if self.received is not None:
            control.should_evaluate = False
