"""Selection of weights by dev: the mean of a measurement over the pairs of languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from sign2text.data.batches import batches_by_length
from sign2text.ground.work_limit import Over
from sign2text.methods.scaling_slt.task_settings import Fitting
from sign2text.methods.scaling_slt.tasks import TaskCollator, TaskItems
from sign2text.models.trained_model import to_device
from sign2text.scoring.conventions import main_convention
from sign2text.training.dev_bleu import DevBleu
from sign2text.training.dev_loss import EVALUATION_STEPS
from sign2text.training.selection import Selection

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from sign2text.losses.loss import Loss
    from sign2text.models.translator import Translator

PAIR_LOSS = "pair_loss"


class DevPair(NamedTuple):
    """Items of one pair on dev, with the language that their outputs are in."""

    items: TaskItems
    language: str


def pair_selection(
    pairs: Mapping[str, DevPair],
    tokenizer: PreTrainedTokenizerFast,
    collate: TaskCollator,
    loss: Loss,
    config: Fitting,
) -> Selection | None:
    """Select weights by the mean of BLEU-4 or of the loss over `pairs`, by their names.

    None keeps the last weights. Each pair has a column in history.tsv too, such as
    `dev_bleu4_gsg_de`.
    """
    if not config.dev_bleu_every:
        return None
    if config.select == "loss":
        measure = PairLosses(pairs, collate, loss)
        return Selection(measure, config.dev_bleu_every, PAIR_LOSS, "loss", "lower")
    return Selection(PairBleu(pairs, tokenizer, config), config.dev_bleu_every)


class PairBleu:
    """BLEU-4 of each pair, and its mean."""

    def __init__(
        self, pairs: Mapping[str, DevPair], tokenizer: PreTrainedTokenizerFast, config: Fitting
    ) -> None:
        self.measures = {
            name: DevBleu(
                tokenizer,
                items,
                [example.output for example in items.examples],
                main_convention(config.adapter, language),
                beams=config.dev_beams,
                max_new_tokens=config.dev_max_new_tokens,
            )
            for name, (items, language) in pairs.items()
        }

    def __call__(self, model: Translator, over: Over = map) -> dict[str, float]:
        """Decode and score the pairs; 0 to 100."""
        return _with_mean(
            "bleu4", {name: measure(model, over) for name, measure in self.measures.items()}
        )


class PairLosses:
    """Teacher-forced loss of each pair, per token and without label smoothing, and its mean."""

    def __init__(self, pairs: Mapping[str, DevPair], collate: TaskCollator, loss: Loss) -> None:
        self.pairs, self.collate, self.loss = pairs, collate, loss.on_dev()

    def __call__(self, model: PreTrainedModel, over: Over = map) -> dict[str, float]:
        """Measure a model in evaluation mode."""
        return _with_mean(
            PAIR_LOSS,
            {name: self._of(model, items, over) for name, (items, _) in self.pairs.items()},
        )

    def _of(self, model: PreTrainedModel, items: TaskItems, over: Over) -> float:
        def loss_of(batch: Sequence[int] | np.ndarray) -> tuple[float, int]:
            inputs = to_device(self.collate([items[int(n), 0] for n in batch]), model.device)
            targets = {self.loss.target: inputs.pop(self.loss.target)}
            with torch.no_grad():
                return float(self.loss.sum(model(**inputs), targets)), int(self.loss.count(targets))

        found = list(over(loss_of, batches_by_length(items.lengths, EVALUATION_STEPS)))
        return sum(each for each, _ in found) / max(1, sum(count for _, count in found))


def _with_mean(metric: str, values: Mapping[str, float]) -> dict[str, float]:
    """Return the mean as `metric`, and each pair's value with its name behind it."""
    mean = {metric: sum(values.values()) / len(values)}
    if len(values) == 1:
        return mean
    return mean | {
        f"{metric}_{re.sub('[^a-z0-9]+', '_', name.lower())}": value
        for name, value in values.items()
    }
