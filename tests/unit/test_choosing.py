"""Selection of an epoch by BLEU-4 on dev; neither it nor a stop changes the training."""

import json
import os
import random
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import set_seed

from sign2text.ground.errors import InputError
from sign2text.training import selection as choosing
from sign2text.training.selection import BestWeights, Selection
from sign2text.training.state import clear_state
from sign2text.training.stopping import StopOnSignal
from sign2text.training.trainer import train

sys.path.insert(0, str(Path(__file__).parent))
from tiny_training import Clips, Tiny, tiny_task

EPOCHS, STEPS = 5, 6  # 23 clips in batches of 4


BLEU = Selection(lambda *_: 0.0)


class Killed(BaseException):
    """Imitation of SIGKILL: nothing is saved."""


class Measure:
    """Scripted BLEU-4, found by the weights, so that a resumed training gets the same values."""

    def __init__(self, values, stop=None):
        self.values, self.stop, self.seen = values, stop, []
        self.by_weights, self.weights = {}, {}

    def __call__(self, model, over):
        assert not model.training
        key = model.head.weight.sum().item()
        epoch = len(self.by_weights) + 1
        self.by_weights.setdefault(key, epoch)
        epoch = self.by_weights[key]
        self.weights[epoch] = {name: value.clone() for name, value in model.state_dict().items()}
        self.seen.append(epoch)
        # As careless as possible: draw from every generator.
        torch.rand(3), random.random(), np.random.rand()

        def decode(_):
            if self.stop == epoch:
                self.stop = None
                os.kill(os.getpid(), signal.SIGTERM)

        assert len(list(over(decode, range(3)))) == 3
        return self.values[epoch - 1]


def fit(state, measure, every=1, data=None, **changes):
    set_seed(1)
    model = Tiny()
    selection = Selection(measure, every, **changes) if every else None
    task = tiny_task(
        model, data or Clips(), selection=selection, epochs=EPOCHS, checkpoints=3, fingerprint={}
    )
    rows = train(task, state)
    assert not model.training
    return {name: value.clone() for name, value in model.state_dict().items()}, rows


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def chosen(rows):
    (row,) = (row for row in rows if row["chosen"])
    return row["epoch"], row["step"], row.get("dev_bleu4")


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ([3.0, 7.0, 7.0, 5.0, 1.0], 2),  # the earlier of equal epochs
        ([0.0, 0.0, 0.0, 0.0, 0.0], 1),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 5),
    ],
)
def test_the_epoch_with_the_best_bleu_is_kept(tmp_path, values, best):
    measure = Measure(values)
    weights, rows = fit(tmp_path, measure)
    assert measure.seen == [1, 2, 3, 4, 5]
    assert same(weights, measure.weights[best])
    assert chosen(rows) == (best, best * STEPS, values[best - 1])
    assert [row["dev_bleu4"] for row in rows if "dev_bleu4" in row] == values


def test_dev_is_decoded_every_few_epochs_and_after_the_last(tmp_path):
    # The scripted values are in order of the measurements: the third epoch, then the fifth.
    _, rows = fit(tmp_path, Measure([4.0, 3.0]), every=3)
    assert [row["epoch"] for row in rows if "dev_bleu4" in row] == [3, 5]
    assert chosen(rows) == (3, 3 * STEPS, 4.0)
    assert [row["epoch"] for row in rows if "dev_loss" in row] == [1, 2, 3, 4, 5]


def test_lower_is_better_where_the_selection_says_so(tmp_path):
    measure = Measure([3.0, 1.0, 1.0, 2.0, 4.0])
    errors = {"metric": "wer", "name": "WER", "better": "lower"}
    weights, rows = fit(tmp_path, measure, **errors)
    assert same(weights, measure.weights[2])
    (row,) = (row for row in rows if row["chosen"])
    assert (row["epoch"], row["dev_wer"]) == (2, 1.0), "of equals, the earlier one"
    about = json.loads((tmp_path / "best/step-12/choice.json").read_text())
    assert about == {"epoch": 2.0, "step": 12, "wer": 1.0}


def test_the_loss_on_dev_selects_without_a_measure(tmp_path):
    set_seed(1)
    selection = Selection(None, metric="loss", name="loss", better="lower")
    rows = train(tiny_task(Tiny(), selection=selection, epochs=EPOCHS, fingerprint={}), tmp_path)
    losses = {row["step"]: row["dev_loss"] for row in rows if "dev_loss" in row}
    (best,) = (row["step"] for row in rows if row["chosen"])
    assert losses[best] == min(losses.values())
    with pytest.raises(ValueError, match="metric 'wer' with no measure"):
        Selection(None, metric="wer")


