"""The loss on the dev split while a training is under way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset
from transformers import PreTrainedModel

from sign2text.data.batches import batches_by_length, reading_by
from sign2text.data.clips import IGNORED
from sign2text.training.stopping import StopOnSignal

EVALUATION_STEPS = 256  # padded steps in a batch


class DevLoss:
    """Teacher-forced, a mean over the tokens of the whole split, without label smoothing."""

    def __init__(
        self,
        clips: Dataset,
        collate: Callable[[Sequence[Any]], dict[str, torch.Tensor]],
        loss: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor],
        *,
        workers: int,
    ) -> None:
        """`loss` is a sum, as in a Schedule; `workers` are processes that read the clips."""
        self.clips, self.collate, self.loss, self.workers = clips, collate, loss, workers

    def __call__(self, model: PreTrainedModel, stop: StopOnSignal) -> float:
        """That of a model in evaluation mode; several processes share the batches out.

        Raises:
            Stopped: a signal came.
        """
        batches = stop.processes.share(batches_by_length(self.clips.lengths, EVALUATION_STEPS))
        loader = DataLoader(
            self.clips,
            batch_sampler=[[(int(clip), 0) for clip in batch] for batch in batches],
            collate_fn=self.collate,
            # Its own: a loader draws from the generator, and the training's is not to notice.
            generator=torch.Generator(),
            **reading_by(self.workers),
        )

        def loss_of(inputs: dict[str, torch.Tensor]) -> tuple[float, int]:
            inputs = {key: value.to(model.device) for key, value in inputs.items()}
            labels = inputs.pop("labels")
            loss = self.loss(model(**inputs).logits, labels, 0.0).item()
            return loss, int(labels.ne(IGNORED).sum())

        total, tokens = 0.0, 0
        for loss, count in stop.together(map(loss_of, loader)):
            total, tokens = total + loss, tokens + count
        return total / tokens
