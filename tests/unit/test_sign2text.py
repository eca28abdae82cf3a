"""Sign2Gloss, its stored features, and Sign2Text, on movements that a CPU learns in seconds."""

import json
import shutil
import sys
from pathlib import Path

import cv2
import pytest
import torch
from safetensors.torch import load_file

from sign2text.commands import main
from sign2text.commands.translate import ClipTranslator
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.frame_store import FrameStore
from sign2text.data.hypotheses import read_hypotheses
from sign2text.data.manifest import read_manifest
from sign2text.data.recognised_glosses import read_recognised
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.methods.mmtlb.build_translator import build_translator
from sign2text.methods.mmtlb.joint_task import read_clips
from sign2text.methods.mmtlb.recogniser import Recogniser
from sign2text.methods.mmtlb.stages import (
    recognise_glosses,
    train_gloss2text,
    train_sign2gloss,
    train_sign2text,
)
from sign2text.models.adapter import Adapter
from sign2text.models.small_language_models import mbart_config
from sign2text.models.trained_model import load_trained
from sign2text.stages import decode, extract_features
from sign2text.text.gloss_vocabulary import steps_needed
from sign2text.training.history import read_history

sys.path.insert(0, str(Path(__file__).parent))
from tiny_signs import GLOSSES, write_signs

ONCE = {"epochs": 1, "batch_size": 6}
AS_IT_IS = {"scale": [1, 1], "ratio": [1, 1], "colour_probability": 0}


def settings_of(config, **values):
    return read_settings(config, values, "settings")


def recognise(corpus: Path, output: Path, **settings):
    values = {
        "width": 1 / 16, "head_width": 16, "freeze_block1": False,
        "crop_height": 28, "crop_width": 28, "dropout": 0.0,
    }  # fmt: skip
    train_sign2gloss.run(
        train_frames=corpus / "train.tar",
        dev_frames=corpus / "dev.tar",
        train_manifest=corpus / "train.tsv",
        dev_manifest=corpus / "dev.tsv",
        output=output,
        config=settings_of(train_sign2gloss.Config, **(values | settings)),
    )
    return output


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_signs(tmp_path_factory.mktemp("signs"))


@pytest.fixture(scope="module")
def results(corpus, tmp_path_factory, tiny_tokenizer):
    """Make a trained recogniser, its features, and a translator of glosses."""
    from transformers import MBartForConditionalGeneration, set_seed

    folder = tmp_path_factory.mktemp("results")
    training = {"epochs": 4, "batch_size": 6, "learning_rate": 0.01, "weight_decay": 0.0}
    recogniser = recognise(
        corpus,
        folder / "train_sign2gloss",
        training=training,
        dev_wer_every=4,
        augmentation=AS_IT_IS,
    )
    for split in ("train", "dev", "test"):
        extract_features.run(
            frames=corpus / f"{split}.tar",
            model=recogniser / "model.safetensors",
            manifest=corpus / f"{split}.tsv",
            output=folder / f"{split}.safetensors",
            config=extract_features.Config(feature="s3d", views=2),
            split=split,
        )
    set_seed(1)
    sizes = mbart_config(
        tiny_tokenizer, layers=1, heads=2, width=16, feed_forward=32, positions=64, dropout=0.0,
        attention_dropout=0.0,
    )  # fmt: skip
    MBartForConditionalGeneration(sizes).save_pretrained(folder / "language_model")
    tiny_tokenizer.save_pretrained(folder / "tokenizer")
    train_gloss2text.run(
        train_manifest=corpus / "train.tsv",
        dev_manifest=corpus / "dev.tsv",
        tokenizer=folder / "tokenizer" / "tokenizer.json",
        language_model=folder / "language_model" / "model.safetensors",
        output=folder / "train_gloss2text",
        config=settings_of(train_gloss2text.Config, training=ONCE),
    )
    return folder


def translate(corpus: Path, results: Path, output: Path, **settings):
    """Run the joint training for an epoch."""
    given = {f"{split}_features": results / f"{split}.safetensors" for split in ("train", "dev")}
    if settings.get("through_s3d", True):
        given = {f"{split}_frames": corpus / f"{split}.tar" for split in ("train", "dev")}
    start = "language_model" if settings.get("translation") == "language_model" else "gloss2text"
    place = results / ("language_model" if start == "language_model" else "train_gloss2text")
    train_sign2text.run(
        train_manifest=corpus / "train.tsv",
        dev_manifest=corpus / "dev.tsv",
        tokenizer=results / "tokenizer" / "tokenizer.json",
        recogniser=results / "train_sign2gloss" / "model.safetensors",
        output=output,
        config=settings_of(train_sign2text.Config, training=ONCE, dev_max_new_tokens=8, **settings),
        **given,
        **{start: place / "model.safetensors"},
    )
    return output


