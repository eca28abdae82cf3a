"""Optimisers and schedules of the settings against torch's, transformers' and values by hand."""

import math

import pytest
import torch
from torch import nn
from transformers import get_cosine_schedule_with_warmup
from transformers.optimization import Adafactor

from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.training.optimisers import optimiser_of, without_decay
from sign2text.training.schedules import constant, cosine, one_cycle, schedule_of
from sign2text.training.settings import Training


def settings(**changes):
    return read_settings(Training, changes)


def stepped(optimizer, weight):
    for step in range(3):
        weight.grad = (weight.detach() - step).sin()
        optimizer.step()
    return weight.detach()


def fresh():
    return torch.linspace(-1, 1, 12).reshape(3, 4).requires_grad_()


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("sgd", lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, weight_decay=0.3)),
        ("adam", lambda w: torch.optim.Adam(w, lr=0.1, betas=(0.8, 0.9), weight_decay=0.3)),
        ("adamw", lambda w: torch.optim.AdamW(w, lr=0.1, betas=(0.8, 0.9), weight_decay=0.3)),
        (
            "adafactor",
            lambda w: Adafactor(
                w, lr=0.1, scale_parameter=False, relative_step=False, weight_decay=0.3
            ),
        ),
    ],
)
def test_an_optimiser_is_the_one_that_the_settings_name(name, other):
    make = optimiser_of(settings(optimizer=name, betas=[0.8, 0.9], weight_decay=0.3))
    ours, theirs = fresh(), fresh()
    found = stepped(make([{"params": [ours], "lr": 0.1}]), ours)
    assert torch.allclose(found, stepped(other([theirs]), theirs), atol=1e-6)
    assert not torch.allclose(found, fresh().detach())


def test_l2_decay_is_a_part_of_the_gradient_and_adamws_is_not():
    """Adam's first step is the rate, whatever the size of the gradient: L2 decay changes signs."""
    weight = torch.tensor([1.0]).requires_grad_()
    weight.grad = torch.tensor([-0.1])
    optimiser_of(settings(optimizer="adam", weight_decay=0.5))(
        [{"params": [weight], "lr": 0.01}]
    ).step()
    assert weight.item() == pytest.approx(1 - 0.01)
    weight = torch.tensor([1.0]).requires_grad_()
    weight.grad = torch.tensor([-0.1])
    optimiser_of(settings(optimizer="adamw", weight_decay=0.5))(
        [{"params": [weight], "lr": 0.01}]
    ).step()
    assert weight.item() == pytest.approx(1 * (1 - 0.01 * 0.5) + 0.01)


def test_biases_norms_and_named_parameters_do_not_decay():
    model = nn.ModuleDict({"first": nn.Linear(2, 2), "norm": nn.BatchNorm1d(2)})
    model.register_parameter("gate", nn.Parameter(torch.ones(1)))
    rest = nn.Linear(2, 2, bias=False)
    model["rest"] = rest
    groups = [
        {
            "params": [*model["first"].parameters(), *model["norm"].parameters(), model.gate],
            "lr": 1,
        },
        {"params": rest.parameters(), "lr": 2},
    ]
    split = without_decay(model, groups, ["gate"])
    assert [(group["lr"], group.get("weight_decay")) for group in split] == [
        (1, None),
        (1, 0.0),
        (2, None),
    ]
    kept, exempt, other = (list(group["params"]) for group in split)
    assert [id(each) for each in kept] == [id(model["first"].weight)]
    assert {id(each) for each in exempt} == {
        id(each)
        for each in (model["first"].bias, model["norm"].weight, model["norm"].bias, model.gate)
    }
    assert [id(each) for each in other] == [id(rest.weight)]


def rates(make, steps, highest=0.2):
    """Return the rate at each step."""
    weight = fresh()
    optimizer = torch.optim.SGD([weight], lr=highest)
    schedule, found = make(optimizer, steps), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_the_cosine_is_the_librarys_to_the_bit():
    """FLa-LLM's trainings were made with that one."""
    for warmup, steps in ((0.0, 17), (0.05, 130), (0.3, 9)):
        theirs = rates(
            lambda optimizer, steps, warmup=warmup: get_cosine_schedule_with_warmup(
                optimizer, round(warmup * steps), steps
            ),
            steps,
        )
        assert rates(schedule_of(settings(warmup=warmup)), steps) == theirs


def test_a_cosine_from_and_to_a_share_of_the_rate():
    """Sign2GPT: five of a hundred epochs up from 3e-6 to 3e-4, and down to 3e-6 again."""
    found = rates(cosine(0.05, start=0.01, floor=0.01), 1000, highest=3e-4)
    assert found[0] == pytest.approx(3e-6)
    assert found[25] == pytest.approx((3e-6 + 3e-4) / 2)
    assert found[50] == max(found) == pytest.approx(3e-4)
    assert found[525] == pytest.approx((3e-6 + 3e-4) / 2)
    assert found[-1] == pytest.approx(3e-6, rel=1e-3)
    assert rates(schedule_of(settings(warmup=0.05, lowest=0.01)), 1000, highest=3e-4) == found


@pytest.mark.parametrize("rise", [0.3, 0.1, 0.9])
def test_one_cycle_is_torchs(rise):
    theirs = rates(
        lambda optimizer, steps: torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 0.2, total_steps=steps, pct_start=rise, cycle_momentum=False
        ),
        50,
    )
    assert rates(one_cycle(rise), 50) == pytest.approx(theirs, rel=1e-6)
    assert rates(schedule_of(settings(schedule="one_cycle", warmup=rise)), 50) == pytest.approx(
        theirs, rel=1e-6
    )


def test_a_constant_rate_rises_first():
    assert rates(constant(0.4), 5) == pytest.approx([0.0, 0.1, 0.2, 0.2, 0.2])
    assert rates(schedule_of(settings(schedule="constant")), 3) == [0.2] * 3


def test_schedules_end_where_they_begin_without_steps_to_rise_in():
    for schedule in ("cosine", "one_cycle", "constant"):
        found = rates(schedule_of(settings(schedule=schedule)), 2)
        assert all(math.isfinite(rate) and rate >= 0 for rate in found)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": 10}, "epochs is 1 and steps 10; exactly one of them is expected"),
        ({"epochs": None}, "epochs is None and steps None"),
        ({"betas": [0.9]}, "betas: found"),
        ({"optimizer": "lion"}, "optimizer: found"),
        ({"epochs": 0}, "epochs: found 0"),
        (
            {"sharded": True, "optimizer": "adafactor"},
            "sharded is true and optimizer adafactor; only adamw is expected",
        ),
        ({"schedule": "constant", "lowest": 0.1}, "lowest is 0.1 and schedule constant; only"),
    ],
)
def test_settings_that_are_no_training_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        settings(**given)


def test_a_length_in_steps_takes_the_place_of_epochs():
    found = settings(epochs=None, steps=7)
    assert (found.epochs, found.steps) == (None, 7)
