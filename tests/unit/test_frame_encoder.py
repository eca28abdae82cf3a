import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
from safetensors.torch import save_file as save_tensors
from transformers import ResNetConfig, ResNetForImageClassification, ResNetModel, set_seed
from transformers.modeling_outputs import ImageClassifierOutput

from sign2text.avatar.landmark_frames import (
    SHAPE_WEIGHT,
    TARGETS,
    LandmarkFrames,
    collate_landmarks,
    targets_of,
)
from sign2text.avatar.signing import SIZE
from sign2text.data.clips import IGNORED
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.losses.coordinate_distance import CoordinateDistance
from sign2text.models import frame_encoder
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig, load_frame_encoder
from sign2text.stages import fetch_model
from sign2text.stages import pretrain_frame_encoder as stage

SMALL = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic")


@pytest.fixture
def clips(tmp_path):
    """A clip of eight frames with a white dot, which is where all landmarks are."""
    points = np.array([[40 + 15 * n, 60 + 20 * n] for n in range(8)])
    writer = FrameStoreWriter(tmp_path / "train.tar", FrameFormat((130, 105), 95), ["a"])
    images = []
    for x, y in points:
        frame = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        frame[y - 3 : y + 4, x - 3 : x + 4] = 255
        images.append(writer.format.encode(frame))
    writer.add("a", images)
    writer.finish()
    landmarks = np.zeros((8, 85, 3), np.float32)
    landmarks[..., :2] = points[:, None] + 0.5  # the middle of the dot
    save_file({"a": landmarks}, tmp_path / "train.safetensors")

    def make(seed):
        store = FrameStore(tmp_path / "train.tar")
        return LandmarkFrames(
            store, ["a"], tmp_path / "train.safetensors", rate=0.5, crop=(100, 80), seed=seed
        )

    return make


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_targets_are_where_the_dot_is_in_the_resized_and_cropped_frame(clips, seed):
    data, seen = clips(seed), 0
    assert len(data) == 4  # one frame of each run of two
    for number in range(len(data)):
        item = data[number, 0]
        x, y = item["places"][0]
        if max(abs(x), abs(y)) > 0.5:
            continue
        rows, columns = np.nonzero(item["frame"][..., 0].numpy() > 128)
        assert abs((x + 0.5) * 80 - (columns.mean() + 0.5)) < 0.6
        assert abs((y + 0.5) * 100 - (rows.mean() + 0.5)) < 0.6
        seen += 1
    assert seen >= 3


def test_a_frame_depends_on_seed_epoch_and_clip(clips):
    first, again = clips(1)[2, 0], clips(1)[2, 0]
    assert torch.equal(first["frame"], again["frame"])
    others = [clips(1)[2, epoch]["places"][0].tolist() for epoch in range(6)]
    assert len({tuple(place) for place in others}) > 2


def test_shapes_do_not_depend_on_the_place_of_hand_and_face():
    rng = np.random.default_rng(0)
    places = rng.uniform(-0.2, 0.2, (85, 2))
    moved = places + np.array([0.1, -0.15])
    here, there = targets_of(np.stack([places, moved]))
    assert here.shape == (TARGETS,)
    assert np.allclose(there[:170] - here[:170], np.tile([0.1, -0.15], 85), atol=1e-6)
    assert np.allclose(there[170:], here[170:], atol=1e-6)
    left = here[170:210].reshape(20, 2)
    assert np.allclose(left, SHAPE_WEIGHT * (places[1:21] - places[0]), atol=1e-6)


def test_what_is_outside_the_crop_is_passed_over(clips):
    places = np.zeros((85, 2))
    places[0], places[30] = (0.6, 0), (0, -0.7)  # the left wrist, a finger of the right hand
    (target,) = targets_of(places[None])
    outside = target == IGNORED
    assert outside[:2].all() and outside[60:62].all() and outside[:170].sum() == 4
    assert outside[170:210].all(), "without its wrist a hand has no shape"
    assert not outside[210:].any()
    batch = collate_landmarks([clips(None)[n, 0] for n in range(3)])
    assert batch["frames"].shape == (3, 100, 80, 3) and batch["labels"].shape == (3, TARGETS)
    distance, outputs = CoordinateDistance(), ImageClassifierOutput(logits=torch.zeros(2, 2))
    known = {"labels": torch.tensor([[0.1, IGNORED], [IGNORED, -0.2]])}
    assert distance.sum(outputs, known).item() == pytest.approx(0.3)
    assert distance.count(known) == 2


def test_a_grid_keeps_where_things_are():
    set_seed(0)
    frames = torch.zeros(2, 64, 64, 3, dtype=torch.uint8)
    frames[0, :16, :16], frames[1, -16:, -16:] = 255, 255
    encoder = FrameEncoder(FrameEncoderConfig(resnet=SMALL, grid=2)).eval()
    assert encoder.config.width == 48
    with torch.no_grad():
        cells = encoder(frames).reshape(2, 12, 2, 2)
    empty = cells[1, :, 0, 0]  # the dot is in the opposite cell
    assert (cells[0, :, 0, 0] - empty).abs().max() > 10 * (
        cells[0, :, 1, 0] - cells[1, :, 1, 0]
    ).abs().max()


