"""Low-rank increments of linear layers."""

import torch

from sign2text.models.lora import Lora

SIZES = {"rank": 2, "alpha": 6.0, "dropout": 0.5}


def test_increment_is_b_of_a_times_alpha_over_rank() -> None:
    lora = Lora(3, 2, **SIZES, a_std=0.2).eval()
    with torch.no_grad():
        lora.a.weight.copy_(torch.tensor([[1.0, 0, 2], [0, 1, 0]]))
        lora.b.weight.copy_(torch.tensor([[1.0, 0], [1, 1]]))
    # A x = (1 + 2 * 3, 2) = (7, 2); B A x = (7, 9); times 6 / 2.
    assert lora(torch.tensor([1.0, 2, 3])).tolist() == [21.0, 27.0]


def test_zero_at_the_start_but_with_torchs_own_weights() -> None:
    torch.manual_seed(0)
    x, lora = torch.randn(5, 300), Lora(300, 40, **SIZES, a_std=0.2).eval()
    assert lora(x).abs().max() == 0
    assert 0.18 < lora.a.weight.std() < 0.22
    assert Lora(300, 40, **SIZES, a_std=None).eval()(x).abs().min() > 0


def test_b_learns_first() -> None:
    lora = Lora(4, 3, **SIZES, a_std=0.2)
    lora(torch.randn(6, 4)).sum().backward()
    assert lora.a.weight.grad.abs().sum() == 0  # B is zero
    assert lora.b.weight.grad.abs().sum() > 0


def test_dropout_is_of_the_inputs_and_in_training_alone() -> None:
    lora = Lora(1, 1, **SIZES, a_std=None)
    x = torch.ones(1000, 1)
    whole = lora.eval()(x)[0]
    with torch.no_grad():
        found = lora.train()(x) / whole
    assert sorted(found.unique().tolist()) == [0.0, 2.0]  # p 0.5: zero or twice
