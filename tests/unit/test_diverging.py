"""A training with NaN or infinite values ends with an error and keeps its earlier state."""

import math
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import set_seed

from sign2text.ground.errors import InputError
from sign2text.training.trainer import train

sys.path.insert(0, str(Path(__file__).parent))
from tiny_training import Tiny, tiny_task

STEPS = 6  # of an epoch: 23 clips in batches of 4


class Diverging(Tiny):
    """A model that multiplies its outputs by `factor` from a training step on."""

    def __init__(self, first, factor=math.nan, steps=1000):
        super().__init__()
        self.bad, self.factor, self.step = range(first, first + steps), factor, 0

    def forward(self, features, lengths, decoder_input_ids):
        outputs = super().forward(features, lengths, decoder_input_ids)
        self.step += self.training
        if self.training and self.step in self.bad:
            outputs.logits = outputs.logits * self.factor
        return outputs


def fit(model, state, **changes):
    return train(tiny_task(model, **changes), state)


def finite(state):
    """Return the steps of the checkpoints, after checking that all weights are finite."""
    folders = sorted(state.glob("checkpoint-*"))
    for folder in folders:
        weights = load_file(folder / "model.safetensors").values()
        assert all(torch.isfinite(weight).all() for weight in weights)
    return [int(folder.name.rsplit("-", 1)[1]) for folder in folders]


@pytest.mark.parametrize("factor", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_training(tmp_path, factor):
    set_seed(1)
    with pytest.raises(InputError, match=r"step 8: the .* is (nan|inf).*diverged.*learning_rate"):
        fit(Diverging(8, factor), tmp_path, checkpoints=18)
    assert finite(tmp_path) == [7]


def test_weights_that_are_no_numbers_are_not_saved(tmp_path, monkeypatch):
    """Also if the step is not logged, and if the loss is finite again."""
    monkeypatch.setattr("sign2text.training.diverging.WATCHED", {})
    set_seed(1)
    model = Diverging(9, steps=1)
    with pytest.raises(InputError, match=r"step 12: \S+ holds values.*checkpoint in \S+"):
        fit(model, tmp_path, checkpoints=3)
    assert finite(tmp_path) == [6]
    assert not (tmp_path / "incomplete").exists()


def test_a_dev_loss_that_is_no_number_ends_the_training(tmp_path):
    class BadOnDev(Tiny):
        def forward(self, features, lengths, decoder_input_ids):
            outputs = super().forward(features, lengths, decoder_input_ids)
            if not self.training:
                outputs.logits = outputs.logits * math.nan
            return outputs

    with pytest.raises(InputError, match=rf"step {STEPS}: loss on dev is nan"):
        fit(BadOnDev(), tmp_path)
    assert finite(tmp_path) == [STEPS]
