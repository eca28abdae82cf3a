"""The stage visual_init on a tiny corpus: frozen parts do not change by a bit."""

import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from sign2text.ground import runner
from sign2text.ground.errors import InputError
from sign2text.training.history import chosen_checkpoint, read_history

sys.path.insert(0, str(Path(__file__).parent))
from tiny_corpus import TEXTS, run_visual_init, write_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, tiny_tokenizer):
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder, tiny_tokenizer)
    return folder


@pytest.fixture
def train(corpus, tmp_path):
    """Run the stage, and return its output folder."""
    return lambda name, **settings: run_visual_init(corpus, tmp_path / name, **settings)


def changed(corpus, folder):
    """Return the frame encoder's tensors, including buffers, that training changed."""
    before = load_file(corpus / "encoder" / "model.safetensors")
    after = load_file(folder / "model.safetensors")
    assert {f"encoder.frames.{name}" for name in before} <= after.keys()
    return {
        n for n, value in before.items() if not torch.equal(after[f"encoder.frames.{n}"], value)
    }


def test_a_frozen_frame_encoder_stays_as_it_was(corpus, train):
    folder = train("frozen", train_frame_encoder=False)
    assert changed(corpus, folder) == set()
    temporal = load_file(folder / "model.safetensors")["encoder.temporal.normalization.running_var"]
    assert not torch.equal(temporal, torch.ones_like(temporal)), "the temporal module learns"
    history = read_history(folder / "history.tsv")
    logged = history[history["loss"].notna()]
    assert (logged[["grad_norm_visual", "norm_visual", "norm_adapter"]] > 0).all(axis=None)


def test_else_its_weights_and_statistics_learn(corpus, train):
    moved = changed(corpus, train("trained", encoded=False))
    for kind in ("convolution.weight", "running_mean", "running_var", "num_batches_tracked"):
        assert any(name.endswith(kind) for name in moved), kind


@pytest.mark.parametrize("frozen", [False, True])
def test_the_log_says_which_frame_encoder_was_loaded(corpus, train, caplog, frozen):
    with caplog.at_level("INFO"):
        train("logged", encoded=frozen, epochs=1, train_frame_encoder=not frozen)
    tensors, trained = len(load_file(corpus / "encoder" / "model.safetensors")), not frozen
    said = f"frame encoder from {corpus / 'encoder'}, {tensors} tensors, trained: "
    assert f"{said}{'yes' if trained else 'no'}; Light-T at random, " in caplog.text


def test_computing_layers_twice_trains_the_same_model(train):
    plain = load_file(train("plain", encoded=False) / "model.safetensors")
    twice = train("twice", encoded=False, checkpointing=True)
    for name, value in load_file(twice / "model.safetensors").items():
        assert torch.allclose(value, plain[name], rtol=1e-4, atol=1e-6), name
        if name.endswith("num_batches_tracked"):
            assert torch.equal(value, plain[name]), name


def test_batches_in_parts_take_as_many_steps(train):
    plain = read_history(train("plain", encoded=False) / "history.tsv")
    parts = read_history(train("parts", encoded=False, accumulation=2) / "history.tsv")
    assert parts["step"].tolist() == plain["step"].tolist()
    assert parts["learning_rate"].equals(plain["learning_rate"])


@pytest.mark.parametrize("name", ["train.tsv", "dev.tsv"])
def test_a_training_is_not_resumed_on_other_data(corpus, tmp_path, monkeypatch, name):
    """This includes dev's data: otherwise one history would mix the losses on both."""
    shutil.copytree(corpus, tmp_path / "corpus")
    monkeypatch.setattr(runner, "is_job", lambda: True)  # keeps the state
    run_visual_init(tmp_path / "corpus", tmp_path / "left", encoded=False)
    path = tmp_path / "corpus" / name
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace(TEXTS[0], TEXTS[1]), encoding="utf-8")
    with pytest.raises(InputError, match=rf"begun otherwise \(\S+/{name}: \w+ then, \w+ now\)"):
        run_visual_init(tmp_path / "corpus", tmp_path / "left", encoded=False)
    path.write_text(before, encoding="utf-8")
    run_visual_init(tmp_path / "corpus", tmp_path / "left", encoded=False)


def test_a_frozen_encoder_needs_its_stored_features(train):
    with pytest.raises(InputError, match="--train-encoded: missing"):
        train("missing", encoded=False, train_frame_encoder=False)


@pytest.mark.parametrize("frozen", [False, True])
def test_without_an_epoch_the_model_is_written_that_training_starts_from(corpus, train, frozen):
    start = train("start", encoded=False, epochs=0, train_frame_encoder=not frozen)
    assert changed(corpus, start) == set()
    assert read_history(start / "history.tsv").empty
    assert chosen_checkpoint(start / "history.tsv") is None
    # At this rate a step changes no weight, only BatchNorm's statistics.
    still = train(
        "still", encoded=frozen, epochs=1, learning_rate=1e-30, train_frame_encoder=not frozen
    )
    before, after = (load_file(folder / "model.safetensors") for folder in (start, still))
    assert before.keys() == after.keys()
    moved = {
        name
        for name, value in before.items()
        if not torch.allclose(value.double(), after[name].double(), rtol=0, atol=1e-20)
    }
    assert moved
    assert all("running_" in name or "num_batches" in name for name in moved)
    other = load_file(train("other", encoded=False, epochs=0, seed=2) / "model.safetensors")
    for part in ("encoder.temporal.convolution.weight", "adapter.hidden.weight"):
        assert not torch.equal(other[part], before[part])
