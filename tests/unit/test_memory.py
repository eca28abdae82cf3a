"""Lower memory use and precision in training: permitted and forbidden changes of the result."""

import functools
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import set_seed

from sign2text.ground.device import computing_in, has_bfloat16, precision_of
from sign2text.ground.errors import InputError
from sign2text.models.frame_encoder import statistics_kept
from sign2text.training.trainer import train

sys.path.insert(0, str(Path(__file__).parent))
from tiny_training import Clips, Tiny, tiny_task


class Kept(torch.optim.SGD):
    """An optimiser that keeps the gradients of each step and changes nothing."""

    def __init__(self, groups):
        super().__init__(groups, lr=0.0)
        self.seen = []

    def step(self, closure=None):
        self.seen.append([p.grad.clone() for group in self.param_groups for p in group["params"]])


def gradients(state, clips=None, make=Tiny, **changes):
    """Return the gradients of every step of a training that changes no weights."""
    set_seed(1)
    model = make()
    model.dropout.p = 0.0
    groups = [{"params": [each for each in model.parameters() if each.requires_grad]}]
    optimizer = Kept(groups)
    fixed = {"groups": groups, "optimiser": lambda _: optimizer, "epochs": 1, "max_grad_norm": 0.0}
    rows = train(tiny_task(model, clips or Clips(), **fixed, **changes), state)
    return optimizer.seen, [row["loss"] for row in rows if "loss" in row]


class Uneven(Clips):
    """Sentences of different lengths: a mean of the parts' means would be another loss."""

    def __getitem__(self, item):
        found = super().__getitem__(item)
        return found | {"target": [3 + item[0] % 2] * (1 + item[0] % 7) + [2]}


def test_a_batch_in_parts_gives_the_same_loss_and_gradients(tmp_path):
    whole, losses = gradients(tmp_path / "one", Uneven())
    parts, losses_of_parts = gradients(tmp_path / "four", Uneven(), accumulation=4)
    assert len(whole) == len(parts) == 6, "the effective batch stays what it was"
    assert losses_of_parts == pytest.approx(losses, abs=1e-5)
    for one, other in zip(whole, parts, strict=True):
        for a, b in zip(one, other, strict=True):
            assert (a - b).abs().max() < 1e-5
            assert a.abs().max() > 1e-3


class Normed(Tiny):
    """A model with BatchNorm over a batch's steps, trained or frozen as in SignTranslator."""

    def __init__(self, frozen, made):
        super().__init__()
        self.norm, self.frozen = nn.BatchNorm1d(3).requires_grad_(not frozen), frozen
        made.append(self)

    def train(self, mode=True):
        super().train(mode)
        if self.frozen:
            self.norm.eval()
        return self

    def forward(self, features, lengths, decoder_input_ids):
        return super().forward(self.norm(features), lengths, decoder_input_ids)


@pytest.mark.parametrize("frozen", [False, True])
def test_parts_are_another_training_where_batch_norm_is_trained_and_the_log_says_so(
    monkeypatch, tmp_path, caplog, frozen
):
    """Each part is normalised alone and updates the running statistics, unless they are frozen."""
    made = []
    make = functools.partial(Normed, frozen, made)
    whole, _ = gradients(tmp_path / "one", make=make)
    assert "BatchNorm" not in caplog.text
    parts, _ = gradients(tmp_path / "four", make=make, accumulation=4)
    warned = [each.message for each in caplog.records if each.levelname == "WARNING"]
    told = [each for each in warned if each.startswith("accumulation 4: BatchNorm is trained")]
    assert len(told) == (0 if frozen else 1)
    apart = max(
        (a - b).abs().max().item()
        for one, other in zip(whole, parts, strict=True)
        for a, b in zip(one, other, strict=True)
    )
    assert apart < 1e-5 if frozen else apart > 1e-2
    # Of six batches, those of 2 and 3 clips have as many parts, the others four.
    moves = [int(model.norm.num_batches_tracked) for model in made]
    assert moves == ([0, 0] if frozen else [6, 20])


def test_a_batch_in_parts_is_never_in_memory_as_a_whole(monkeypatch, tmp_path):
    sizes = []
    forward = Tiny.forward
    monkeypatch.setattr(
        Tiny,
        "forward",
        lambda self, features, lengths, decoder_input_ids: (
            sizes.append((self.training, len(lengths)))
            or forward(self, features, lengths, decoder_input_ids)
        ),
    )
    gradients(tmp_path, accumulation=4)
    trained = [clips for training, clips in sizes if training]
    assert max(trained) <= 2, "of batches with 2 to 7 clips"
    assert sum(trained) == 23


def step(model, frames, seed=3):
    """Return gradients, buffers and bytes kept for the backward pass, of one training step."""
    model.train()
    model.zero_grad()
    kept = 0

    def pack(tensor):
        nonlocal kept
        kept += tensor.nbytes
        return tensor

    torch.manual_seed(seed)
    decoder = torch.tensor([[38, 5, 6, 7], [38, 7, 8, 9]])
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        logits = model(torch.tensor([9, 5]), decoder, frames=frames).logits
    logits.log_softmax(-1)[..., 9].sum().backward()
    found = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    return found, {name: value.clone() for name, value in model.named_buffers()}, kept