@pytest.mark.parametrize("count", [1, 4, 9])
def test_evaluation_takes_a_few_frames_at_once_and_training_all(monkeypatch, count):
    set_seed(0)
    frames = torch.randint(0, 256, (count, 32, 32, 3), dtype=torch.uint8)
    encoder = FrameEncoder(FrameEncoderConfig(resnet=SMALL, projection=5)).eval()
    seen = []
    encoder.resnet.register_forward_pre_hook(lambda _, args: seen.append(len(args[0])))
    with torch.inference_mode():
        whole = encoder(frames)
        monkeypatch.setattr(frame_encoder, "FRAMES_AT_ONCE", 4)
        parts = encoder(frames)
        encoder.train()(frames)
    assert seen == {1: [1, 1, 1], 4: [4, 4, 4], 9: [9, 4, 4, 1, 9]}[count]
    assert parts.shape == (count, 5)
    assert torch.allclose(parts, whole, rtol=0, atol=1e-6)
    assert whole.abs().max() > 0.01


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda weights: weights.pop("scale"), "missing keys: ['scale']"),
        (lambda weights: weights.update(more=torch.ones(1)), "unexpected keys: ['more']"),
        (
            lambda weights: weights.update({f"more{n}": torch.ones(1) for n in range(7)}),
            "unexpected keys: ['more0', 'more1', 'more2', 'more3', 'more4']",
        ),
    ],
)
def test_an_encoder_whose_weights_do_not_fit_is_refused(tmp_path, change, told):
    FrameEncoder(FrameEncoderConfig(resnet=SMALL)).save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    weights = load_file(path)
    change(weights)
    save_tensors(weights, path, {"format": "pt"})
    with pytest.raises(InputError) as caught:
        load_frame_encoder(tmp_path)
    advice = "The weights do not fit config.json; run pretrain_frame_encoder again."
    assert str(caught.value) == f"{path}: {told}. {advice}"


def run_stage(tmp_path, manifest=None, **settings):
    here = dict.fromkeys(("train_frames", "dev_frames"), tmp_path)
    here |= dict.fromkeys(("train_manifest", "dev_manifest"), tmp_path)
    config = read_settings(stage.Config, settings)
    stage.run(**here, output=tmp_path / "out", config=config, published=manifest)
    return FrameEncoder.from_pretrained(tmp_path / "out")


def run_with(tmp_path, folder):
    """Run the stage with a published model that is in `folder`."""
    manifest = tmp_path / "fetched" / "manifest.json"
    fetch_model.run(output=manifest, config=fetch_model.Config(name=str(folder)))
    return run_stage(tmp_path, manifest, published=str(folder))


@pytest.mark.parametrize("saved_by_torch", [False, True])
@pytest.mark.parametrize("kind", [ResNetModel, ResNetForImageClassification])
def test_published_weights_are_taken_as_they_are(tmp_path, caplog, kind, saved_by_torch):
    """As a ResNet alone, or with a layer of classes behind it as on the hub."""
    set_seed(3)
    folder, published = tmp_path / "resnet", kind(SMALL)
    if saved_by_torch:
        published.config.save_pretrained(folder)
        torch.save(published.state_dict(), folder / "pytorch_model.bin")
    else:
        published.save_pretrained(folder)
    with caplog.at_level("INFO"):
        found = run_with(tmp_path, folder).resnet.state_dict()
    expected = getattr(published, "resnet", published).state_dict()
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(found[name], value), name
    assert f"{len(expected)} tensors from {folder}" in caplog.messages


FIRST = "encoder.stages.0.layers.0.layer.0.convolution.weight"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda weights: weights.pop(f"resnet.{FIRST}"), f"missing keys: ['{FIRST}']"),
        (
            lambda weights: weights.update({"head.weight": torch.ones(2)}),
            "unexpected keys: ['head.weight']",
        ),
        (
            lambda weights: weights.update({f"resnet.{FIRST}": torch.ones(2, 2)}),
            f"mismatched keys: [\"('{FIRST}'",
        ),
    ],
)
def test_published_weights_that_do_not_fit_are_refused(tmp_path, change, told):
    """The library would draw them at random, or leave them out, and go on."""
    folder = tmp_path / "resnet"
    ResNetForImageClassification(SMALL).save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_tensors(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError) as caught:
        run_with(tmp_path, folder)
    assert told in str(caught.value)
    assert "classifier." not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_published_model_that_was_not_fetched_is_named(tmp_path):
    with pytest.raises(InputError, match="published model 'microsoft/resnet-18', which the rule f"):
        run_stage(tmp_path)


def test_without_landmarks_they_cannot_be_learned(tmp_path):
    with pytest.raises(InputError, match="this corpus has none"):
        run_stage(tmp_path, start="landmarks")
