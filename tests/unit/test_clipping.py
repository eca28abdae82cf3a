"""Clipping of gradients by value, and then by norm."""

import pytest
import torch
from tiny_training import Tiny, tiny_task
from transformers import set_seed

from sign2text.training.trainer import train

RATE = 0.01


def first_step(folder, **settings):
    """Return the gradients of one step of plain descent: change of the weights by the rate."""
    set_seed(1)
    model = Tiny()
    before = torch.nn.utils.parameters_to_vector(model.parameters()).detach().clone()
    task = tiny_task(
        model, epochs=None, steps=1, warmup=0.0, schedule="constant", optimiser=torch.optim.SGD,
        **{"max_grad_norm": 0.0} | settings,
    )  # fmt: skip
    train(task, folder)
    return (before - torch.nn.utils.parameters_to_vector(model.parameters()).detach()) / RATE


@pytest.fixture(scope="module")
def gradients(tmp_path_factory):
    return first_step(tmp_path_factory.mktemp("unclipped"))


def test_values_are_clipped_and_then_the_norm(gradients, tmp_path):
    largest = float(gradients.abs().max()) / 4
    clipped = gradients.clamp(-largest, largest)
    assert clipped.norm() < 0.9 * gradients.norm()
    found = first_step(tmp_path / "values", max_grad_value=largest)
    assert torch.allclose(found, clipped, atol=1e-4)
    norm = float(clipped.norm()) / 3
    found = first_step(tmp_path / "both", max_grad_value=largest, max_grad_norm=norm)
    assert torch.allclose(found, clipped / 3, atol=1e-4)


def test_small_gradients_stay_as_they_are(gradients, tmp_path):
    found = first_step(tmp_path, max_grad_value=1e3, max_grad_norm=1e3)
    assert torch.allclose(found, gradients, atol=1e-6)
