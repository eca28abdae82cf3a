"""Norms of a model's parts: what is recorded of them, and that recording changes nothing."""

import math
import sys
from pathlib import Path

import pytest
import torch
from transformers import Trainer, set_seed

from sign2text.training.history import FURTHER
from sign2text.training.norms import part_norms
from sign2text.training.trainer import train

sys.path.insert(0, str(Path(__file__).parent))
from tiny_training import Clips, Tiny, tiny_task

PARTS = ("visual", "language", "adapter")


def plain_norm(tensors):
    return math.sqrt(sum(t.double().square().sum().item() for t in tensors))


def test_norms_are_those_of_a_plain_computation(tiny_translator):
    model = tiny_translator(seed=1)
    model.train()
    frames = torch.randint(0, 256, (6, 32, 32, 3), dtype=torch.uint8)
    decoder = torch.tensor([[38, 5, 6, 7], [38, 7, 8, 9]])
    logits = model(torch.tensor([4, 2]), decoder, frames=frames).logits
    logits.log_softmax(-1)[..., 9].sum().backward()
    found = part_norms(model.parts())
    assert set(found) == {
        f"{kind}_{part}" for kind in ("grad_norm", "norm") for part in model.parts()
    }
    assert all(map(FURTHER.fullmatch, found))
    groups = {
        "visual": [p for n, p in model.named_parameters() if n.startswith("encoder.")],
        "language": [p for n, p in model.named_parameters() if n.startswith("language_model.")],
        "adapter": [p for n, p in model.named_parameters() if n.startswith("adapter.")],
    }
    assert sum(map(len, groups.values())) == len(list(model.parameters()))
    for part, parameters in groups.items():
        gradients = [p.grad for p in parameters if p.grad is not None]
        assert found[f"grad_norm_{part}"] == pytest.approx(plain_norm(gradients), rel=1e-5)
        assert found[f"norm_{part}"] == pytest.approx(plain_norm(parameters), rel=1e-5)
        assert found[f"grad_norm_{part}"] > 0


def test_a_frozen_part_has_no_norms(tiny_translator):
    model = tiny_translator()
    model.freeze_frame_encoder()
    model.adapter.requires_grad_(False)
    temporal = list(model.encoder.temporal.parameters())
    found = part_norms(model.parts())
    assert found["norm_visual"] == pytest.approx(plain_norm(temporal), rel=1e-5)
    assert "grad_norm_visual" not in found, "nothing has gone backward yet"
    assert "norm_adapter" not in found
    model.freeze_encoder()
    assert set(part_norms(model.parts())) == {"norm_language"}
    model.language_model.requires_grad_(False)
    assert part_norms(model.parts()) == {}


def fit(state, *, record, **changes):
    set_seed(1)
    model = Tiny()
    parts = {"visual": model.steps, "language": model.words, "adapter": model.head}
    rows = train(tiny_task(model, parts=parts if record else {}, **changes), state)
    return model.state_dict(), rows


@pytest.mark.parametrize("clip", [0.01, 0.0])
def test_recording_changes_nothing_and_sees_gradients_before_they_are_clipped(tmp_path, clip):
    weights, rows = fit(tmp_path / "with", record=True, max_grad_norm=clip)
    plain_weights, plain_rows = fit(tmp_path / "without", record=False, max_grad_norm=clip)
    assert all(torch.equal(weights[name], plain_weights[name]) for name in weights)
    ours = [f"{kind}_{part}" for kind in ("grad_norm", "norm") for part in PARTS]
    assert plain_rows == [{k: v for k, v in row.items() if k not in ours} for row in rows]
    logged = [row for row in rows if "loss" in row]
    assert logged
    for row in logged:
        whole = math.hypot(*(row[f"grad_norm_{part}"] for part in PARTS))
        assert row["grad_norm"] == pytest.approx(whole, rel=1e-4)
        assert whole > 0.01


def test_norms_are_taken_at_logging_steps_only(tmp_path, monkeypatch):
    taken = []
    monkeypatch.setattr(
        "sign2text.training.trainer.part_norms", lambda parts: taken.append(parts) or {}
    )
    library = []
    original = Trainer._get_grad_norm
    monkeypatch.setattr(
        Trainer,
        "_get_grad_norm",
        lambda self, *a, **b: library.append(1) or original(self, *a, **b),
    )
    clips = Clips()
    clips.lengths, clips.items = clips.lengths * 2, clips.items * 2
    rows = train(tiny_task(Tiny(), clips, max_grad_norm=0.0), tmp_path)
    # 46 clips in batches of 4 are 12 steps an epoch; every 3rd is logged.
    assert len(taken) == len(library) == 3 * 12 // 3
    assert sum("loss" in row for row in rows) == 12
    assert all("grad_norm" in row for row in rows if "loss" in row)
