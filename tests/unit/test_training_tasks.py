"""Three stub tasks against values computed by hand; killed, resumed, and by two processes."""

import dataclasses
import itertools
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import stub_tasks as stubs
import torch
from pretended_device import pretending
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional
from transformers import set_seed
from transformers.optimization import Adafactor

from sign2text.data.batches import BalancedBatchSampler
from sign2text.data.clips import Clips, Collator
from sign2text.training.history import CORE
from sign2text.training.trainer import train


def vector(model):
    return nn.utils.parameters_to_vector(model.parameters()).detach().clone()


def one_step(name, state, clips, **settings):
    """Run a single step over all items by plain SGD; return its gradients and history row."""
    set_seed(1)
    task = stubs.TASKS[name](
        dropout=0.0, epochs=1, batch_size=clips, optimizer="sgd", warmup=0.0, **settings
    )
    object.__setattr__(task, "groups", [{"params": list(task.model.parameters()), "lr": 0.5}])
    object.__setattr__(task, "selection", None)
    object.__setattr__(task, "schedule", lambda optimizer, _: constant(optimizer))
    before = vector(task.model)
    row = next(row for row in train(task, state) if "loss" in row)
    return (before - vector(task.model)) / 0.5, row


def constant(optimizer):
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)


def ctc_by_hand(log_probabilities, glosses):
    """Compute minus the log of the summed probability of all paths [N, V] that write `glosses`."""
    steps, classes = log_probabilities.shape
    paths = []
    for path in itertools.product(range(classes), repeat=steps):
        if [gloss for gloss, _ in itertools.groupby(path) if gloss] == glosses:
            paths.append(sum(log_probabilities[step, gloss] for step, gloss in enumerate(path)))
    return -torch.logsumexp(torch.stack(paths), 0)


@pytest.mark.parametrize("parts", [1, 3])
def test_ctc_and_cross_entropy_have_divisors_of_their_own(tmp_path, parts):
    """Clip by clip and path by path; also for a batch in parts."""
    gradient, row = one_step(
        "recognition", tmp_path, 23, accumulation=parts, weight_decay=0.0, max_grad_norm=0.0
    )
    set_seed(1)
    model, data = stubs.Recognition(0.0), stubs.Annotated()
    glosses, tokens = [], []
    for clip in range(len(data)):
        item = data[clip, 0]
        steps = torch.tanh(model.steps(item["steps"]))
        if item["glosses"]:
            glosses.append(ctc_by_hand(model.gloss(steps).log_softmax(-1), item["glosses"]))
        start = torch.tensor([0, *item["target"][:-1]])
        logits = model.text(steps.mean(0) + model.words(start)).log_softmax(-1)
        for place, token in enumerate(item["target"]):
            tokens.append(-(0.9 * logits[place, token] + 0.1 * logits[place].mean()))
    ctc, text = torch.stack(glosses).mean(), torch.stack(tokens).mean()
    (0.5 * ctc + text).backward()
    assert (len(glosses), len(tokens)) == (15, 89)
    assert row["loss_ctc"] == pytest.approx(ctc.item(), rel=1e-5)
    assert row["loss_text"] == pytest.approx(text.item(), rel=1e-5)
    assert row["loss"] == pytest.approx((0.5 * ctc + text).item(), rel=1e-5)
    expected = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert torch.allclose(gradient, expected, atol=1e-6)
    parts = [p.grad for p in model.steps.parameters()]
    norm = math.sqrt(sum(each.square().sum().item() for each in parts))
    assert row["grad_norm_visual"] == pytest.approx(norm, rel=1e-4)
    assert row["grad_norm_gloss"] > 0.01