def fit_by_steps(state, measure, data=None):
    """Train twenty steps; dev every fourth step, and the metric at every second measurement."""
    set_seed(1)
    length = {"epochs": None, "steps": 20, "dev_steps": 4}
    task = tiny_task(Tiny(), data, selection=Selection(measure, 2), checkpoints=3, **length)
    return train(task, state), task.model.state_dict()


def test_dev_is_measured_every_so_many_steps_and_after_the_last(tmp_path):
    measure = Measure([1.0, 5.0, 2.0])
    rows, weights = fit_by_steps(tmp_path / "whole", measure)
    assert [row["step"] for row in rows if "dev_loss" in row] == [4, 8, 12, 16, 20]
    assert [row["step"] for row in rows if "dev_bleu4" in row] == [8, 16, 20]
    assert [row["step"] for row in rows if row["chosen"]] == [16]
    assert rows[-1]["step"] == 20, "in the middle of the fourth epoch"
    again = Measure(measure.values)
    again.by_weights = dict(measure.by_weights)
    with pytest.raises(SystemExit):
        fit_by_steps(tmp_path / "stopped", again, Clips(60))
    found, resumed = fit_by_steps(tmp_path / "stopped", again)
    assert found == rows and same(weights, resumed)
    # A training that ended on its last step is taken over without a further step.
    found, taken_over = fit_by_steps(tmp_path / "whole", again, Clips(1))
    assert found == rows and same(weights, taken_over)


def test_decoding_dev_changes_nothing_in_the_training(tmp_path):
    measure = Measure([1.0, 2.0, 3.0, 4.0, 5.0])
    decoded, rows = fit(tmp_path / "decoded", measure)
    plain, others = fit(tmp_path / "plain", None, every=0)
    assert same(decoded, plain)  # the last epoch is the best here
    assert chosen(others) == (EPOCHS, EPOCHS * STEPS, None)
    for row in rows:
        row.pop("dev_bleu4", None)
    assert rows == others
    assert sum("loss" in row for row in rows) == EPOCHS * STEPS


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    measure = Measure([3.0, 9.0, 4.0, 6.0, 2.0])
    weights, rows = fit(tmp_path_factory.mktemp("whole"), measure)
    assert chosen(rows)[0] == 2
    return weights, rows, measure


def again(undisturbed, **changes):
    """Make a measurement that gives the undisturbed training's values for the same weights."""
    measure = Measure(undisturbed[2].values, **changes)
    measure.by_weights = dict(undisturbed[2].by_weights)
    return measure


