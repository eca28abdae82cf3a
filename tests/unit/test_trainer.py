import contextlib
import json
import logging
import os
import signal
import sys
from pathlib import Path

import pytest
import torch
from transformers import set_seed

from sign2text.ground.errors import InputError
from sign2text.training.state import clear_state, prepare_state
from sign2text.training.trainer import TaskTrainer, train

sys.path.insert(0, str(Path(__file__).parent))
from tiny_training import SETTINGS, Clips, Tiny, tiny_task


def fit(state, stop_at=None, **changes):
    set_seed(1)
    model = Tiny()
    train(tiny_task(model, Clips(stop_at), **changes), state)
    return model.state_dict()


def test_a_training_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    whole = fit(tmp_path / "whole")
    for stop_at in (7, 23 + 23 + 9):  # in the first epoch, and in the third
        state = tmp_path / f"stopped{stop_at}"
        with pytest.raises(SystemExit) as stopped:
            fit(state, stop_at)
        assert stopped.value.code == 128 + signal.SIGTERM
        resumed = fit(state)
        assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_the_log_says_the_losses_of_a_training_that_was_not_stopped(tmp_path, caplog):
    def told(stop_at=None, folder=tmp_path / "stopped"):
        caplog.clear()
        with contextlib.suppress(SystemExit):
            fit(folder, stop_at)
        return [line for line in caplog.messages if line.startswith("epoch ")]

    caplog.set_level(logging.INFO)
    whole = told(folder=tmp_path / "whole")
    assert len(whole) == SETTINGS.epochs
    assert told(stop_at=23) == []  # in the last step of the first epoch, before it is evaluated
    assert told() == whole


def test_a_signal_between_the_last_step_of_an_epoch_and_its_evaluation_loses_neither(
    tmp_path, monkeypatch
):
    save = TaskTrainer._save_checkpoint

    def save_and_be_stopped(trainer, *arguments):
        save(trainer, *arguments)
        if trainer.state.epoch == 1 and not resumed:
            os.kill(os.getpid(), signal.SIGTERM)

    def history(state):
        set_seed(1)
        return train(tiny_task(Tiny(), checkpoints=18), state)  # a checkpoint at every step

    whole = history(tmp_path / "whole")
    resumed = False
    monkeypatch.setattr(TaskTrainer, "_save_checkpoint", save_and_be_stopped)
    with pytest.raises(SystemExit):
        history(tmp_path / "stopped")
    resumed = True
    assert history(tmp_path / "stopped") == whole


def test_another_seed_gives_another_model(tmp_path):
    other = fit(tmp_path / "other", seed=2)
    assert not torch.equal(fit(tmp_path / "first")["head.weight"], other["head.weight"])


def test_a_state_of_other_settings_is_refused_and_what_differs_is_named(tmp_path):
    with pytest.raises(SystemExit):
        fit(tmp_path, stop_at=30)
    with pytest.raises(InputError, match=r"epochs: 3 then, 4 now"):
        fit(tmp_path, fingerprint={"epochs": 4})
    fit(tmp_path)  # as it was begun, it goes on


def test_a_state_that_does_not_say_how_it_was_made_is_refused(tmp_path):
    with pytest.raises(SystemExit):
        fit(tmp_path, stop_at=30)
    (tmp_path / "settings.json").unlink()
    with pytest.raises(InputError, match=r"settings\.json: missing"):
        fit(tmp_path)


def test_half_a_checkpoint_is_not_continued(tmp_path):
    with pytest.raises(SystemExit):
        fit(tmp_path, stop_at=30)
    (tmp_path / "incomplete" / "checkpoint-999").mkdir(parents=True)
    found = prepare_state(tmp_path, {"epochs": 3})
    assert found.name != "checkpoint-999"
    assert not (tmp_path / "incomplete").exists()
    assert len(list(tmp_path.glob("checkpoint-*"))) == 1


def test_a_finished_state_does_not_stand_in_the_way_of_new_settings(tmp_path):
    fit(tmp_path)
    clear_state(tmp_path)
    assert prepare_state(tmp_path, {"epochs": 4}) is None
    assert json.loads((tmp_path / "settings.json").read_text()) == {"epochs": 4}
    assert list((tmp_path / "tensorboard").iterdir())
