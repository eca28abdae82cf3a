"""A model that trains in no time, and clips for it; for tests of the training loop."""

import dataclasses
import os
import signal

import torch
from transformers import PreTrainedModel
from transformers.configuration_utils import PreTrainedConfig
from transformers.modeling_outputs import Seq2SeqLMOutput

from sign2text.data.clips import Collator
from sign2text.losses.token_cross_entropy import TokenCrossEntropy
from sign2text.training.settings import Training
from sign2text.training.task import Task


class TinyConfig(PreTrainedConfig):
    model_type = "tiny"


class Tiny(PreTrainedModel):
    """Mean of a clip's steps and the token before, with dropout, to the next token."""

    config_class = TinyConfig

    def __init__(self):
        super().__init__(TinyConfig())
        self.steps, self.words = torch.nn.Linear(3, 8), torch.nn.Embedding(6, 8)
        self.dropout, self.head = torch.nn.Dropout(0.3), torch.nn.Linear(8, 6)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, features, lengths, decoder_input_ids):
        means = torch.stack([part.mean(0) for part in features.split(lengths.tolist())])
        hidden = self.steps(means)[:, None] + self.words(decoder_input_ids)
        return Seq2SeqLMOutput(logits=self.head(self.dropout(hidden)))


class Clips:
    def __init__(self, stop_at=None):
        generator = torch.Generator().manual_seed(0)
        self.lengths = [2 + n % 5 for n in range(23)]
        self.items = [torch.randn(n, 3, generator=generator) for n in self.lengths]
        self.stop_at, self.read = stop_at, 0

    def __len__(self):
        return len(self.items)

    def __getitem__(self, item):
        self.read += 1
        if self.read == self.stop_at:
            os.kill(os.getpid(), signal.SIGTERM)
        clip, epoch = item
        return {"steps": self.items[clip] + epoch, "target": [3 + clip % 2, 5, 2]}


SETTINGS = Training(epochs=3, batch_size=4, warmup=0.1, max_grad_norm=1.0)
COLLATE = Collator("features", 1, 0)
_OF_SETTINGS = {field.name for field in dataclasses.fields(Training)}


def tiny_task(model, train=None, **changes):
    """A task of `model` on Clips; `changes` are fields of the task or of its settings."""
    settings = {key: changes.pop(key) for key in list(changes) if key in _OF_SETTINGS}
    task = Task(
        model=model,
        losses={"translation": TokenCrossEntropy(0.2)},
        groups=[{"params": list(model.parameters()), "lr": 0.01}],
        train=Clips() if train is None else train,
        dev=Clips(),
        collate=COLLATE,
        settings=dataclasses.replace(SETTINGS, **settings),
        seed=1,
        fingerprint={"epochs": 3},
    )
    return dataclasses.replace(task, **changes)


def configure(stage, **settings):
    """The Config of a stage; what belongs to its nested `training` is put there."""
    training = {key: settings.pop(key) for key in list(settings) if key in _OF_SETTINGS}
    config = stage.Config(**settings)
    return dataclasses.replace(config, training=dataclasses.replace(config.training, **training))