def test_a_decoder_is_trained_by_steps_with_adafactor(tmp_path):
    """Ten steps against a plain loop: batches, mean over tokens, clipping, rate and optimiser."""
    set_seed(1)
    task = stubs.decoder_only(dropout=0.0)
    first = {name: value.clone() for name, value in task.model.state_dict().items()}
    rows = train(task, tmp_path)
    set_seed(1)
    plain, data = stubs.decoder_only(dropout=0.0), stubs.Sentences()
    model, kept, losses, dev = plain.model.train(), {}, [], {}
    assert all(torch.equal(value, first[name]) for name, value in model.state_dict().items())
    optimizer = Adafactor(
        model.parameters(), lr=0.02, scale_parameter=False, relative_step=False, warmup_init=False
    )
    sampler, step = BalancedBatchSampler(data.lengths, 4, 1), 0

    def loss_of(numbers, epoch):
        batch = stubs.collate_tokens([data[number, epoch] for number in numbers])
        logits = model(batch["input_ids"], batch["attention_mask"]).logits
        return functional.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten())

    for epoch in range(2):
        sampler.set_epoch(epoch)
        for batch in sampler:
            if step == 10:
                break
            # The rate rises over two of the ten steps: 0, a half, one, one, ...
            optimizer.param_groups[0]["lr"] = 0.02 * min(1.0, step / 2)
            loss = loss_of([number for number, _ in batch], epoch)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            losses.append(loss.item())
            if step in (4, 8, 10):
                with torch.no_grad():
                    model.eval()
                    dev[step] = loss_of(range(23), 0).item()
                    kept[step] = vector(model)
                    model.train()
    assert [row["loss"] for row in rows if "loss" in row] == pytest.approx(losses, rel=1e-4)
    assert {row["step"]: row["dev_loss"] for row in rows if "dev_loss" in row} == pytest.approx(
        dev, rel=1e-4
    )
    (best,) = (row["step"] for row in rows if row["chosen"])
    assert dev[best] == min(dev.values())
    assert torch.allclose(vector(task.model), kept[best], atol=1e-4)


def test_two_tasks_are_mixed_in_proportion(tmp_path):
    """Two clips for each sentence in every batch, and the gradient of both losses' sum."""
    gradient, row = one_step("mixed", tmp_path, 1000)
    set_seed(1)
    task = stubs.mixed(dropout=0.0, batch_size=1000)
    model, mixture = task.model, task.train
    (batch,) = list(task.batches())
    signed = [mixture[item][1] for item in batch if item[0] < 23]
    written = [mixture[item][1] for item in batch if item[0] >= 23]
    assert (len(signed), len(written)) == (23, 12)
    of_signed = [
        functional.cross_entropy(
            model.text(model.steps(item["steps"]).mean(0)).expand(len(item["target"]), -1),
            torch.tensor(item["target"]),
            reduction="sum",
        )
        for item in signed
    ]
    of_written = [
        functional.cross_entropy(
            model.text(model.source(torch.tensor(item[1]))).expand(len(item) - 1, -1),
            torch.tensor(item[1:]),
            reduction="sum",
        )
        for item in written
    ]
    one = sum(of_signed) / sum(len(item["target"]) for item in signed)
    other = sum(of_written) / sum(len(item) - 1 for item in written)
    (one + other).backward()
    assert row["loss_signed"] == pytest.approx(one.item(), rel=1e-5)
    assert row["loss_written"] == pytest.approx(other.item(), rel=1e-5)
    expected = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert torch.allclose(gradient, expected, atol=1e-6)


def test_a_mixture_goes_through_each_source_in_turn():
    """An epoch has a fixed number of batches; the second source continues from its last place."""
    task = stubs.mixed(batch_size=6)
    sampler, passes = task.batches(), []
    for epoch in range(4):
        sampler.set_epoch(epoch)
        batches = list(sampler)
        assert len(batches) == len(sampler) == math.ceil(23 / 4)
        assert batches == list(sampler), "the same again, as a resumed training needs"
        items = [item for batch in batches for item in batch]
        assert sorted(item for item in items if item[0] < 23) == [(n, epoch) for n in range(23)]
        passes += [item for item in items if item[0] >= 23]
        for batch in batches:
            counts = [sum(number < 23 for number, _ in batch), len(batch)]
            assert counts[0] > 0 and counts[1] > counts[0]
    assert len(passes) == 4 * 12
    whole = [number for number, turn in passes if turn == 0]
    assert sorted(whole) == list(range(23, 46)), "all of it before any of it comes again"
    assert {turn for _, turn in passes} == {0, 1, 2}
    task = stubs.mixed()
    other = list(type(sampler)(task.train, 6, seed=2))
    assert other != list(task.batches())


