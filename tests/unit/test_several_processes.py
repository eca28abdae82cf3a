"""Two ranks that share one training learn the same as one process; on the CPU, with gloo."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file, save_file

from sign2text.data.feature_store import write_features
from sign2text.training.history import read_history
from sign2text.training.selection import Selection

sys.path.insert(0, str(Path(__file__).parent))
import shared_landmarks
import shared_training as shared
from frozen_translator import OWN, make_parts
from tiny_corpus import LENGTHS, write_corpus


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_tokenizer, tiny_translator):
    """Run `shared.main` in two processes, after one has prepared the inputs."""
    folder = tmp_path_factory.mktemp("several")
    corpus = folder / "corpus"
    write_corpus(corpus, tiny_tokenizer)
    tiny_translator(seed=1, light=True).save_pretrained(corpus / "visual")
    tiny_translator(seed=2, light=False).language_model.save_pretrained(corpus / "language_model")
    generator = torch.Generator().manual_seed(3)
    for split, lengths in LENGTHS.items():
        steps = torch.randn(sum(lengths), 12, generator=generator)
        write_features(
            corpus / f"{split}.features",
            [f"{split}-{n}" for n in range(len(lengths))],
            lengths,
            [steps],
            feature="sign_wise",
        )
    assert shared.stopped(folder / "by one", data=shared.Uneven(30), measure=shared.Decoded())
    save_file(shared.normalized(shared.alone), folder / "normalized.safetensors")
    make_parts(folder)
    subprocess.run([*TORCHRUN, str(Path(shared.__file__)), str(folder)], check=True, timeout=1800)
    return folder


TORCHRUN = (
    *(sys.executable, "-m", "torch.distributed.run"),
    *("--standalone", "--nproc-per-node", "2"),
)


def of_both(folder, name):
    """Read the notes of both processes."""
    places = [folder / f"{name}-{process}" for process in range(2)]
    return [
        (load_file(p.with_suffix(".safetensors")), json.loads(p.with_suffix(".json").read_text()))
        for p in places
    ]


def near(rows, others):
    """Check that two histories agree to 1e-5."""
    assert len(rows) == len(others)
    for row, other in zip(rows, others, strict=True):
        assert row == pytest.approx(other, abs=1e-5, rel=1e-5)


def close(weights, others):
    assert weights.keys() == others.keys()
    for name, value in weights.items():
        # Attention does not depend on this bias: its gradient is rounding, which Adam turns into
        # steps.
        if not name.endswith("k_proj.bias"):
            assert torch.allclose(value, others[name], rtol=1e-5, atol=1e-5), name


def equal(weights, others):
    assert weights.keys() == others.keys()
    for name, value in weights.items():
        assert torch.equal(value, others[name]), name


def test_batch_norm_over_two_processes_is_that_of_one(folder):
    whole = load_file(folder / "normalized.safetensors")
    (first, _), (second, _) = of_both(folder, "normalized")
    for name, value in whole.items():
        kind = name.rsplit(".", 1)[-1]
        one, two = first[name], second[name]
        if kind in ("y", "x"):  # each rank has its piece
            found = torch.cat([one, two])[: len(value)]
        elif kind in ("weight", "bias"):
            found = one + two
        else:
            assert torch.equal(one, two), name
            found = one
        assert torch.allclose(found, value, rtol=1e-5, atol=1e-5), name
    assert second["steps.2.x"].count_nonzero() == 0, "what does not count has no gradient"
    assert first["steps.num_batches_tracked"] == 3


@pytest.mark.parametrize("case", shared.CASES)
def test_two_processes_learn_what_one_does(folder, tmp_path, case):
    """Losses, norms, dev and weights; with batches of one clip, in parts, clipped or not."""
    measure = shared.Decoded()
    weights, rows, after = shared.fit(tmp_path, measure=measure, **shared.CASES[case])
    (first, noted), (second, others) = of_both(folder, case)
    equal(first, second)
    assert noted == others, "both say the same"
    near(noted["rows"], rows)
    assert {"loss", "grad_norm", "grad_norm_visual", "norm_adapter"} <= rows[0].keys()
    assert rows[-1]["dev_bleu4"]
    for found, seen in zip(noted["decoded"], measure.seen, strict=True):
        assert found == pytest.approx(seen, abs=1e-5)
    close(first, weights | {"after each step": after})
    assert len(after) == (23 if case == "alone" else 24)


def test_random_numbers_differ_between_processes(folder, tmp_path):
    """Two processes cannot draw the numbers of one process, so dropout changes the losses."""
    _, rows, _ = shared.fit(tmp_path, dropout=0.3, measure=shared.Decoded())
    (first, noted), (second, _) = of_both(folder, "drops")
    equal(first, second)
    assert noted["rows"][0]["loss"] != pytest.approx(rows[0]["loss"], abs=1e-4)


@pytest.mark.parametrize("name", ["first", "second", "decoding"])
def test_a_signal_to_either_stops_both_and_they_go_on_exactly(folder, name):
    """In the first epoch, in the second, and during decoding of dev after it; with dropout."""
    (whole, undisturbed), _ = of_both(folder, "drops")
    for weights, noted in of_both(folder, f"stopped-{name}"):
        assert noted["code"] == 143
        assert noted["rows"] == undisturbed["rows"]
        after = weights.pop("after each step")
        equal(weights | {"after each step": whole["after each step"]}, whole)
        assert torch.equal(after, whole["after each step"][-len(after) :])
        assert 0 < len(after) < 24
        (checkpoint,) = (each for each in noted["saved"] if each.startswith("checkpoint-"))
        assert checkpoint == f"checkpoint-{24 - len(after)}"
        best = [] if name == "first" else ["best"]
        assert noted["saved"] == [*best, checkpoint, "settings.json"]
        assert {"rng_state_0.pth", "rng_state_1.pth", "optimizer.pt"} <= set(noted["held"])


def test_another_number_of_processes_may_go_on(folder, tmp_path):
    weights, rows, _ = shared.fit(tmp_path, measure=shared.Decoded())
    (found, noted), _ = of_both(folder, "taken over")
    found.pop("after each step")
    close(found, weights)
    near(noted["rows"], rows)
    found, resumed, after = shared.fit(folder / "by two", measure=shared.Decoded())
    assert len(after) < 24
    close(found, weights)
    near(resumed, rows)


def test_beside_a_frozen_part_both_learn_the_same_and_the_first_writes(folder):
    (first, _), (second, _) = of_both(folder, "frozen")
    equal(first, second)
    shared.train_frozen(folder, folder / "frozen-one")
    one, two = (load_file(folder / f"frozen-{n}" / "model.safetensors") for n in ("one", "two"))
    assert sorted(two) == OWN
    close(two, one)
    equal(two, {name: first[name] for name in two})
    one, two = (
        json.loads((folder / f"frozen-{n}" / "config.json").read_text()) for n in ("one", "two")
    )
    assert two == one and two["frozen_parts"]["tower"]["place"] == "tower"


def test_batches_with_and_without_landmarks_teach_both_the_same(folder, tmp_path):
    """The landmark layer gets no gradient from a share of text alone."""
    weights, rows = shared_landmarks.fit(tmp_path)
    (first, noted), (second, others) = of_both(folder, "landmarks")
    equal(first, second)
    assert noted == others
    near(noted["rows"], rows)
    assert {"loss", "dev_loss", "grad_norm_visual"} <= {*rows[0], *rows[-1]}
    close(first, weights)


def test_shards_learn_what_one_process_does(folder, tmp_path):
    """Dev is measured with whole weights, and the best ones are kept."""
    measure = shared_landmarks.Watched()
    selection = Selection(measure)
    weights, rows = shared_landmarks.fit(tmp_path, optimizer="adamw", selection=selection)
    (first, noted), (second, others) = of_both(folder, "sharded")
    equal(first, second)
    near(noted["rows"], rows)
    close(first, weights)
    assert noted["seen"] == others["seen"] == pytest.approx(measure.seen, rel=1e-5)
    assert {row["step"] for row in rows if row.get("chosen")} == {5}
    whole = [
        each.numel() for each in shared_landmarks.make("T5", shared_landmarks.WORDS).parameters()
    ]
    for one, two in zip(noted["places"], others["places"], strict=True):
        assert [a + b for a, b in zip(one, two, strict=True)] == whole
        assert sum(one) < 0.6 * sum(whole) and sum(two) < 0.6 * sum(whole)


def test_a_checkpoint_of_shards_is_read_by_one_process_and_by_two(folder, tmp_path):
    """With an average of weights, which is part of the optimiser's state."""
    weights, rows = shared_landmarks.fit(tmp_path, average=0.9)
    (resumed, noted), _ = of_both(folder, "sharded-resumed")
    close(resumed, weights)
    near(noted["rows"], rows)
    (checkpoint,) = (folder / "sharded-for-one").glob("checkpoint-*")
    assert 0 < int(checkpoint.name.split("-")[1]) < 10
    found, after = shared_landmarks.fit(folder / "sharded-for-one", average=0.9)
    close(found, weights)
    near(after, rows)


