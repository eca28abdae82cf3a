"""`sign2text plan`: made-up inputs of the stages that are measured."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.frame_store import FrameFormat, FrameStore
from sign2text.data.manifest import read_manifest
from sign2text.data.sampling import sampled_length
from sign2text.ground.errors import InputError
from sign2text.models.frame_encoder import load_frame_encoder
from sign2text.models.language_model import has_own_head, load_language_model
from sign2text.planning import corpus
from sign2text.planning.corpus import Split
from sign2text.planning.measure import prepare_stage
from sign2text.planning.published_sizes import frame_encoder_config, language_model_config
from sign2text.planning.request import read_request
from sign2text.planning.stand_ins import (
    random_sentences,
    tokenizer_of_size,
    write_clips,
    write_features_like,
    write_frames,
)
from sign2text.stages import pretrain_frame_encoder, pretrain_language_model
from sign2text.text.tokenizer import encode_targets, load_tokenizer

sys.path.insert(0, str(Path(__file__).parent))
from tiny_plan import write_config

FOLDER = Path("work/clips/tiny")


@pytest.fixture
def prepare(tmp_path, monkeypatch):
    """Make what a stage reads in the folder FOLDER."""
    monkeypatch.chdir(tmp_path)

    def make(stage, **changes):
        request = read_request("results/tiny/fla_llm.bleu", write_config(**changes))
        prepare_stage(request, stage, Path("work"))
        return request

    return make


def test_clips_overlap_in_one_small_store(tmp_path):
    path, ids = tmp_path / "train.tar", ["a", "b", "c"]
    write_frames(path, FrameFormat((40, 36), 90), ids, [9, 200, 4])
    store = FrameStore(path)
    assert store.lengths.tolist() == [9, 200, 4]
    shown = [store.read(store.position(clip), [0, 1, 2]) for clip in ids]
    assert shown[0].shape == (3, 40, 36, 3)
    assert np.array_equal(shown[0][1:], shown[1][:2]) and np.array_equal(shown[1][1:], shown[2][:2])
    assert not np.array_equal(shown[0], shown[1])
    whole = store.read(1, range(200))
    assert np.array_equal(whole[0], whole[128]), "128 different pictures"
    assert path.stat().st_size < (200 + 3 + 2) * 3 * 1024


def test_sentences_have_the_tokens_that_are_asked_for(tmp_path):
    words = tokenizer_of_size(2454, "de")
    assert len(words) == 2454
    split = Split((40, 60, 80), (5, 30, 1))
    sentences = random_sentences(split.tokens, 2454)
    write_clips(tmp_path / "dev.tsv", split, ["a", "b", "c"], sentences, "de")
    rows = read_manifest(tmp_path / "dev.tsv")
    targets = encode_targets(words, rows["text"])
    assert [len(target) for target in targets] == [5, 30, 2], "a sentence is never empty"
    assert not any(words.unk_token_id in target for target in targets)
    assert rows["frames"].tolist() == [40, 60, 80]
    assert rows["gloss"].str.split().map(len).tolist() == [2, 13, 1]
    with pytest.raises(InputError, match="vocabulary: 20 tokens found, at least 31 expected"):
        tokenizer_of_size(20, "de")


@pytest.mark.parametrize("rate", [1.0, 0.5, 0.25, 0.125])
def test_features_are_like_those_of_an_example(tmp_path, rate):
    lengths, path = [sampled_length(frames, rate) for frames in (240, 16)], tmp_path / "a"
    views = [torch.zeros(sum(lengths), 5, dtype=torch.float16) for _ in range(3)]
    write_features(path, ["x", "y"], lengths, views, feature="every_frame", crop=[9, 7])
    frames = list(range(1, 480))
    ids = [f"clip{number}" for number in frames]
    write_features_like(tmp_path / "b", path, 240, ids, frames)
    store = FeatureStore(tmp_path / "b")
    assert store.lengths.tolist() == [sampled_length(count, rate) for count in frames]
    assert store.about == {"ids": ids, "views": 2, "feature": "every_frame", "crop": [9, 7]}
    assert store.views[1].shape[1] == 5 and store.views[1].dtype == torch.float16
    assert store.views[0].float().std() == pytest.approx(1, abs=0.2)


def test_everything_behind_a_stage_is_made_once(prepare, monkeypatch):
    monkeypatch.setattr(corpus, "MADE_UP", 12)
    request = prepare("finetune_llm")
    made = {str(path.relative_to("work")) for path in Path("work").rglob("*") if path.is_file()}
    assert {f"clips/tiny/extract_features/{split}.safetensors" for split in ("train", "dev")} < made
    assert "probe/tiny/sample_frames/train.tar" in made
    assert not any("test" in each for each in made), "fine-tuning does not read it"
    stored = FeatureStore(FOLDER / "extract_features" / "train.safetensors")
    frames = FrameStore(FOLDER / "sample_frames" / "train.tar")
    assert len(stored.ids) == 12 and stored.ids == frames.ids
    assert stored.lengths.tolist() == [sampled_length(int(n), 0.25) for n in frames.lengths]
    assert (stored.about["feature"], stored.views[0].shape[1]) == ("sign_wise", 12)
    assert max(frames.lengths) == max(request.corpus.splits["train"].sample().frames)
    times = {path: path.stat().st_mtime_ns for path in Path("work").rglob("*")}
    prepare_stage(request, "finetune_llm", Path("work"))
    assert times == {path: path.stat().st_mtime_ns for path in Path("work").rglob("*")}


def test_clips_that_sample_frames_may_leave_out_are_all_there(prepare, monkeypatch):
    monkeypatch.setattr(corpus, "MADE_UP", 12)
    prepare("visual_init", sample_frames={"on_bad_clip": "skip"})
    kept = read_manifest(FOLDER / "sample_frames" / "train.tsv")["id"].tolist()
    assert kept == FrameStore(FOLDER / "sample_frames" / "train.tar").ids
    assert not (FOLDER / "make_manifest" / "train.tsv").exists()


@pytest.mark.parametrize("architecture", ["mbart", "mt5"])
def test_small_models_are_made_by_their_own_stages(prepare, architecture):
    changed = {"architecture": architecture}
    prepare("finetune_llm", train_tokenizer=changed, pretrain_language_model=changed)
    model = load_language_model(FOLDER / "pretrain_language_model")
    assert (model.config.model_type, model.config.hidden_size) == (architecture, 16)
    assert has_own_head(model) == (architecture == "mt5")
    assert model.config.vocab_size == len(load_tokenizer(FOLDER / "train_tokenizer")) == 67
    encoder = load_frame_encoder(FOLDER / "pretrain_frame_encoder")
    assert encoder.config.resnet.hidden_sizes == [8, 12]


@pytest.mark.parametrize(("architecture", "width"), [("mbart", 1024), ("mt5", 768), ("t5", 768)])
def test_published_models_have_the_sizes_of_the_architecture(architecture, width):
    config = pretrain_language_model.Config(architecture=architecture)
    published = language_model_config(config, tokenizer_of_size(99, "de"))
    assert (published.model_type, published.hidden_size) == (architecture, width)
    assert (published.num_hidden_layers, published.vocab_size) == (12, 99)
    resnet = frame_encoder_config(pretrain_frame_encoder.Config()).resnet
    assert (resnet.hidden_sizes, resnet.depths) == ([64, 128, 256, 512], [2, 2, 2, 2])


def test_another_published_model_needs_its_folder(prepare):
    model = {"start": "published", "published": "some/resnet", "revision": "main"}
    with pytest.raises(InputError, match="sizes of 'some/resnet', expected microsoft/resnet-18"):
        prepare("visual_init", pretrain_frame_encoder=model)
