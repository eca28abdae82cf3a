import pytest
import torch
from plain_s3d import PlainS3D
from torch import distributed, nn

from sign2text.ground.errors import InputError
from sign2text.methods.mmtlb.s3d import S3D
from sign2text.methods.mmtlb.s3d_layers import Layer
from sign2text.models.shared_batch_norm import share_statistics

NARROW = 1 / 8


def network(blocks: int = 4, width: float = NARROW) -> S3D:
    """S3D whose BatchNorms do something."""
    torch.manual_seed(0)
    found = S3D(blocks=blocks, width=width)
    for module in found.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.1, 0.5)
            nn.init.normal_(module.weight, 1, 0.1)
            nn.init.normal_(module.bias, 0.5, 0.3)
    return found.eval()


def pictures(*lengths: int, size=(37, 30)) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randint(0, 256, (n, *size, 3), generator=generator, dtype=torch.uint8)
        for n in lengths
    ]


def joined(clips: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.cat(clips), torch.tensor([len(clip) for clip in clips])


def far(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference, by the mean size."""
    assert found.shape == expected.shape
    found, expected = found.detach(), expected.detach()
    return float((found - expected).abs().max() / expected.abs().mean())


def layer_outputs(net: S3D, clips: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """Maps behind each layer, clips one behind the other."""
    found: dict[str, list[torch.Tensor]] = {}
    handles = [
        module.register_forward_hook(
            lambda _, __, output, name=name: found.setdefault(name, []).append(output[0].detach())
        )
        for name, module in net.named_modules()
        if isinstance(module, Layer)
    ]
    features, _ = net(*joined(clips))
    for handle in handles:
        handle.remove()
    return {name: torch.cat(maps) for name, maps in found.items()} | {"features": features.detach()}


@pytest.mark.parametrize(("blocks", "expected"), [(4, 4_734_272), (5, 7_910_048)])
def test_parameters_are_as_many_as_published(blocks, expected):
    net = S3D(blocks=blocks)
    assert sum(p.numel() for p in net.parameters()) == expected
    assert sum(p.numel() for p in net.base[0].parameters()) == 38_336
    assert net.channels == {4: 832, 5: 1024}[blocks]


def test_weights_have_the_published_names_and_shapes():
    shapes = {name: tuple(value.shape) for name, value in S3D(blocks=5).state_dict().items()}
    assert shapes["base.0.conv_s.weight"] == (64, 3, 1, 7, 7)
    assert shapes["base.0.conv_t.weight"] == (64, 64, 7, 1, 1)
    assert shapes["base.2.conv.weight"] == (64, 64, 1, 1, 1)
    assert shapes["base.3.bn_t.running_var"] == (192,)
    assert shapes["base.5.branch1.1.conv_s.weight"] == (128, 96, 1, 3, 3)
    assert shapes["base.12.branch3.1.bn.bias"] == (128,)
    assert shapes["base.15.branch2.0.conv.weight"] == (48, 832, 1, 1, 1)
    assert not any(
        name.startswith(("base.1.", "base.4.", "base.7.", "base.13.")) for name in shapes
    )


@pytest.mark.parametrize("blocks", [4, 5])
@pytest.mark.parametrize("frames", [1, 2, 7, 11, 18])
def test_features_are_those_of_a_plain_network(blocks, frames):
    if blocks == 5 and frames < 5:
        pytest.skip("the published pooling of block 5 has no step left")
    net = network(blocks)
    (clip,) = pictures(frames, size=(70, 65))
    with torch.no_grad():
        features, steps = net(*joined([clip]))
        expected = PlainS3D(net).eval()(clip[None])[0]
    assert steps.tolist() == [net.steps_of(frames)] == [len(features)]
    assert far(features, expected) < 1e-5


def test_full_width_is_a_plain_network_too():
    net = network(width=1)
    (clip,) = pictures(9, size=(48, 40))
    with torch.no_grad():
        assert far(net(*joined([clip]))[0], PlainS3D(net).eval()(clip[None])[0]) < 1e-5


def test_steps_are_halved_twice_rounding_up():
    net = S3D(width=NARROW)
    assert [net.steps_of(n) for n in (1, 2, 4, 5, 8, 9, 117)] == [1, 1, 1, 2, 2, 3, 30]
    assert S3D(blocks=5, width=NARROW).steps_of(117) == 15
    assert S3D(blocks=5, width=NARROW).steps_of(3) == 1


def test_training_is_that_of_a_plain_network():
    net = network().double().train()  # BatchNorms of small batches enlarge rounding
    plain = PlainS3D(net).double().train()
    clips = pictures(10, 10, 10)
    weights = torch.randn(9, net.channels, generator=torch.Generator().manual_seed(2))
    features, _ = net(*joined(clips))
    (features * weights).sum().backward()
    expected = plain(torch.stack(clips)).flatten(0, 1)
    (expected * weights).sum().backward()
    assert far(features, expected) < 1e-9
    for (name, ours), theirs in zip(net.named_parameters(), plain.parameters(), strict=True):
        assert torch.allclose(ours.grad, theirs.grad, atol=1e-9), name
    for (name, ours), theirs in zip(net.named_buffers(), plain.buffers(), strict=True):
        assert far(ours.double(), theirs.double()) < 1e-9, name


@pytest.mark.parametrize("training", [False, True])
def test_no_clip_leaks_into_another_at_any_layer(training):
    net, clips = network(), pictures(13, 5, 1, 22)
    if training:  # all clips at once, and yet the statistics of evaluation
        net.training = True
    with torch.no_grad():
        together = layer_outputs(net, clips)
        alone = [layer_outputs(net, [clip]) for clip in clips]
    for name, maps in together.items():
        assert far(maps, torch.cat([each[name] for each in alone])) < 1e-5, name


def test_gradients_of_a_batch_are_those_of_its_clips():
    net, clips = network().double(), pictures(9, 4, 15)
    parameters = dict(net.named_parameters())

    def gradients(clips):
        net.zero_grad()
        net(*joined(clips))[0].square().sum().backward()
        return {name: parameter.grad.clone() for name, parameter in parameters.items()}

    expected = [gradients([clip]) for clip in clips]
    for net.training in (False, True):  # clip by clip; all at once
        for name, found in gradients(clips).items():
            assert far(found, sum(each[name] for each in expected)) < 1e-9, name


def test_statistics_are_of_real_frames_only():
    net, clips = network().train(), pictures(7, 2, 12)
    seen = {}
    hooks = [
        module.register_forward_pre_hook(
            lambda norm, given, name=name: seen.update({name: given[0]})
        )
        for name, module in net.named_modules()
        if isinstance(module, nn.BatchNorm2d)
    ]
    before = net.base[3].bn_t.running_mean.clone()
    net(*joined(clips))
    for hook in hooks:
        hook.remove()
    assert len(seen["base.0.bn_s"]) == 7 + 2 + 12
    assert len(seen["base.3.bn_t"]) == 4 + 1 + 6
    assert {len(maps) for name, maps in seen.items() if name.startswith("base.9.")} == {2 + 1 + 3}
    expected = before.lerp(seen["base.3.bn_t"].mean((0, 2, 3)), 1e-3)
    assert torch.allclose(net.base[3].bn_t.running_mean, expected, atol=1e-7)


def test_frozen_block_1_stays_as_it_is():
    net, clips = network(), pictures(6, 9)
    kept = {name: value.clone() for name, value in net.base[0].state_dict().items()}
    net.freeze_block1()
    net.train()
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=1.0)
    net(*joined(clips))[0].sum().backward()
    optimizer.step()
    assert all(torch.equal(value, kept[name]) for name, value in net.base[0].state_dict().items())
    assert all(p.grad is None for p in net.base[0].parameters())
    assert all(p.grad.abs().sum() > 0 for p in net.base[2:].parameters())


def test_checkpointing_changes_nothing():
    found = {}
    for checkpointing in (False, True):
        net = network().train()
        net.checkpointing = checkpointing
        net(*joined(pictures(6, 9)))[0].square().sum().backward()
        found[checkpointing] = [p.grad for p in net.parameters()], list(net.buffers())
    for plain, checkpointed in zip(found[False], found[True], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(plain, checkpointed, strict=True))


def test_channels_are_read_in_blue_green_red():
    net = network()
    (clip,) = pictures(4)
    swapped, plain = clip.flip(3), PlainS3D(net).eval()
    with torch.no_grad():
        colours = net(*joined([swapped]))[0]
        pixels = (clip.permute(3, 0, 1, 2).float() / 255 - 0.5) / 0.5  # as they are: blue last
        expected = plain.base(pixels[None]).mean((3, 4))[0].T
    assert far(colours, expected) < 1e-5


def test_statistics_can_be_shared_by_processes():
    frames, lengths = joined(pictures(6, 9))
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        found = []
        for shared in (False, True):
            net = network().train()
            assert not shared or len(share_statistics(net)) == 61
            net(frames, lengths)[0].square().sum().backward()
            gradients = [each.grad for each in net.parameters()]
            found.append(
                [torch.cat([v.flatten() for v in each]) for each in (gradients, net.buffers())]
            )
    finally:
        distributed.destroy_process_group()
    for alone, shared in zip(*found, strict=True):
        assert far(shared, alone) < 1e-2  # BatchNorms of small batches enlarge rounding


def test_a_single_value_is_refused_in_training():
    net = S3D(width=NARROW).train()
    with pytest.raises(InputError, match="a single pixel"):
        net(*joined(pictures(1, size=(16, 16))))