@pytest.mark.parametrize("stage", ["visual_init", "finetune_llm"])
def test_the_stages_write_the_same_model_and_history(folder, tmp_path, stage):
    """The whole translator: images, BatchNorm, attention; dev decoded by beam search."""
    if stage == "visual_init":
        shared.run_visual_init(folder / "corpus", tmp_path, **shared.VISUAL)
    else:
        shared.tune(folder / "corpus", tmp_path)
    two = folder / f"{stage}-two"
    close(load_file(tmp_path / "model.safetensors"), load_file(two / "model.safetensors"))
    one, other = (read_history(each / "history.tsv").to_dict("records") for each in (tmp_path, two))
    for row, found in zip(one, other, strict=True):
        assert found == pytest.approx(row, abs=1e-5, rel=1e-5, nan_ok=True)
    assert [path.name for path in (two / "state").iterdir()] == ["tensorboard"]


@pytest.mark.long
def test_a_stage_whose_one_process_is_killed_goes_on_exactly(folder, tmp_path):
    """From the rule's command line: one log, one lock, and the right exit status."""
    log, output = tmp_path / "finetune_llm.log", tmp_path / "finetune_llm"
    command = [
        *TORCHRUN,
        "-m",
        "--",
        "sign2text.methods.fla_llm.stages.finetune_llm",
        "--threads",
        "2",
    ]
    for name, path in shared.inputs_of_tuning(folder / "corpus").items():
        command += [f"--{name.replace('_', '-')}", str(path)]
    command += ["--settings", json.dumps(shared.TUNED), "--output", str(output), "--log", str(log)]
    started = subprocess.Popen(command)
    while not list((output / "state").glob("checkpoint-*")):
        assert started.poll() is None
        time.sleep(0.01)
    (second,) = (
        each for each in psutil.Process(started.pid).children() if each.environ().get("RANK") == "1"
    )
    os.kill(second.pid, signal.SIGKILL)
    assert started.wait(timeout=300) != 0
    assert not (output / "model.safetensors").exists()
    assert log.read_text().count("trained: nothing") == 1
    subprocess.run(command, check=True, timeout=900)
    said = log.read_text()
    assert said.count(", by 2 processes, going on from checkpoint-") == 1
    assert said.count("kept: epoch") == 1
    assert not (output / ".lock").exists()
    whole = folder / "finetune_llm-two"
    equal(*(load_file(each / "model.safetensors") for each in (output, whole)))
    assert (output / "history.tsv").read_text() == (whole / "history.tsv").read_text()
