"""The average of a training's weights: its values, what has it, and a stop in the middle."""

import signal

import pytest
import torch
from tiny_training import Clips, Tiny, tiny_task
from transformers import set_seed

from sign2text.training.averaging import AVERAGE, WeightAverage
from sign2text.training.optimisers import adam
from sign2text.training.selection import Selection
from sign2text.training.trainer import train


def fit(state, stop_at=None, **changes):
    set_seed(1)
    model = Tiny()
    rows = train(tiny_task(model, Clips(stop_at), **changes), state)
    return {name: value.clone() for name, value in model.state_dict().items()}, rows


def test_the_average_has_the_shares_that_are_said():
    weight, other = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.ones(1))
    optimizer = adam([{"params": [weight, other], "lr": 0.1}])
    average, values = WeightAverage(optimizer, 0.5), []
    for _ in range(12):
        weight.grad = torch.ones(1)
        optimizer.step()
        values.append(weight.item())
    expected = values[0]
    for count, value in enumerate(values, start=1):
        kept = min(0.5, (1 + count) / (10 + count))
        expected = kept * expected + (1 - kept) * value
    assert optimizer.state[weight][AVERAGE].item() == pytest.approx(expected, abs=1e-6)
    assert not optimizer.state[other]  # it never had a gradient
    with average.in_place():
        assert weight.item() == pytest.approx(expected, abs=1e-6)
        assert other.item() == 1
    assert weight.item() == values[-1]


def test_the_model_is_left_with_the_average(tmp_path):
    plain, _ = fit(tmp_path / "plain")
    averaged, _ = fit(tmp_path / "averaged", average=0.9)
    assert not torch.equal(plain["head.weight"], averaged["head.weight"])
    none, _ = fit(tmp_path / "none", average=1e-9)
    assert torch.allclose(plain["head.weight"], none["head.weight"], atol=1e-6)


def test_dev_measures_the_average_and_it_is_kept(tmp_path):
    measured = []

    def measure(model, over):
        measured.append(model.head.weight.detach().clone())
        return float(len(measured) != 2)

    best = Selection(measure, metric="wer", name="WER", better="lower")
    chosen, _ = fit(tmp_path / "averaged", average=0.9, selection=best)
    assert len(measured) == 3 and torch.equal(chosen["head.weight"], measured[1])
    _, plain = fit(tmp_path / "plain")
    _, rows = fit(tmp_path / "again", average=0.9)
    assert [row.get("train_loss") for row in rows] == [row.get("train_loss") for row in plain]
    assert [row.get("dev_loss") for row in rows] != [row.get("dev_loss") for row in plain]


def test_a_training_that_was_stopped_has_the_same_average(tmp_path):
    whole, rows = fit(tmp_path / "whole", average=0.9)
    for stop_at in (7, 23 + 23 + 9):
        state = tmp_path / f"stopped{stop_at}"
        with pytest.raises(SystemExit) as stopped:
            fit(state, stop_at, average=0.9)
        assert stopped.value.code == 128 + signal.SIGTERM
        resumed, again = fit(state, average=0.9)
        assert all(torch.equal(whole[name], resumed[name]) for name in whole)
        assert again == rows
