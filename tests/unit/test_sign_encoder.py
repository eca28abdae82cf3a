"""Sign2GPT's sign encoder."""

import math

import pytest
import torch
from torch import nn
from transformers import set_seed

from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.methods.sign2gpt.sign_encoder import SignEncoder, halved, turned
from sign2text.methods.sign2gpt.sign_encoder_config import SignEncoderConfig

SMALL = {
    "width": 16, "heads": 2, "feed_forward": 32, "window": 3, "layer_scale": 0.5,
    "most_steps": 12,
}  # fmt: skip
LENGTHS = torch.tensor([7, 1, 4, 12])


def encoder(**changes) -> SignEncoder:
    set_seed(0)
    return SignEncoder(SignEncoderConfig(**(SMALL | changes))).eval()


def clips(lengths=LENGTHS) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(int(lengths.sum()), 16, generator=generator)


def test_the_published_size_has_the_papers_parameters():
    with torch.device("meta"):
        model = SignEncoder(SignEncoderConfig())
    assert sum(each.numel() for each in model.parameters()) == 12_613_632
    layers = [layer for stage in model.stages for layer in stage]
    assert [sum(each.numel() for each in layer.parameters()) for layer in layers] == [3_153_408] * 4
    assert [layer.drop_path for layer in layers] == pytest.approx([0, 1 / 30, 2 / 30, 0.1])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"window": None},
        {"downsample": False},
        {"rotary": False, "positions": "none"},
        {"positions": "learnable_random"},
        {"stages": [1, 1, 1]},
    ],
)
def test_a_clip_gives_the_same_alone_and_in_a_batch(changes):
    model, features = encoder(**changes), clips()
    with torch.no_grad():
        together, steps = model(features, LENGTHS)
        assert steps.tolist() == [model.steps_of(each) for each in LENGTHS.tolist()]
        halvings = 0 if "downsample" in changes else len(changes.get("stages", [2, 2])) - 1
        assert steps.tolist() == {0: [7, 1, 4, 12], 1: [4, 1, 2, 6], 2: [2, 1, 1, 3]}[halvings]
        for clip, found in zip(features.split(LENGTHS.tolist()), together.split(steps.tolist()),
                               strict=True):  # fmt: skip
            alone, _ = model(clip, torch.tensor([len(clip)]))
            assert torch.allclose(alone, found, atol=1e-5)


def gradient_of(model: SignEncoder, frames: int, step: int) -> list[int]:
    """Return the frames that a step of Z depends on."""
    features = clips(torch.tensor([frames])).requires_grad_()
    found, _ = model(features, torch.tensor([frames]))
    found[step].square().sum().backward()
    return features.grad.abs().sum(1).nonzero().flatten().tolist()


def test_a_step_sees_its_window_and_the_whole_clip_without_one():
    """Each layer sees one step to either side here."""
    one = {"stages": [1], "downsample": False}
    assert gradient_of(encoder(**one), 12, 5) == [4, 5, 6]
    assert gradient_of(
        encoder(
            **one,
        ),
        12,
        0,
    ) == [0, 1]
    assert gradient_of(encoder(**(one | {"window": 7})), 12, 5) == [2, 3, 4, 5, 6, 7, 8]
    assert gradient_of(encoder(**one | {"window": None}), 12, 5) == list(range(12))
    # Two layers, then step 3 averages frames 5, 6 and 7, then one more layer.
    assert gradient_of(encoder(stages=[2, 1]), 12, 3) == list(range(1, 12))


def test_pooling_averages_three_steps_and_zeros_beyond_the_ends():
    steps = torch.tensor([[3.0], [6], [9], [12], [1], [2], [30]])
    found, lengths = halved(steps, torch.tensor([4, 2, 1]))
    assert lengths.tolist() == [2, 1, 1]
    assert found.flatten().tolist() == pytest.approx([(3 + 6) / 3, (6 + 9 + 12) / 3, 1, 10])


def test_rotary_products_depend_on_the_distance_alone():
    set_seed(0)
    query, key = torch.randn(2, 1, 8)

    def product(first: int, second: int) -> torch.Tensor:
        there = (
            turned(query[None], torch.tensor([first])),
            turned(key[None], torch.tensor([second])),
        )
        return (there[0] * there[1]).sum()

    assert product(9, 4).item() == pytest.approx(product(105, 100).item(), abs=1e-4)
    assert abs(product(9, 4) - product(9, 5)) > 1e-2
    # By hand: with width 2, a step rotates by one radian.
    x = turned(torch.tensor([[[1.0, 0.0]]]), torch.tensor([3]))
    assert x.flatten().tolist() == pytest.approx([math.cos(3), math.sin(3)])


def test_a_layer_is_post_norm_with_a_small_share_at_the_start():
    model, features = encoder(layer_scale=1e-5, positions="none"), clips()
    with torch.no_grad():
        found, _ = model(features, LENGTHS)
    expected, _ = halved(nn.LayerNorm(16)(features), LENGTHS)
    assert torch.allclose(found, nn.LayerNorm(16)(expected), atol=1e-3)
    layer = model.stages[0][0]
    bound = (6 / (16 + 16)) ** 0.5
    assert 0.9 * bound < layer.queries.weight.abs().max() <= bound
    assert layer.widening.bias.abs().max() == 0


def test_positions_of_table_4():
    features = clips()
    with torch.no_grad():
        none, zero = (encoder(positions=kind)(features, LENGTHS)[0]
                      for kind in ("none", "learnable_zero"))  # fmt: skip
        assert torch.equal(none, zero)
        sines, drawn = (encoder(positions=kind)(features, LENGTHS)[0]
                        for kind in ("sinusoidal", "learnable_random"))  # fmt: skip
    assert (sines - none).abs().max() > 0.1 and (drawn - none).abs().max() > 1e-3
    model = encoder(positions="learnable_zero")
    model(features, LENGTHS)[0].sum().backward()
    assert model.positions.shape == (12, 16) and model.positions.requires_grad
    with pytest.raises(InputError, match="a clip of 13 sampled frames found, at most 12 expected"):
        model(clips(torch.tensor([13])), torch.tensor([13]))


def test_whole_clips_are_left_out_of_a_layer_in_training():
    model = encoder(stages=[1, 1], drop_path=0.5, dropout=0.0, downsample=False).train()
    features, lengths = clips(torch.tensor([4] * 40)), torch.tensor([4] * 40)
    set_seed(5)
    with torch.no_grad():
        found = model(features, lengths)[0].unflatten(0, (40, 4))
        for layer in model.stages[1]:
            layer.drop_path = 0.0
            layer.attention_scale.mul_(0)
            layer.feed_scale.mul_(0)
        without = model(features, lengths)[0].unflatten(0, (40, 4))
    same = torch.isclose(found, without, atol=1e-5).all(2)
    assert (same.all(1) == same.any(1)).all()  # a clip as a whole
    assert 3 <= same.all(1).sum() <= 20  # both parts dropped: a quarter of the clips


def test_no_sign_encoder_keeps_the_features():
    model, features = encoder(stages=[]), clips()
    found, steps = model(features, LENGTHS)
    assert found is features and steps is LENGTHS and model.steps_of(7) == 7
    assert not list(model.parameters())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"heads": 3}, "width is 16 and heads 3; heads must divide width"),
        ({"heads": 16}, "a head's width of 1 is odd"),
        ({"window": 4}, "window is 4; an odd number is expected, or null"),
        ({"stages": [0]}, "stages"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes, told):
    with pytest.raises(InputError, match=told):
        read_settings(SignEncoderConfig, SMALL | changes)
