"""Trainings of a translator with frozen parts: checkpoints, kills, and resumes."""

import json
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from sign2text.ground.errors import InputError
from sign2text.jobs.finished_trainings import BEST as BEST_FOLDER
from sign2text.jobs.finished_trainings import STATE, checkpoints
from sign2text.models.translator import load_translator
from sign2text.training import model_folder
from sign2text.training.state import seal

sys.path.insert(0, str(Path(__file__).parent))
from frozen_translator import (
    BASE,
    BEST,
    MODEL,
    OWN,
    fit,
    make_model,
    make_parts,
    parts,
    project,
    rewrite,
    same,
    sha256,
    task_of,
)
from test_choosing import Killed, KilledClips
from tiny_training import Clips

from sign2text.training.trainer import train

__all__ = ["parts", "project"]  # fixtures
TOWER = BASE / "tower/model.safetensors"
WRITTEN = ("config.json", "history.tsv", "model.safetensors")


def stopped(parts, output=MODEL, data=None, **changes):
    """Stop a training by a signal in its second epoch; return its checkpoint."""
    with pytest.raises(SystemExit):
        fit(parts, output, data or Clips(30), selection=BEST, **changes)
    (checkpoint,) = checkpoints(output / STATE)
    return checkpoint


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_resumed_training_ends_in_the_same_files(parts, how):
    whole = MODEL.with_name("whole")
    model = fit(parts, whole, selection=BEST)
    if how == "stopped":
        stopped(parts)
    else:
        with pytest.raises(Killed):
            fit(parts, MODEL, KilledClips(40), selection=BEST)
    assert len(checkpoints(MODEL / STATE)) == 1
    fit(parts, MODEL, selection=BEST)
    for name in WRITTEN:
        assert (MODEL / name).read_bytes() == (whole / name).read_bytes(), name
    assert same(load_translator(MODEL), model)
    started = make_model(parts)
    assert not torch.equal(started.norm.running_mean, model.norm.running_mean)
    assert not torch.equal(started.head.weight, model.head.weight)
    assert torch.equal(started.tower.layers[0].weight, model.tower.layers[0].weight)


def test_checkpoints_and_best_weights_are_what_was_trained_and_name_the_part(parts):
    checkpoint = stopped(parts)
    (best,) = (MODEL / STATE / BEST_FOLDER).iterdir()
    named = {"tower": {"place": f"{BASE}/tower", "sha256": sha256(TOWER)}}
    for folder, about in ((checkpoint, "config.json"), (best, "choice.json")):
        assert sorted(load_file(folder / "model.safetensors")) == OWN
        assert (folder / "model.safetensors").stat().st_size < 7000
        assert json.loads((folder / about).read_text())["frozen_parts"] == named
    assert sum(path.stat().st_size for path in checkpoint.rglob("*")) < 60_000


def test_a_training_is_not_resumed_with_another_part(parts):
    checkpoint, before = stopped(parts), sha256(TOWER)
    rewrite(TOWER, lambda tensors: tensors["layers.0.bias"].add_(1))
    with pytest.raises(InputError) as caught:
        fit(parts, MODEL, selection=BEST)
    said = str(caught.value)
    assert said.startswith(f"{checkpoint / 'config.json'}: frozen part 'tower': found SHA-256 ")
    assert f"found SHA-256 {sha256(TOWER)}, expected {before}" in said


def test_nor_without_its_part_nor_with_one_more(parts):
    stopped(parts)
    model = make_model(parts)
    model.frozen_parts = {}
    with pytest.raises(InputError, match="frozen part 'tower': found SHA-256 none, expected "):
        fit(parts, MODEL, model=model, selection=BEST)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda t: t.pop("head.bias"), "missing, here and in the frozen parts: head.bias"),
        (lambda t: t.pop("tower.norm.running_var"), "the frozen parts: tower.norm.running_var"),
        (
            lambda t: t.update({"tower.layers.0.bias": torch.zeros(32)}),
            "are in a frozen part too: tower.layers.0.bias",
        ),
    ],
)
def test_a_checkpoint_with_other_tensors_is_refused(parts, edit, said):
    checkpoint = stopped(parts)
    rewrite(checkpoint / "model.safetensors", edit)
    seal(checkpoint)
    with pytest.raises(InputError, match=said):
        fit(parts, MODEL, selection=BEST)


def test_best_weights_of_another_part_are_refused(parts):
    stopped(parts)
    (best,) = (MODEL / STATE / BEST_FOLDER).iterdir()
    path = best / "choice.json"
    values = json.loads(path.read_text())
    values["frozen_parts"]["tower"]["sha256"] = "0" * 64
    values["bleu4"] += 1e6
    path.write_text(json.dumps(values))
    seal(best)
    checkpoint = checkpoints(MODEL / STATE)[0]
    state = json.loads((checkpoint / "trainer_state.json").read_text())
    for entry in state["log_history"]:
        if "eval_bleu4" in entry:
            entry["eval_bleu4"] += 1e6  # so that no later value is better
    (checkpoint / "trainer_state.json").write_text(json.dumps(state))
    seal(checkpoint)
    with pytest.raises(
        InputError, match=f"choice.json: frozen part 'tower': .* expected {'0' * 64}"
    ):
        fit(parts, MODEL, selection=BEST)


def test_a_frozen_weight_that_would_be_trained_is_refused_before_the_training(parts):
    model = make_model(parts)
    model.tower.layers[2].bias.requires_grad_()
    with pytest.raises(
        ValueError, match=r"tower\.layers\.2\.bias is in a frozen part and would be"
    ):
        train(task_of(model), MODEL / STATE)
    assert not checkpoints(MODEL / STATE)


def test_a_frozen_weight_that_is_not_the_parts_is_refused_before_the_training(parts):
    model = make_model(parts)
    with torch.no_grad():
        model.tower.layers[2].bias[3] += 1e-6
    with pytest.raises(
        ValueError, match=r"tower\.layers\.2\.bias: the model has other values than "
    ):
        train(task_of(model), MODEL / STATE)


def test_a_part_that_nobody_would_find_is_refused_before_the_training(tmp_path):
    far = make_parts(tmp_path / "private")
    with pytest.raises(InputError) as caught:
        fit(far, MODEL)
    said = str(caught.value)
    assert f"{tmp_path}/private/tower: the frozen part 'tower' is neither in the project's" in said
    assert f"nor beside {MODEL}" in said
    beside = tmp_path / "private/model"
    model = fit(far, beside, epochs=1)
    assert same(load_translator(beside), model)


def test_a_part_that_changes_during_the_training_is_told_and_nothing_is_lost(parts):
    class Changing(Clips):
        def __getitem__(self, item):
            if self.read == 40:
                rewrite(TOWER, lambda tensors: tensors["layers.0.bias"].add_(1))
            return super().__getitem__(item)

    before = TOWER.read_bytes()
    with pytest.raises(
        InputError, match="part 'tower' have changed since the training began: SHA-"
    ):
        fit(parts, MODEL, Changing(), selection=BEST)
    assert not (MODEL / "model.safetensors").exists()
    TOWER.write_bytes(before)
    fit(parts, MODEL, Clips(1), selection=BEST)  # a signal, were a single clip read again
    assert sorted(load_file(MODEL / "model.safetensors")) == OWN


def test_of_several_processes_the_first_one_writes(parts, monkeypatch):
    monkeypatch.setattr(model_folder, "is_first", lambda: False)
    model_folder.write_model(MODEL, make_model(parts), [])
    assert not MODEL.exists()
