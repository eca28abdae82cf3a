"""`sign2text plan` of a method that the workflow does not have."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from sign2text.config.methods import find_methods
from sign2text.config.reads import Read, ReadPlace
from sign2text.config.stages import find_stages
from sign2text.data.feature_store import FeatureStore
from sign2text.ground.errors import InputError
from sign2text.models.frame_encoder import load_frame_encoder
from sign2text.planning import corpus, measure
from sign2text.planning.request import read_request

sys.path.insert(0, str(Path(__file__).parent))
from tiny_plan import write_config
from words_method import (
    MEASURED,
    METHOD,
    READS,
    STAGES,
    WordsConfig,
    WordsTranslator,
    stage,
    train_words,
)


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Plan one stage of the method, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(find_methods(), "words", METHOD)
    # What these have looked up of all methods is not to outlast the test.
    shared = (replace(find_stages()[name]) for name in ("decode", "score"))
    for each in (*STAGES, *shared):
        monkeypatch.setitem(find_stages(), each.name, each)
    path = write_config()
    config = yaml.safe_load(path.read_text())
    config["experiments"] = {"words": {"method": "words"}}
    del config["datasets"]["tiny"]["stages"]["visual_init"]
    del config["datasets"]["tiny"]["stages"]["finetune_llm"]
    del config["datasets"]["tiny"]["stages"]["extract_features"]
    path.write_text(yaml.safe_dump(config))
    folder = tmp_path / "work"
    folder.mkdir()

    def measured(name):
        request = read_request("results/tiny/words.bleu", path, steps=5, warm_up=1)
        measure.prepare_stage(request, name, folder)
        return request, measure.measure_stage(request, name, folder)

    return measured


def test_its_training_is_measured_and_what_it_reads_is_made(plan, monkeypatch, tmp_path):
    monkeypatch.setattr(corpus, "MADE_UP", 15)
    MEASURED.clear()
    request, found = plan("train_words")
    assert request.stages == ("train_words", "decode")
    assert "pick_colours" in request.left_out
    training, dev, metric = found.phases
    assert (training.units, training.whole) == (5, 24), "steps do not become more with the clips"
    assert found.epochs == 3, "24 steps of 8 batches, of 30 clips"
    store = FeatureStore(tmp_path / "work/clips/tiny/pick_colours/train.safetensors")
    frames = request.corpus.splits["train"].sample().frames
    assert store.lengths.tolist() == [-(-count // 2) for count in frames]
    assert (store.about["feature"], store.views[0].shape[1]) == ("colours", 3)
    sampled = sum(-(-count // 2) for count in request.corpus.splits["dev"].frames)
    assert dev.whole == 3 * sampled, "after steps 10, 20 and 24"
    assert (metric.name, metric.units, metric.whole) == ("measuring of dev", 3, 2 * 6)
    assert MEASURED == [], "the metric was begun and not finished"
    assert found.trained == found.parameters > 1000


def test_its_translator_is_decoded(plan, monkeypatch):
    lengths = []
    original = WordsTranslator.generate

    def generate(self, features, given, **settings):
        sequences, scores = original(self, features, given, **settings)
        lengths.append((settings["max_new_tokens"], sequences.shape[1]))
        return sequences, scores

    monkeypatch.setattr(WordsTranslator, "generate", generate)
    _, found = plan("decode")
    (phase,) = found.phases
    assert phase.whole == 10
    assert all(limit == length for limit, length in lengths) and len(lengths) > 1
    assert found.epochs is None and found.parameters > 1000


def test_what_a_plan_cannot_make_is_named(plan, monkeypatch):
    reads = (*READS, ReadPlace("output_list", lambda settings: "resources/words/list.txt"))
    needing = stage("train_words", WordsConfig, needs_a_list, reads, trains=True, planned=True)
    monkeypatch.setitem(find_stages(), "train_words", needing)
    with pytest.raises(
        InputError, match=r"train_words reads output_list: resources/words/list.txt"
    ):
        plan("train_words")


def test_a_model_of_another_data_set_is_made_too(plan, monkeypatch, tmp_path):
    other = Read(
        "unused", "pretrain_frame_encoder", "model.safetensors", dataset=lambda s: "phoenix"
    )
    reads = tuple(each for each in READS if each.option != "unused")
    reading = stage("train_words", WordsConfig, train_words, (*reads, other), planned=True)
    monkeypatch.setitem(find_stages(), "train_words", reading)
    request, _ = plan("train_words")
    assert "phoenix/pretrain_frame_encoder" in request.left_out
    assert "pretrain_frame_encoder" not in request.left_out, "this data set's is not read"
    made = load_frame_encoder(tmp_path / "work/clips/phoenix/pretrain_frame_encoder")
    assert made.config.resnet.hidden_sizes == [64, 128, 256, 512], "of phoenix's settings"


def needs_a_list(*, output_list: Path, config: WordsConfig, output: Path) -> None:
    raise AssertionError


def test_a_stage_without_a_limited_loop_is_said_to_have_none(plan, monkeypatch):
    marked = replace(find_stages()["pick_colours"], planned=True)
    monkeypatch.setitem(find_stages(), "pick_colours", marked)
    with pytest.raises(RuntimeError, match="none of its loops heeds a limit"):
        plan("pick_colours")