@pytest.mark.parametrize("frozen", [False, True])
def test_checkpointing_keeps_gradients_and_statistics(tiny_translator, frozen):
    frames = torch.randint(0, 256, (14, 32, 32, 3), dtype=torch.uint8)
    results = []
    for checkpointing in (False, True):
        model = tiny_translator(seed=2, dropout=0.3)
        if frozen:
            model.freeze_frame_encoder()
        if checkpointing:
            model.use_checkpointing()
        before = {name: value.clone() for name, value in model.named_buffers()}
        results.append((*step(model, frames), before))
    (plain, buffers, kept, before), (ours, our_buffers, our_kept, _) = results
    assert plain.keys() == ours.keys()
    for name, gradient in plain.items():
        assert torch.equal(ours[name], gradient), name
    for name, value in buffers.items():
        assert torch.equal(our_buffers[name], value), name
    moved = [name for name, value in before.items() if not torch.equal(value, buffers[name])]
    assert any(name.startswith("encoder.frames.") for name in moved) is not frozen
    counts = [v for n, v in our_buffers.items() if "frames" in n and n.endswith("batches_tracked")]
    assert {int(count) for count in counts} == {0 if frozen else 1}
    assert our_kept < (0.9 if frozen else 0.5) * kept


def test_checkpointing_in_evaluation_changes_nothing(tiny_translator):
    model = tiny_translator(seed=2).eval()
    frames, lengths = torch.zeros(4, 32, 32, 3, dtype=torch.uint8), torch.tensor([4])
    plain = model.encode_frames(frames, lengths).sign_wise
    model.use_checkpointing()
    assert torch.equal(model.encode_frames(frames, lengths).sign_wise, plain)


def test_statistics_are_put_back_after_an_error_too():
    norm = nn.BatchNorm2d(3)
    before = {name: value.clone() for name, value in norm.named_buffers()}
    with pytest.raises(RuntimeError, match="ended early"), statistics_kept(norm):
        norm(torch.randn(4, 3, 2, 2))
        raise RuntimeError("ended early")
    assert all(torch.equal(value, before[name]) for name, value in norm.named_buffers())
    norm(torch.randn(4, 3, 2, 2))
    assert norm.num_batches_tracked == 1


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ({"avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, False),
        ({"avx512_f": True, "avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({}, False),
    ],
)
def test_a_cpu_has_bfloat16_where_it_has_units_for_it(processor, expected):
    assert has_bfloat16(torch.device("cpu"), processor) is expected


@pytest.mark.parametrize(
    ("capability", "expected"), [((7, 5), False), ((8, 0), True), ((9, 0), True)]
)
def test_a_gpu_has_bfloat16_from_capability_8(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert has_bfloat16(torch.device("cuda", 0)) is expected


@pytest.mark.parametrize(
    ("wanted", "able", "expected"),
    [
        ("auto", False, torch.float32),
        ("auto", True, torch.bfloat16),
        ("float32", True, torch.float32),
        ("bfloat16", True, torch.bfloat16),
    ],
)
def test_auto_is_bfloat16_only_where_it_is_faster(monkeypatch, wanted, able, expected):
    monkeypatch.setattr("sign2text.ground.device.has_bfloat16", lambda device: able)
    device, linear = torch.device("cpu"), nn.Linear(2, 2)
    assert precision_of(wanted, device) is expected
    with computing_in(expected, device):
        assert linear(torch.zeros(1, 2)).dtype is expected


def test_bfloat16_is_refused_on_a_cpu_without_units_for_it(monkeypatch, tmp_path):
    """The training refuses it too, before its first step."""
    monkeypatch.setattr("sign2text.ground.device.has_bfloat16", lambda device: False)
    with pytest.raises(InputError, match=r"found bfloat16, but this CPU .* Set it to float32"):
        precision_of("bfloat16", torch.device("cpu"))
    with pytest.raises(InputError, match="precision: found bfloat16"):
        gradients(tmp_path, precision="bfloat16")
    assert not list(tmp_path.glob("checkpoint-*"))
    # A GPU is not checked: the request is trusted.
    assert precision_of("bfloat16", torch.device("cuda", 0)) is torch.bfloat16


def test_mixed_precision_trains_and_keeps_float32_weights(monkeypatch, tmp_path, tiny_translator):
    # On any CPU that runs the test.
    monkeypatch.setattr("sign2text.ground.device.has_bfloat16", lambda device: True)
    exact, _ = gradients(tmp_path / "exact")
    mixed, _ = gradients(tmp_path / "mixed", precision="bfloat16")
    for one, other in zip(exact, mixed, strict=True):
        for a, b in zip(one, other, strict=True):
            assert b.dtype is torch.float32
            assert torch.allclose(a, b, atol=0.02)
    assert any(not torch.equal(a, b) for a, b in zip(exact[0], mixed[0], strict=True))
    # The whole model: images, BatchNorm and attention too, with checkpointing.
    model = tiny_translator(seed=2)
    frames = torch.randint(0, 256, (14, 32, 32, 3), dtype=torch.uint8)
    expected, _, _ = step(model, frames)
    expected = {name: gradient.clone() for name, gradient in expected.items()}
    model.use_checkpointing()
    with computing_in(torch.bfloat16, torch.device("cpu")):
        found, _, _ = step(model, frames)
    for name in ("adapter.output.weight", "encoder.temporal.convolution.weight"):
        assert found[name].dtype is torch.float32
        cosine = nn.functional.cosine_similarity(found[name].flatten(), expected[name].flatten(), 0)
        assert cosine > 0.98
