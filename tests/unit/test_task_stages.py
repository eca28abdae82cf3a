"""Stages of Scaling SLT: mixtures trained and resumed, machine captions, fine-tuning, decoding."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from tiny_tasks import options_of, run, small_config, write_corpus, write_language_model

from sign2text.data.captions import read_captions, write_captions
from sign2text.data.manifest import write_table
from sign2text.ground.errors import InputError
from sign2text.ground.settings import to_json_values
from sign2text.methods.scaling_slt.corpora import Corpus, CorpusFiles
from sign2text.methods.scaling_slt.dev_pairs import DevPair
from sign2text.methods.scaling_slt.stages import (
    finetune_tasks,
    pretrain_mt,
    pretrain_tasks,
    translate_captions,
)
from sign2text.methods.scaling_slt.task_training import clip_pairs
from sign2text.methods.scaling_slt.tasks import TaskItems
from sign2text.models.translator import load_translator
from sign2text.stages import decode
from sign2text.text.tokenizer import load_tokenizer
from sign2text.training.history import read_history

TEXT = {"mt": "both", "p_mt": 0.5}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("corpus")
    return write_corpus(folder) | write_language_model(folder)


@pytest.fixture(scope="module")
def pretrained(files, tmp_path_factory) -> Path:
    """Weights of a training of all tasks but augmented SLT."""
    return run(
        pretrain_tasks,
        files,
        tmp_path_factory.mktemp("pretrain_tasks"),
        TEXT | {"languages": ["de", "en"]},
        train_parallel=files["train_parallel"],
    )


def plan(folder: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    """Return the rows of a mixture's plan by task, pair and number of items."""
    with (folder / "mixture.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {(row["task"], row["pair"], row["items"]): row for row in rows}


def dev_of(files: dict[str, Path], settings: dict) -> dict[str, DevPair]:
    """Return the pairs of dev."""
    config = pretrain_tasks.Config(**settings)
    names = ("dev_landmarks", "dev_captions", "dev_joined", "languages")
    corpus = Corpus(CorpusFiles(*(files[name] for name in names)), config)
    return clip_pairs([corpus], load_tokenizer(files["tokenizer"]), config)


def test_a_mixture_is_trained_and_its_plan_written(pretrained: Path) -> None:
    rows = plan(pretrained.parent)
    assert {key: float(row["share"]) for key, row in rows.items()} == pytest.approx(
        {
            ("slt", "gsg-de", "12"): 0.4 * 18 / 30 * 12 / 18,
            ("slt", "gsg-de", "6"): 0.4 * 18 / 30 * 6 / 18,
            ("slt", "gsg-en", "12"): 0.4 * 12 / 30,
            ("alignment", "gsg-de", "6"): 0.1,
            ("mt", "en-de", "13"): 0.125,
            ("mt", "de-en", "13"): 0.125,
            ("mt", "zh-de", "13"): 0.125,
            ("mt", "de-zh", "13"): 0.125,
        },
        abs=1e-6,
    )
    row = rows["alignment", "gsg-de", "6"]
    assert (row["draws"], row["passes"]) == ("4", "0.600"), "a tenth of 6 steps of 6 items"
    page = (pretrained.parent / "examples.html").read_text(encoding="utf-8")
    assert page.count("<h2>") == 20
    assert "translate gsg de&lt;/s&gt; [8 steps of 255 landmark values]" in page
    assert "align gsg de" in page and "translate de zh" in page
    history = read_history(pretrained.parent / "history.tsv")
    measured = history[["dev_bleu4", "dev_bleu4_gsg_de", "dev_bleu4_gsg_en"]].dropna()
    assert len(measured) == 2
    means = measured[["dev_bleu4_gsg_de", "dev_bleu4_gsg_en"]].mean(axis=1)
    assert measured["dev_bleu4"].tolist() == pytest.approx(means.tolist())


def test_a_mixture_ended_in_the_middle_is_resumed_to_the_bit(
    pretrained: Path, files, tmp_path: Path, monkeypatch
) -> None:
    read, original = [], TaskItems.__getitem__

    def ending(self, item):
        read.append(item)
        if len(read) == 70:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(self, item)

    def fit() -> Path:
        return run(
            pretrain_tasks,
            files,
            tmp_path,
            TEXT | {"languages": ["de", "en"]},
            train_parallel=files["train_parallel"],
        )

    with monkeypatch.context() as patched:
        patched.setattr(TaskItems, "__getitem__", ending)
        with pytest.raises(SystemExit, match="143"):
            fit()
    assert (
        any((tmp_path / "state").glob("checkpoint-*")) and not (tmp_path / "config.json").exists()
    )
    resumed, wanted = load_file(fit()), load_file(pretrained)
    assert resumed.keys() == wanted.keys()
    assert all(torch.equal(resumed[name], wanted[name]) for name in wanted)
    histories = [(each / "history.tsv").read_text() for each in (tmp_path, pretrained.parent)]
    assert histories[0] == histories[1]


def test_captions_are_translated_by_the_model(files, tmp_path: Path) -> None:
    model = run(pretrain_mt, files, tmp_path / "mt", {"mt": "both"})
    assert {key[:2] for key in plan(model.parent)} == {
        ("mt", pair) for pair in ("de-en", "en-de", "de-zh", "zh-de")
    }
    table = tmp_path / "train.tsv"
    translate_captions.run(
        captions=files["train_captions"],
        languages=files["languages"],
        model=model,
        output=table,
        config=translate_captions.Config(into=["en", "zh"], max_new_tokens=4),
        threads=1,
    )
    made, human = read_captions(table), read_captions(files["train_captions"])
    assert made["origin"].str.fullmatch("machine:[0-9a-f]{16}").all()
    assert set(made["language"]) <= {"en", "zh"} and set(made["clip"]) <= set(human["clip"])
    assert made["start"].notna().any(), "joined captions keep their times"


def test_augmented_slt_takes_machine_captions_of_a_share_of_the_clips(files, tmp_path) -> None:
    human = read_captions(files["train_captions"])
    german = human[human["language"] == "de"]
    made = german.assign(language="zh", origin="machine:0", text="今天")
    write_captions(made, tmp_path / "train.tsv")
    model = run(
        pretrain_tasks,
        files,
        tmp_path / "model",
        {"mt": "none", "augmented": 0.5, "data_share": 0.5, "select": "loss", "steps": 1},
        translated=tmp_path / "train.tsv",
    )
    counts: dict[tuple[str, str], int] = {}
    for task, pair, items in plan(model.parent):
        counts[task, pair] = counts.get((task, pair), 0) + int(items)
    assert counts == {
        ("slt", "gsg-de"): 6 + 3,
        ("augmented", "gsg-zh"): 4 + 2,
        ("alignment", "gsg-de"): 3,
    }, "joined clips, of two clips each, are kept whole"
    opened = [len(pair.items) for pair in dev_of(files, {"data_share": 0.5}).values()]
    assert opened == [4], "dev is whole"


def test_fine_tuning_takes_further_data_sets_and_the_model_is_decoded(
    pretrained, files, tmp_path, monkeypatch
) -> None:
    other = write_corpus(tmp_path / "other", "avn", first=5)
    model = run(
        finetune_tasks,
        files,
        tmp_path / "tuned",
        {"select": "loss", "languages": ["de", "en"]},
        model=pretrained,
        other1_train_landmarks=other["train_landmarks"],
        other1_languages=other["languages"],
    )
    assert {key[:2] for key in plan(model.parent)} == {
        ("slt", pair) for pair in ("gsg-de", "gsg-en", "avn-de", "avn-en")
    }
    history = read_history(model.parent / "history.tsv")
    pairs = [f"dev_pair_loss_{pair}" for pair in ("gsg_de", "gsg_en", "avn_de", "avn_en")]
    measured = history[["dev_pair_loss", *pairs]].dropna()
    assert measured["dev_pair_loss"].tolist() == pytest.approx(
        measured[pairs].mean(axis=1).tolist()
    )
    best = history["dev_pair_loss"].min()
    assert history[history["chosen"] == 1]["dev_pair_loss"].tolist() == [best]
    manifest = tmp_path / "dev.tsv"
    monkeypatch.setattr(
        "sign2text.data.manifest.read_manifest",
        lambda path: pd.DataFrame({"id": [f"dev-{n}" for n in range(4)]}),
    )
    decode.run(
        manifest=manifest,
        model=model,
        landmarks=files["dev_landmarks"],
        output=tmp_path / "hypotheses.tsv",
        config=decode.Config(beams=2, max_new_tokens=4),
        threads=1,
    )
    lines = (tmp_path / "hypotheses.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[1] for line in lines[1:]] == [f"dev-{n}" for n in range(4)]
    assert load_translator(model.parent).config.languages == ["de", "en", "zh"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (TEXT, r"parallel.tsv: 0 rows .* expected sentences in 'de' and another language"),
        ({"mt": "none", "languages": ["de", "zh"]}, r"train.tsv: no captions in 'zh' found, only"),
        ({"mt": "none", "time_tokens": 4}, r"clip 'train-joined-0': a caption ends at 1.28 s"),
        ({"mt": "none", "prompt_tokens": 14}, r"prompt of clip 'train-joined-0' has \d+ tokens"),
    ],
)
def test_missing_data_is_refused_before_training(settings, told, files, tmp_path) -> None:
    write_table(pd.DataFrame(columns=["de", "en"]), tmp_path / "parallel.tsv")
    text = {"train_parallel": tmp_path / "parallel.tsv"} if settings["mt"] != "none" else {}
    with pytest.raises(InputError, match=told):
        run(pretrain_tasks, files, tmp_path / "model", settings, **text)
    assert not (tmp_path / "model").exists()


def test_a_task_without_items_is_refused(files, tmp_path: Path) -> None:
    whole = read_captions(files["train_captions"])
    write_captions(whole[whole["start"].isna()], tmp_path / "train.tsv")
    with pytest.raises(InputError, match=r"tasks.alignment: its share is 0.25, but no caption of"):
        run(pretrain_tasks, files | {"train_captions": tmp_path / "train.tsv"}, tmp_path / "model",
            {"mt": "none"})  # fmt: skip


@pytest.mark.long
def test_a_killed_mixture_is_resumed_to_the_bit(files, tmp_path: Path) -> None:
    settings = {"mt": "both", "dev_bleu_every": 0, "steps": 60, "dev_steps": 30}
    text = {"train_parallel": files["train_parallel"]}
    wanted = load_file(run(pretrain_tasks, files, tmp_path / "whole", settings, **text))
    options = options_of(pretrain_tasks, files, **text, output=tmp_path / "killed")
    words = [f"--{name.replace('_', '-')}={path}" for name, path in options.items()]
    config = to_json_values(small_config(pretrain_tasks, settings))
    command = [sys.executable, "-m", pretrain_tasks.__name__, *words, "--settings"]
    command += [json.dumps(config), "--threads", "1"]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not any((tmp_path / "killed" / "state").glob("checkpoint-*")):
        assert first.poll() is None, "it ended before its first checkpoint"
        time.sleep(0.005)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed" / "model.safetensors").exists()
    subprocess.run(command, check=True, capture_output=True)
    resumed = load_file(tmp_path / "killed" / "model.safetensors")
    assert all(torch.equal(resumed[name], wanted[name]) for name in wanted)