def of(place):
    return load_file(f"{place}.safetensors"), json.loads(Path(f"{place}.json").read_text())


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Return the folder where each task was trained undisturbed, and killed and resumed."""
    folder = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, stubs.__file__, str(folder)], check=True, timeout=600)
    return folder


@pytest.mark.parametrize("name", stubs.TASKS)
@pytest.mark.parametrize("signal", [9, 15])
def test_killed_and_resumed_it_is_the_same_training_to_the_bit(killed, name, signal):
    (weights, rows), (found, resumed) = of(killed / name), of(killed / f"{name}-{signal}")
    ended, saved = json.loads((killed / f"{name}-{signal}.ended").read_text())
    assert ended == {9: -9, 15: 128 + 15}[signal]
    steps = rows[-1]["step"]
    assert len(saved) == 1 and 0 < int(saved[0].rpartition("-")[2]) < steps
    assert resumed == rows
    assert all(torch.equal(value, found[key]) for key, value in weights.items())
    assert set(CORE) - {"chosen"} <= {key for row in rows for key in row}
    if name == "recognition":
        errors = {row["step"]: row["dev_wer"] for row in rows if "dev_wer" in row}
        (best,) = (row["step"] for row in rows if row["chosen"])
        assert errors[best] == min(errors.values()), "the lowest is the best"


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """Return the folder where two processes trained each task."""
    folder = tmp_path_factory.mktemp("together")
    launch = [*(sys.executable, "-m", "torch.distributed.run"), "--standalone"]
    command = [*launch, "--nproc-per-node", "2", stubs.__file__, str(folder)]
    subprocess.run(command, check=True, timeout=600)
    return folder


@pytest.mark.parametrize("name", stubs.TASKS)
def test_two_processes_learn_what_one_does(together, tmp_path, name):
    weights, rows = stubs.fit(name, tmp_path, dropout=0.0, accumulation=2)
    (first, noted), (second, others) = (of(together / f"{name}-{number}") for number in (0, 1))
    assert noted == others
    for row, other in zip(rows, noted, strict=True):
        assert other == pytest.approx(row, abs=1e-4, rel=1e-4)
    for key, value in weights.items():
        assert torch.equal(first[key], second[key])
        # Attention does not depend on this bias: its gradient is rounding, which Adafactor makes
        # steps of.
        if not key.endswith("k_proj.bias"):
            assert torch.allclose(first[key], value, rtol=1e-4, atol=1e-4), key


@pytest.mark.parametrize("name", stubs.TASKS)
def test_forward_losses_and_backward_keep_to_one_device(name):
    set_seed(1)
    task = stubs.TASKS[name](dropout=0.0)
    model, losses = task.model.train(), task.training_losses()
    items = [(1, 0), (2, 0), (4, 0)]
    kinds = [items, [(23 + n, 0) for n in range(3)]] if name == "mixed" else [items]
    batches = [task.collate([task.train[item] for item in kind]) for kind in kinds]
    counts = losses.counts(batches)
    with pretending(model, *(each for batch in batches for each in batch.values()), counts):
        for batch in batches:
            total, _ = losses.values(model(**task.inputs(batch)), batch, counts)
            total.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


class Recogniser(stubs.Recognition):
    """A model of glosses alone, without a sentence."""

    def forward(self, features, lengths):
        steps = torch.tanh(self.steps(features))
        padded, _ = stubs.pad_flat(steps, lengths)
        return stubs.Outputs(gloss_logits=self.gloss(padded), gloss_lengths=lengths)


def test_a_task_without_sentences_selects_by_word_errors(tmp_path):
    """Items of the project's collator: features and glosses, without any sentence."""

    class Glossed(Clips):
        key, ids, targets = "features", [f"{n}" for n in range(23)], None

        def __init__(self):
            self.data = stubs.Annotated()
            self.lengths = self.data.lengths
            self.with_glosses([self.data[n, 0]["glosses"] for n in range(23)])

        def __len__(self):
            return 23

        def __getitem__(self, item):
            return self.item(item[0], self.data[item]["steps"])

    errors = iter([60.0, 20.0, 40.0])
    task = stubs.recognition(epochs=3, accumulation=1)
    set_seed(1)
    model = Recogniser(0.0)
    task = dataclasses.replace(
        task,
        model=model,
        losses={"ctc": stubs.CTC()},
        weights={},
        groups=[{"params": list(model.parameters()), "lr": 0.02}],
        train=Glossed(),
        dev=Glossed(),
        collate=Collator("features"),
        selection=stubs.Selection(
            lambda *_: next(errors), metric="wer", name="WER", better="lower"
        ),
        parts={},
    )
    rows = train(task, tmp_path)
    measured = [row["dev_wer"] for row in rows if "dev_wer" in row]
    assert measured == [60.0, 20.0, 40.0]
    (kept,) = (row for row in rows if row["chosen"])
    assert kept["dev_wer"] == 20.0, "the lowest, though not the last"
    assert not any(key.startswith(("loss_", "dev_loss_")) for row in rows for key in row)
    with torch.no_grad():
        batch = task.collate([task.dev[n, 0] for n in range(23)])
        assert "labels" not in batch
        by_hand = [
            ctc_by_hand(
                model.gloss(torch.tanh(model.steps(task.dev[n, 0]["steps"]))).log_softmax(-1),
                task.dev[n, 0]["glosses"],
            )
            for n in range(23)
            if task.dev[n, 0]["glosses"]
        ]
    assert kept["dev_loss"] == pytest.approx(torch.stack(by_hand).mean().item(), rel=1e-4)
