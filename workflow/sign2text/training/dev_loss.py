"""Losses on the dev split during training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.utils.data import DataLoader
from transformers import PreTrainedModel

from sign2text.data.batches import batches_by_length, reading_by
from sign2text.training.stopping import StopOnSignal

if TYPE_CHECKING:
    from sign2text.training.task import Task

EVALUATION_STEPS = 256  # padded steps in a batch


class DevLoss:
    """Teacher-forced losses over the whole split, without label smoothing."""

    def __init__(self, task: Task) -> None:
        self.task, self.losses = task, task.dev_losses()

    def __call__(self, model: PreTrainedModel, stop: StopOnSignal) -> dict[str, float]:
        """Return the losses of a model in evaluation mode; ranks share the batches.

        `loss` is the weighted sum; with several losses, `loss_<name>` has each of them.

        Raises:
            Stopped: a signal was received.
        """
        clips = self.task.dev
        batches = stop.processes.share(batches_by_length(clips.lengths, EVALUATION_STEPS))
        loader = DataLoader(
            clips,
            batch_sampler=[[(int(clip), 0) for clip in batch] for batch in batches],
            collate_fn=self.task.dev_collate or self.task.collate,
            # A separate generator, since a loader draws from it and must not change the training's.
            generator=torch.Generator(),
            **reading_by(self.task.settings.workers),
        )
        ones = torch.ones(len(self.losses.losses), dtype=torch.int64)

        def losses_of(batch: dict[str, torch.Tensor]) -> tuple[list[float], list[int]]:
            counts = self.losses.counts([batch])
            batch = {key: value.to(model.device) for key, value in batch.items()}
            outputs = model(**self.task.inputs(batch))
            _, sums = self.losses.values(outputs, batch, ones.to(model.device))
            return sums.tolist(), counts.tolist()

        sums, counts = [0.0] * len(ones), [0] * len(ones)
        for found, counted in stop.together(map(losses_of, loader)):
            sums = [a + b for a, b in zip(sums, found, strict=True)]
            counts = [a + b for a, b in zip(counts, counted, strict=True)]
        means = {
            name: value / max(count, 1)
            for name, value, count in zip(self.losses.losses, sums, counts, strict=True)
        }
        total = sum(self.losses.weights[name] * mean for name, mean in means.items())
        return {"loss": total, **{f"loss_{name}": means[name] for name in self.losses.named}}
