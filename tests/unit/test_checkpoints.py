"""Checkpoints: loaded exactly as written or refused; they cannot run code."""

import json
import os
import pickle
import shutil
import sys
from pathlib import Path

import pytest
import torch
from transformers import set_seed

from sign2text.ground import runner
from sign2text.ground.errors import InputError, StorageError
from sign2text.jobs.finished_trainings import checkpoints
from sign2text.training.selection import BestWeights, Selection
from sign2text.training.state import SEAL, check_seal, clear_state, seal
from sign2text.training.trainer import train

sys.path.insert(0, str(Path(__file__).parent))
from tiny_training import Clips, Tiny, tiny_task


def fit(state: Path, stop_at: int | None = None) -> dict[str, torch.Tensor]:
    set_seed(1)
    model = Tiny()
    train(tiny_task(model, Clips(stop_at)), state)
    return model.state_dict()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the state of a training that was stopped in its second epoch."""
    state = tmp_path_factory.mktemp("stopped")
    with pytest.raises(SystemExit):
        fit(state, stop_at=30)
    return state


@pytest.fixture
def checkpoint(stopped: Path, tmp_path: Path) -> Path:
    shutil.copytree(stopped, tmp_path / "state")
    (found,) = checkpoints(tmp_path / "state")
    return found


FILES = (
    "model.safetensors",
    "optimizer.pt",
    "scheduler.pt",
    "rng_state.pth",
    "trainer_state.json",
    "running_loss.json",
)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", ["cut", "emptied", "changed", "removed"])
def test_a_checkpoint_that_is_not_what_was_written_is_refused(
    checkpoint: Path, name: str, harm: str
) -> None:
    path = checkpoint / name
    data = path.read_bytes()
    middle = len(data) // 2
    changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    if harm == "removed":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:middle], "emptied": b"", "changed": changed}[harm])
    told = {"cut": f"{middle} bytes found, {len(data)} expected", "removed": "missing"}
    with pytest.raises(InputError) as error:
        fit(checkpoint.parent)
    message = str(error.value)
    assert message.startswith(str(path))
    assert told.get(harm, "") in message
    assert f"Delete the folder {checkpoint.parent} and start the same command again" in message


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (SEAL, b"{", "cannot be read"),
        (SEAL, None, "seal.json: missing"),
        ("pytorch_model.bin", b"x", "does not belong there"),
    ],
)
def test_what_was_added_and_a_broken_seal_are_refused(
    checkpoint: Path, name: str, content: bytes | None, said: str
) -> None:
    path = checkpoint / name
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}.*{said}|{said}"):
        fit(checkpoint.parent)


def test_cut_settings_and_best_weights_are_named(checkpoint: Path, tmp_path: Path) -> None:
    settings = checkpoint.parent / "settings.json"
    settings.write_text(settings.read_text()[:5])
    with pytest.raises(InputError, match=r"settings\.json: cannot be read.*to start afresh"):
        fit(checkpoint.parent)
    best = BestWeights(tmp_path / "state/best", Selection(lambda *_: 0.0), [])
    best.keep(Tiny(), {"step": 6, "epoch": 1.0, "eval_bleu4": 3.0})
    weights = tmp_path / "state/best/step-6/model.safetensors"
    size = weights.stat().st_size
    weights.write_bytes(weights.read_bytes()[:-30])
    told = rf"{weights}: {size - 30} bytes found, {size} expected\. .*begins afresh"
    with pytest.raises(InputError, match=told):
        best.load_into(Tiny(), 6)


class Calls:
    """Makes a folder when it is unpickled without checks."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("name", ["optimizer.pt", "scheduler.pt", "rng_state.pth"])
@pytest.mark.parametrize("form", ["zip", "legacy", "pickle"])
def test_a_hostile_state_is_refused_and_not_run(
    checkpoint: Path, tmp_path: Path, name: str, form: str
) -> None:
    trap = tmp_path / "trap"
    if form == "pickle":
        (checkpoint / name).write_bytes(pickle.dumps(Calls(trap), protocol=2))
    else:
        whole = torch.load(checkpoint / name, weights_only=False)
        hostile = whole | {"trap": Calls(trap)}
        torch.save(hostile, checkpoint / name, _use_new_zipfile_serialization=form == "zip")
    seal(checkpoint)  # whoever can write the one can write the other
    with pytest.raises(InputError, match=r"is no state that a training saved.*was run") as error:
        fit(checkpoint.parent)
    assert str(checkpoint) in str(error.value)
    assert not trap.exists()


def test_weights_that_torch_saved_in_place_of_safetensors_are_refused_and_not_run(
    checkpoint: Path, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    (checkpoint / "model.safetensors").unlink()
    torch.save({"head.weight": Calls(trap)}, checkpoint / "pytorch_model.bin")
    seal(checkpoint)
    with pytest.raises(InputError, match="is no state that a training saved"):
        fit(checkpoint.parent)
    assert not trap.exists()


def test_arguments_of_the_library_in_a_checkpoint_are_never_loaded(
    checkpoint: Path, stopped: Path, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    torch.save(Calls(trap), checkpoint / "training_args.bin")
    seal(checkpoint)
    shutil.copytree(stopped, tmp_path / "other")
    whole, other = fit(checkpoint.parent), fit(tmp_path / "other")
    assert all(torch.equal(whole[name], other[name]) for name in whole)
    assert not trap.exists()


def test_a_full_disk_while_a_checkpoint_is_written_keeps_the_one_before(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import sign2text.training.checkpointing as module

    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, "seal", full)
        with pytest.raises(StorageError, match=r"checkpoint-\d+: could not be written, .*full"):
            fit(checkpoint.parent)
    assert checkpoints(checkpoint.parent) == [checkpoint]
    assert not (checkpoint.parent / "incomplete").exists(), "half a checkpoint would fill the disk"
    resumed, whole = fit(checkpoint.parent), fit(tmp_path / "whole")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_finished_training_of_a_job_keeps_its_state_and_the_next_takes_it_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(runner, "is_job", lambda: True)
        clear_state(tmp_path)
    (last,) = checkpoints(tmp_path)
    check_seal(last, tmp_path)
    steps = json.loads((last / "trainer_state.json").read_text())["max_steps"]
    assert last.name == f"checkpoint-{steps}"
    again = fit(tmp_path, stop_at=1)  # a signal, if a single clip were read
    assert all(torch.equal(whole[name], again[name]) for name in whole)
    clear_state(tmp_path)
    assert checkpoints(tmp_path) == []