# Epochs end after 23, 46, 69, 92 and 115 clips; checkpoints are saved at steps 10, 20 and 30.
@pytest.mark.parametrize("stop_at", [9, 23, 30, 46, 47, 60, 92, 115])
def test_a_stopped_training_chooses_as_one_that_was_not(tmp_path, undisturbed, stop_at):
    measure = again(undisturbed)
    with pytest.raises(SystemExit) as ended:
        fit(tmp_path, measure, data=Clips(stop_at))
    assert ended.value.code == 128 + signal.SIGTERM
    assert measure.seen == list(range(1, -(-stop_at // 23))), "dev is not decoded before it ends"
    weights, rows = fit(tmp_path, measure)
    assert rows == undisturbed[1]
    assert same(weights, undisturbed[0])
    assert measure.seen == [1, 2, 3, 4, 5], "a stop costs no measurement"


@pytest.mark.parametrize("epoch", [1, 2, 3, 5])
def test_a_stop_while_dev_is_decoded_loses_only_that(tmp_path, undisturbed, epoch):
    measure = again(undisturbed, stop=epoch)
    with pytest.raises(SystemExit):
        fit(tmp_path, measure)
    (checkpoint,) = tmp_path.glob("checkpoint-*")
    assert checkpoint.name == f"checkpoint-{epoch * STEPS}"
    weights, rows = fit(tmp_path, measure)
    assert rows == undisturbed[1]
    assert same(weights, undisturbed[0])
    assert measure.seen == sorted([1, 2, 3, 4, 5, epoch])


def test_a_signal_between_a_step_and_the_epochs_end_loses_nothing(
    tmp_path, undisturbed, monkeypatch
):
    measure, ended = again(undisturbed), []
    original = StopOnSignal.on_epoch_end

    def end(*arguments, **named):
        ended.append(1)
        if len(ended) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(*arguments, **named)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(StopOnSignal, "on_epoch_end", end)
        fit(tmp_path, measure)
    weights, rows = fit(tmp_path, measure)
    assert rows == undisturbed[1]
    assert same(weights, undisturbed[0])


class KilledClips(Clips):
    def __init__(self, kill_at):
        super().__init__()
        self.kill_at = kill_at

    def __getitem__(self, item):
        if self.read == self.kill_at:
            raise Killed
        return super().__getitem__(item)


@pytest.mark.parametrize(
    ("kill_at", "kept_before", "gone_on_from"),
    [
        (15, [], None),  # before the first epoch ended
        (37, [6], None),  # before the first checkpoint, of step 10
        (44, [6], 10),  # before the best epoch ended
        (60, [6, 12], 10),  # after it, but the checkpoint is older: both are kept
        (90, [12], 20),
    ],
)
def test_a_killed_training_chooses_as_one_that_was_not(
    tmp_path, undisturbed, kill_at, kept_before, gone_on_from
):
    measure = again(undisturbed)
    with pytest.raises(Killed):
        fit(tmp_path, measure, data=KilledClips(kill_at))
    held = sorted(int(path.name.split("-")[1]) for path in (tmp_path / "best").glob("step-*"))
    assert held == kept_before
    found = [path.name for path in tmp_path.glob("checkpoint-*")]
    assert found == ([f"checkpoint-{gone_on_from}"] if gone_on_from else [])
    weights, rows = fit(tmp_path, measure)
    assert rows == undisturbed[1]
    assert same(weights, undisturbed[0])
    assert [path.name for path in (tmp_path / "best").glob("step-*")] == ["step-12"]
    about = json.loads((tmp_path / "best/step-12/choice.json").read_text())
    assert about == {"epoch": 2.0, "step": 12, "bleu4": 9.0}
    clear_state(tmp_path)
    assert not (tmp_path / "best").exists()


def test_what_a_lost_future_held_for_best_is_forgotten(tmp_path, undisturbed):
    """A training that is not reproducible to the bit (a GPU's) is judged by its new weights."""
    with pytest.raises(Killed):
        fit(tmp_path, again(undisturbed), data=KilledClips(60))
    # The second epoch, which was the best, gets another result this time.
    measure = again(undisturbed)
    measure.values = [3.0, 1.0, 2.0, 2.0, 2.0]
    weights, rows = fit(tmp_path, measure)
    assert chosen(rows) == (1, STEPS, 3.0)
    assert same(weights, undisturbed[2].weights[1])


def test_weights_that_are_not_whole_are_not_taken(tmp_path, undisturbed, monkeypatch):
    def cut(model, path):
        save(model, path)
        raise Killed

    save = choosing.save_weights
    with monkeypatch.context() as patch:
        patch.setattr(choosing, "save_weights", cut)
        with pytest.raises(Killed):
            fit(tmp_path, again(undisturbed))
    assert not list((tmp_path / "best").rglob("choice.json"))
    weights, rows = fit(tmp_path, again(undisturbed))
    assert rows == undisturbed[1]
    assert same(weights, undisturbed[0])


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, undisturbed):
    """Return the state of a training that was stopped when its second epoch was the best so far."""
    state = tmp_path_factory.mktemp("stopped")
    with pytest.raises(SystemExit):
        fit(state, again(undisturbed), data=Clips(60))
    return state


def change(path):
    """Change a number in the middle; size and time stay."""
    before, data = path.stat(), bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("name", ["model.safetensors", "choice.json", "seal.json"])
@pytest.mark.parametrize("harm", ["cut", "changed", "removed"])
def test_best_weights_that_are_not_what_was_stored_are_refused(
    tmp_path, undisturbed, stopped, name, harm
):
    shutil.copytree(stopped, state := tmp_path / "state")
    path = state / "best/step-12" / name
    if harm == "changed":
        change(path)
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:-5])
    else:
        path.unlink()
    measure = again(undisturbed)
    with pytest.raises(InputError, match=rf"^{path.parent}.* Delete (the folder )?{state} "):
        fit(state, measure)
    assert measure.seen == [], "before anything is trained"


def test_best_weights_that_are_changed_while_it_trains_are_refused(
    tmp_path, undisturbed, monkeypatch
):
    load = BestWeights.load_into

    def changed(self, model, step):
        change(self.folder / f"step-{step}/model.safetensors")
        load(self, model, step)

    monkeypatch.setattr(BestWeights, "load_into", changed)
    with pytest.raises(InputError, match=r"model\.safetensors: its content is not what was"):
        fit(tmp_path, again(undisturbed))


def test_best_weights_that_somebody_removed_are_missed(tmp_path):
    logged = [{"step": 6, "epoch": 1.0, "eval_bleu4": 3.0}]
    with pytest.raises(InputError, match=r"step-6/choice\.json: missing.*start afresh"):
        BestWeights(tmp_path / "best", BLEU, logged)
    assert BLEU.best(logged) == logged[0]
    assert BLEU.best([{"step": 6, "eval_loss": 1.0}]) is None
