"""The stage pretrain_s3d on a small class corpus."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_classes import MOVES, SIDE, write_classes, write_rows
from tiny_training import configure

from sign2text.data.augmentation import Augmentation
from sign2text.data.frame_store import FrameStore
from sign2text.data.stretching import Stretching
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.methods.mmtlb.action_classifier import load_classifier
from sign2text.methods.mmtlb.class_accuracy import ClassAccuracy
from sign2text.methods.mmtlb.class_clips import ClassClips, open_clips, read_classes
from sign2text.methods.mmtlb.stages import pretrain_s3d as stage
from sign2text.training.history import read_history

SETTINGS = {
    "width": 1 / 16, "crop_height": SIDE, "crop_width": SIDE, "augmentation": Augmentation(),
    "stretching": Stretching(shortest=1.0, longest=1.0), "epochs": 2, "batch_size": 6,
    "learning_rate": 0.01, "warmup": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_classes(tmp_path_factory.mktemp("corpus"))


def pretrain(corpus, output, *, before=None, **changes):
    """Run the stage; returns the folder that it wrote."""
    given = {f"{split}_frames": corpus / f"{split}.tar" for split in stage.SPLITS}
    given |= {f"{split}_manifest": corpus / f"{split}.tsv" for split in stage.SPLITS}
    config = configure(stage, **(SETTINGS | changes))
    stage.run(output=output, config=config, before=before, threads=1, **given)
    return output


@pytest.fixture(scope="module")
def pretrained(corpus, tmp_path_factory):
    """The folder of a short pretraining."""
    return pretrain(corpus, tmp_path_factory.mktemp("pretrained") / "s3d")


def test_a_classifier_is_trained_chosen_and_measured(corpus, pretrained):
    model = load_classifier(pretrained)
    assert model.config.classes == sorted(MOVES)
    assert model.config.crop_size == [SIDE, SIDE]
    measured = read_history(pretrained / "history.tsv").dropna(subset="dev_accuracy")
    assert measured["epoch"].tolist() == [1, 2]
    chosen = measured[measured["chosen"] == 1]
    assert chosen["dev_accuracy"].item() == measured["dev_accuracy"].max()
    accuracy = json.loads((pretrained / "accuracy.json").read_text())
    assert sorted(accuracy) == ["dev", "test"]
    assert accuracy["dev"]["top1"] == pytest.approx(chosen["dev_accuracy"].item())
    assert (accuracy["dev"]["clips"], accuracy["test"]["clips"]) == (6, 3)
    assert accuracy["test"]["top5"] == 100  # of three classes
    tables = read_classes({split: corpus / f"{split}.tsv" for split in stage.SPLITS})
    config = configure(stage, **SETTINGS)
    test = open_clips("test", corpus / "test.tar", tables["test"], sorted(MOVES), config)
    assert ClassAccuracy(test).counts(model) == accuracy["test"]


@pytest.mark.long
def test_directions_of_movement_are_learned_and_the_same_again(corpus, tmp_path):
    settings = {"epochs": 40, "width": 1 / 8, "learning_rate": 0.003, "norm_momentum": 0.1}
    one, same = (pretrain(corpus, tmp_path / name, **settings) for name in ("one", "same"))
    accuracy = json.loads((one / "accuracy.json").read_text())
    assert accuracy["dev"]["correct"] == 6
    assert (one / "model.safetensors").read_bytes() == (same / "model.safetensors").read_bytes()


def test_it_starts_from_another_data_set(corpus, pretrained, tmp_path):
    weights = pretrained / "model.safetensors"
    folder = pretrain(
        corpus, tmp_path / "second", before=weights, after="actions", epochs=1,
        learning_rate=1e-12, weight_decay=0.0, freeze_block1=True,
    )  # fmt: skip
    start, found = (load_classifier(each).s3d for each in (pretrained, folder))
    for (name, value), before in zip(found.named_parameters(), start.parameters(), strict=True):
        assert torch.allclose(value, before, atol=1e-6), name
    for name, value in found.base[0].state_dict().items():
        assert torch.equal(value, start.base[0].state_dict()[name]), name
    assert not torch.equal(found.base[2].bn.running_mean, start.base[2].bn.running_mean)
    with pytest.raises(InputError, match=r"4 blocks and width 0\.0625 found, expected"):
        pretrain(corpus, tmp_path / "third", before=weights, after="actions", width=1 / 8)
    with pytest.raises(InputError, match=r"--before: missing.* on actions"):
        pretrain(corpus, tmp_path / "third", after="actions")


def rows(folder, split, names):
    ids = [f"{split}-{number}" for number in range(len(names))]
    write_rows(folder / f"{split}.tsv", ids, names, [9] * len(names), f"signer-{split}")


@pytest.mark.parametrize(
    ("split", "names", "said"),
    [
        ("train", ["up", "up", "down"], r"class 'down': 1 training clip, expected 2"),
        ("dev", ["up", "left"], r"class 'left': in dev, and not in train"),
        ("test", ["up", "left"], r"class 'left': in test, and not in train"),
        ("dev", ["up", "es regnet"], r"dev\.tsv, clip 'dev-1': text is 'es regnet', expected the"),
    ],
)
def test_classes_that_cannot_be_learned_are_refused(tmp_path, split, names, said):
    texts = {"train": ["up", "up", "down", "down"], "dev": ["up"], "test": ["down"]}
    for each, found in (texts | {split: names}).items():
        rows(tmp_path, each, found)
    with pytest.raises(InputError, match=said):
        pretrain(tmp_path, tmp_path / "s3d")  # before any frames are looked for


def test_a_signer_of_two_splits_is_reported(tmp_path, caplog):
    for split in stage.SPLITS:
        write_rows(tmp_path / f"{split}.tsv", ["a", "b"], ["up", "up"], [9, 9], "anna")
    manifests = {split: tmp_path / f"{split}.tsv" for split in stage.SPLITS}
    assert sorted(read_classes(manifests)) == ["dev", "test", "train"]
    assert "1 of the signers of dev are in train too (anna)" in caplog.text


def test_frames_and_manifests_are_needed_for_training(tmp_path):
    with pytest.raises(InputError, match="--train-frames: missing"):
        stage.run(output=tmp_path / "s3d", config=stage.Config())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"after": "a", "published": "paper"}, "one of them at most"),
        ({"published": "paper", "width": 0.5}, "the published S3D has width 1"),
        ({"training": {"epochs": 0}}, "nothing would be learned"),
        ({"published": "some thing"}, "expected a name on the hub"),
        ({"blocks": 3}, "blocks"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, said):
    with pytest.raises(InputError, match=said):
        read_settings(stage.Config, settings, "pretrain_s3d")


def test_a_crop_larger_than_the_stored_frames_is_reported():
    class Stored:
        height, width = 112, 92

    found = {"pretrain_s3d": stage.Config(), "sample_frames": Stored}
    assert list(stage.check_settings(found.__getitem__)) == [
        "crop_height: found 224, expected at most 112, sample_frames.height",
        "crop_width: found 224, expected at most 92, sample_frames.width",
    ]


def test_a_window_of_a_clip_is_read(corpus):
    store = FrameStore(corpus / "train.tar")
    settings = {"crop": (SIDE, SIDE), "stretching": SETTINGS["stretching"]}
    clips = ClassClips(store, store.ids, [0] * 12, window=5, seed=None, **settings)
    assert clips.lengths == [5] * 12
    assert store.lengths[:3].tolist() == [9, 10, 11]
    assert [clips.sample(n, None)[0] for n in range(3)] == [2, 2, 3]
    training = ClassClips(store, store.ids, [0] * 12, window=5, seed=1, **settings)
    starts = [training.sample(0, training.random((0, epoch)))[0] for epoch in range(40)]
    assert sorted(set(starts)) == [0, 1, 2, 3, 4]
    indices = training.sample(1, training.random((1, 0)))
    assert np.array_equal(indices, indices[0] + np.arange(5))
    whole = ClassClips(store, store.ids, [0] * 12, window=64, seed=1, **settings)
    assert whole.sample(2, whole.random((2, 7))).tolist() == list(range(11))


def test_accuracy_counts_the_best_and_the_best_five(corpus):
    store = FrameStore(corpus / "dev.tar")
    clips = ClassClips(
        store, store.ids, [3, 3, 3, 3, 3, 3], window=64, seed=None, crop=(SIDE, SIDE),
        stretching=SETTINGS["stretching"],
    )  # fmt: skip
    better = iter([0, 1, 4, 5, 7, 0])  # classes before the right one, clip by clip

    def model(frames, lengths):
        logits = torch.zeros(len(lengths), 9)
        logits[:, 3] = 1.0
        for row in logits:
            others = [place for place in range(9) if place != 3]
            row[others[: next(better)]] = 2.0
        return SimpleNamespace(logits=logits)

    model.device = torch.device("cpu")
    found = ClassAccuracy(clips).counts(model)
    assert found == {"clips": 6, "correct": 2, "top1": 100 / 3, "top5": 100 * 4 / 6}
