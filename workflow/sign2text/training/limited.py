"""The training loop under a work limit: time a few steps and a part of dev."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import count, islice
from math import ceil
from typing import Any, NoReturn

import torch
from torch.utils.data import Dataset
from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from sign2text.ground import work_limit
from sign2text.ground.work_limit import LimitReached, Phase, WorkLimit
from sign2text.training.dev_loss import EVALUATION_STEPS, DevLoss
from sign2text.training.evaluating import EvaluatingTrainer
from sign2text.training.logging import ProgressBar
from sign2text.training.measuring import Measuring, Times
from sign2text.training.task import Task

DEV_BATCHES = 4  # approximate number of dev batches for the loss
MEASURED_ITEMS = 3  # items for a metric that does not decode


def measure_training(trainer: EvaluatingTrainer, limit: WorkLimit) -> NoReturn:
    """Time steps, the losses on a part of dev, and the metric that selects weights.

    Nothing is saved. The whole of each phase refers to the real data, through the limit's scales.

    Raises:
        LimitReached: always, after the phases are recorded.
    """
    task = trainer.task
    data = limit.scales.get("train", 1.0), limit.scales.get("dev", 1.0)
    batches = ceil(round(trainer.dev_times.batches * data[0], 6))
    times = Times(batches, task.steps(batches), task.settings.dev_steps)
    limit.phases.append(time_steps(trainer, limit, times.steps))
    trainer.model.eval()
    with torch.no_grad():
        whole = times.number(times.steps) * sum(task.dev.lengths) * data[1]
        limit.phases.append(time_dev_loss(trainer, round(whole)))
        if task.selection is not None and task.selection.measure is not None:
            phase = time_selection(trainer, limit, times)
            whole = round(phase.whole * data[1] * selections(task, times))
            limit.phases.append(replace(phase, name=f"{phase.name} of dev", whole=whole))
    limit.note(trainer.model, times.epochs)
    raise LimitReached


def time_steps(trainer: EvaluatingTrainer, limit: WorkLimit, whole: int) -> Phase:
    """Train for the limit's steps; the time includes reading, forward, backward and update."""
    timer = StepTimes(limit)
    trainer.remove_callback(ProgressBar)
    trainer.remove_callback(Measuring)
    trainer.add_callback(timer)
    trainer.args.save_strategy = trainer.args.eval_strategy = "no"
    trainer.train()
    first = min(limit.warm_up, len(timer.seconds) - 1)
    seconds = timer.seconds[first:]
    batches = islice(in_order(trainer.task), first, first + len(seconds))
    items = [item for batch in batches for item in batch]
    return Phase(
        name="training",
        unit="step",
        units=len(seconds),
        seconds=sum(seconds),
        whole=whole,
        clips=len(items),
        frames=int(sum(trainer.task.train.lengths[number] for number, _ in items)),
    )


def time_dev_loss(trainer: EvaluatingTrainer, whole: int) -> Phase:
    """Time the losses on dev clips of all lengths; the whole split has `whole` frames."""
    dev = PartOfDev(trainer.task.dev)
    losses = DevLoss(replace(trainer.task, dev=dev))
    start = work_limit.now()
    losses(trainer.model, trainer.stop)
    seconds, frames = work_limit.now() - start, int(sum(dev.lengths))
    return Phase("loss on dev", "frame", frames, seconds, whole, len(dev), frames)


def time_selection(trainer: EvaluatingTrainer, limit: WorkLimit, times: Times) -> Phase:
    """Start measuring the metric, and time the items it passes to `over_batches` or `over`."""

    def over(compute: Callable[[Any], Any], items: Sequence[Any]) -> Iterable[Any]:
        return work_limit.over_batches(
            compute, items, lambda _: (), work="measuring", unit="batch", most=MEASURED_ITEMS
        )

    start, known = work_limit.now(), len(limit.phases)
    try:
        trainer.task.selection.measure(trainer.model, over)
    except LimitReached:
        return limit.phases.pop()
    # The metric used neither, so it was measured completely.
    del limit.phases[known:]
    seconds, clips = work_limit.now() - start, len(trainer.task.dev.lengths)
    frames = int(sum(trainer.task.dev.lengths))
    return Phase("measuring", "clip", clips, seconds, clips, clips, frames)


def selections(task: Task, times: Times) -> int:
    """Return the number of measurements of the metric in the whole training."""
    last = times.number(times.steps)
    return sum(task.selection.is_due(number, number == last) for number in range(1, last + 1))


def in_order(task: Task) -> Iterable[list[Any]]:
    """Yield batches of items in training order, epoch by epoch."""
    batches = task.batches()
    for epoch in count():
        batches.set_epoch(epoch)
        yield from batches


class StepTimes(TrainerCallback):
    """Records the wall time of each step, and stops the training at the limit."""

    def __init__(self, limit: WorkLimit) -> None:
        self.steps, self.seconds = limit.steps + limit.warm_up, list[float]()
        self.bar = tqdm(total=self.steps, unit="step", desc=limit.about or "training")

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.since = work_limit.now()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.seconds.append(work_limit.now() - self.since)
        self.since += self.seconds[-1]
        self.bar.update()
        if len(self.seconds) == self.steps:
            control.should_training_stop = True

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.bar.close()


class PartOfDev(Dataset):
    """Dev clips of all lengths, about DEV_BATCHES batches."""

    def __init__(self, dev: Dataset) -> None:
        mean = sum(dev.lengths) / len(dev.lengths)
        size = max(1, round(DEV_BATCHES * EVALUATION_STEPS / mean))
        by_length = sorted(range(len(dev.lengths)), key=dev.lengths.__getitem__)
        self.dev, self.kept = dev, sorted(work_limit.spread(by_length, size))
        self.lengths = [dev.lengths[clip] for clip in self.kept]

    def __len__(self) -> int:
        return len(self.kept)

    def __getitem__(self, item: tuple[int, int]) -> Any:
        return self.dev[self.kept[item[0]], item[1]]