@pytest.fixture(scope="module")
def joint(corpus, results):
    """Return the folder of the joint training on stored features."""
    return translate(corpus, results, results / "train_sign2text", through_s3d=False)


def test_a_recogniser_learns_and_writes_glosses_of_its_vocabulary(corpus, results, tmp_path):
    """In evaluation it knows nothing yet: BatchNorm's statistics need thousands of steps."""
    history = read_history(results / "train_sign2gloss" / "history.tsv")
    losses = history["loss"].dropna()
    assert losses.iloc[-1] < losses.iloc[0]
    assert history["dev_wer"].dropna().between(0, 200).all()
    recognise_glosses.run(
        manifest=corpus / "test.tsv",
        features=results / "test.safetensors",
        model=results / "train_sign2gloss" / "model.safetensors",
        output=tmp_path / "test.tsv",
        config=recognise_glosses.Config(),
        split="test",
    )
    ids = read_manifest(corpus / "test.tsv")["id"].tolist()
    found = read_recognised(tmp_path / "test.tsv", ids)
    assert found.str.split().explode().dropna().isin(GLOSSES).all()


def test_stored_features_are_s3ds_and_views_differ_in_length(corpus, results):
    store = FeatureStore(results / "train.safetensors")
    network = load_trained(results / "train_sign2gloss", Recogniser)
    assert store.about["feature"] == "s3d" and store.views[0].shape[1] == network.s3d.channels
    assert store.lengths.tolist() == [
        -(-n // 4) for n in read_manifest(corpus / "train.tsv").frames
    ]
    assert store.longest.tolist() != store.lengths.tolist()
    clips = network.open_frames(corpus / "train.tar", store.ids, None, None)
    with torch.no_grad():
        features, _ = network.s3d(clips[2, 0]["steps"], torch.tensor([clips.lengths[2]]))
    assert torch.allclose(features, store.read(2), atol=1e-5)


def check_joint(corpus: Path, results: Path, folder: Path, *, through: bool) -> None:
    """Check that both losses were learned from, and that decoding writes glosses and sentences."""
    history = read_history(folder / "history.tsv")
    for column in ("loss_recognition", "loss_translation", "dev_loss_recognition"):
        assert history[column].dropna().gt(0).all(), column
    before = load_file(results / "train_sign2gloss" / "model.safetensors")
    after = load_file(folder / "model.safetensors")
    moved = {n for n, value in before.items() if not torch.equal(after[f"recogniser.{n}"], value)}
    assert any(name.startswith("head.") for name in moved)
    assert any(name.startswith("s3d.") for name in moved) is through
    assert not any(name.startswith("s3d.base.0.") for name in moved), "block 1 is frozen"
    given = {"frames": corpus / "test.tar"}
    if not through:
        given = {"features": results / "test.safetensors"}
    decode.run(
        manifest=corpus / "test.tsv",
        model=folder / "model.safetensors",
        output=folder / "test.tsv",
        config=decode.Config(beams=3, max_new_tokens=8),
        **given,
    )
    ids = read_manifest(corpus / "test.tsv")["id"].tolist()
    (table,) = read_hypotheses(folder / "test.tsv", ids)
    assert table["gloss"].str.split().explode().dropna().isin(GLOSSES).all()


def test_on_stored_features_both_losses_are_learned_from(corpus, results, joint):
    check_joint(corpus, results, joint, through=False)


@pytest.mark.long
def test_through_s3d_both_losses_are_learned_from(corpus, results, tmp_path):
    folder = translate(corpus, results, tmp_path / "joint")
    check_joint(corpus, results, folder, through=True)


@pytest.mark.parametrize(
    ("mapper_input", "parameters"),
    [
        ("gloss_representations", 16 * 16 + 16 + 16 * 16 + 16),
        ("gloss_logits", 4 * 16 + 16 + 16 * 16 + 16),
        ("gloss_probabilities", 4 * 16),
        ("s3d_features", 52 * 16 + 16 + 16 * 16 + 16),
    ],
)
def test_what_the_mapper_reads(results, joint, tiny_tokenizer, mapper_input, parameters):
    config = settings_of(train_sign2text.Config, through_s3d=False, mapper_input=mapper_input)
    model = build_translator(
        results / "train_sign2gloss",
        None,
        results / "language_model" / "model.safetensors",
        tiny_tokenizer,
        config,
    )
    assert sum(each.numel() for each in model.mapper.parameters()) == parameters
    features = torch.randn(5, 52)
    outputs, features, _ = model.recognise(torch.tensor([3, 2]), features=features)
    assert model.map(outputs, features).shape == (5, 16)
    if mapper_input == "gloss_probabilities":
        table = model.gloss_table
        rows = [table.weight[table.rows[gloss]] for gloss in model.recogniser.glosses.types]
        assert torch.equal(model.mapper.weight, torch.stack([torch.zeros(16), *rows], 1))


def test_the_published_mapper_has_the_published_size():
    assert sum(each.numel() for each in Adapter(512, 1024).parameters()) == 1_574_912


def test_frames_are_not_stretched_below_what_their_glosses_need(corpus, results, tiny_tokenizer):
    config = settings_of(train_sign2text.Config)
    language_model = results / "language_model" / "model.safetensors"
    model = build_translator(
        results / "train_sign2gloss", None, language_model, tiny_tokenizer, config
    )
    given = {"features": None, "frames": corpus / "train.tar"}
    clips = read_clips("train", corpus / "train.tsv", given, tiny_tokenizer, model, config)
    lines = read_manifest(corpus / "train.tsv")["gloss"]
    needed = [steps_needed(model.recogniser.glosses.classes(line)) for line in lines]
    assert clips.least == [4 * steps for steps in needed]
    assert max(needed) > 1


@pytest.mark.long
def test_the_same_seed_gives_the_same_model(corpus, results, joint, tmp_path):
    again = translate(corpus, results, tmp_path / "again", through_s3d=False)
    assert (again / "model.safetensors").read_bytes() == (joint / "model.safetensors").read_bytes()


def test_a_clip_shorter_than_its_glosses_is_refused_by_name(tmp_path):
    long = " ".join(["DOWN"] * 9)
    corpus = write_signs(tmp_path / "signs", gloss=[long, *["UP"] * 17])
    with pytest.raises(InputError, match=r"clip 'train-0': 3 steps found, at least 17 expected"):
        recognise(corpus, tmp_path / "refused", training=ONCE)
    folder = recognise(corpus, tmp_path / "skipped", training=ONCE, on_short_clip="skip")
    assert (folder / "model.safetensors").is_file()


def test_empty_glosses_are_refused_by_name(tmp_path):
    corpus = write_signs(tmp_path / "signs", gloss=["DOWN"] * 4 + [""] + ["UP"] * 13)
    with pytest.raises(InputError, match=r"empty in 1 of 18 clips, .* 'train-4' \(line 6\)"):
        recognise(corpus, tmp_path / "refused", training=ONCE)


def test_features_of_another_kind_or_width_are_refused(corpus, results, tmp_path):
    shutil.copytree(results, tmp_path / "results")
    ids = read_manifest(corpus / "train.tsv")["id"].tolist()
    for feature, width in (("sign_wise", 52), ("s3d", 51)):
        write_features(
            tmp_path / "results" / "train.safetensors",
            ids,
            [3] * len(ids),
            [torch.zeros(3 * len(ids), width)],
            feature=feature,
        )
        with pytest.raises(InputError, match=f"features '{feature}' of {width} values, expected"):
            translate(corpus, tmp_path / "results", tmp_path / "joint", through_s3d=False)


def test_translate_gives_glosses_with_the_sentence(corpus, joint, tmp_path, monkeypatch, capsys):
    store = FrameStore(corpus / "test.tar")
    clip = tmp_path / "clip"
    clip.mkdir()
    for number, frame in enumerate(store.read(2, range(int(store.lengths[2])))):
        cv2.imwrite(str(clip / f"{number:03}.png"), frame[..., ::-1])
    translator = ClipTranslator(joint)
    hypotheses, glosses = translator.translate_clip(clip, beams=2, max_new_tokens=8)
    assert translator.translate(clip, beams=2, max_new_tokens=8) == hypotheses
    inputs = translator.model.read_video(clip)
    with torch.no_grad():
        _, (seen,) = translator.model.translate(
            translator.tokenizer, inputs, beams=2, max_new_tokens=8
        )
    assert [each.gloss for each in glosses] == [each.gloss for each in seen]
    for timed, place in zip(glosses, seen, strict=True):
        assert (place.first % 4, place.last % 4) == (0, 3), "a step is four frames"
        # The corpus has 25 frames a second.
        assert timed.start == pytest.approx(place.first / 25)
        assert timed.end == pytest.approx((place.last + 1) / 25)
    run_main(monkeypatch, "translate", str(clip), "--model", str(joint), "--glosses", "--json")
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found["hypotheses"] and set(found["glosses"][0]) == {"gloss", "start", "end"}


def run_main(monkeypatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["sign2text", *arguments])
    main.main()
