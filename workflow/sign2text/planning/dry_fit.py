"""The training loop, for a few steps that are timed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from sign2text.planning.measured import Phase
from sign2text.training.dev_loss import EVALUATION_STEPS
from sign2text.training.logging import ProgressBar
from sign2text.training.rank_shares import Part
from sign2text.training.trainer import TaskTrainer

DEV_BATCHES = 4  # of the dev split that the loss is computed of


class StepTimes(TrainerCallback):
    """Wall time of each step: reading, forward, backward and update. Ends the training."""

    def __init__(self, device: torch.device, steps: int, warm_up: int, about: str | None) -> None:
        """`about` stands before the progress bar; None shows none."""
        self.device, self.steps, self.warm_up = device, steps, warm_up
        self.seconds: list[float] = []
        whole = steps + warm_up
        self.bar = tqdm(total=whole, unit="step", desc=about, disable=about is None)

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.since = now(self.device)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.seconds.append(now(self.device) - self.since)
        self.since += self.seconds[-1]
        self.bar.update()
        if len(self.seconds) == self.steps + self.warm_up:
            control.should_training_stop = True

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        control.should_evaluate = True  # also where it ends in the middle of an epoch

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.bar.close()


class DryTrainer(TaskTrainer):
    """The loop that all trainings share, but for a few steps, and nothing is saved."""

    def __init__(self, *arguments: Any, steps: int, warm_up: int, about: str | None) -> None:
        super().__init__(*arguments)
        self.times = StepTimes(self.args.device, steps, warm_up, about)
        self.sizes: list[tuple[int, int]] = []
        self.dev_seconds: list[float] = []
        self.remove_callback(ProgressBar)
        self.add_callback(self.times)

    def training_step(self, model: Any, inputs: list[Part], *arguments: Any) -> torch.Tensor:
        lengths = torch.cat([part.inputs["lengths"] for part in inputs])
        self.sizes.append((len(lengths), int(lengths.sum())))
        return super().training_step(model, inputs, *arguments)

    def _dev_losses(self) -> dict[str, float]:
        start = now(self.args.device)
        losses = super()._dev_losses()
        self.dev_seconds.append(now(self.args.device) - start)
        return losses

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Nothing is saved."""

    def phases(self, dev_frames: int) -> tuple[Phase, Phase]:
        """Training and the loss on dev; `dev_frames` are those of the whole dev split, sampled."""
        first = min(self.times.warm_up, len(self.times.seconds) - 1)
        seconds, sizes = self.times.seconds[first:], self.sizes[first:]
        training = Phase(
            name="training",
            unit="step",
            units=len(seconds),
            seconds=sum(seconds),
            whole=self.dev_times.steps,
            clips=sum(clips for clips, _ in sizes),
            frames=sum(frames for _, frames in sizes),
        )
        data, runs = self.eval_dataset, len(self.dev_seconds)
        frames = runs * sum(data.lengths)
        evaluation = Phase(
            name="loss on dev",
            unit="frame",
            units=frames,
            seconds=sum(self.dev_seconds),
            whole=self.dev_times.number(self.dev_times.steps) * dev_frames,
            clips=runs * len(data.lengths),
            frames=frames,
        )
        return training, evaluation


def now(device: torch.device) -> float:
    """Seconds, when the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def spread(items: Sequence[Any], count: int) -> list[Any]:
    """`count` of the items, evenly over their order; all where there are not more.

    >>> spread("abcdefgh", 3), spread("ab", 3)
    (['b', 'd', 'g'], ['a', 'b'])
    """
    if len(items) <= count:
        return list(items)
    places = (np.arange(count) + 0.5) * len(items) / count
    return [items[int(place)] for place in places]


def some_of_dev(lengths: Sequence[int]) -> list[int]:
    """Clips of all lengths, about DEV_BATCHES batches of them."""
    mean = sum(lengths) / len(lengths)
    count = max(1, round(DEV_BATCHES * EVALUATION_STEPS / mean))
    return sorted(spread(sorted(range(len(lengths)), key=lengths.__getitem__), count))


def warmed_up(early: Sequence[Any], items: Sequence[Any], about: str) -> Iterator[tuple[bool, Any]]:
    """The early items, which do not count, and the others, which do."""
    both = [*((False, item) for item in early), *((True, item) for item in items)]
    yield from tqdm(both, unit="batch", desc=about)
