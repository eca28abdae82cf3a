"""The stage extract_features on a small frame store, compared with the encoder clip by clip."""

import numpy as np
import pytest
import torch

from sign2text.data.feature_store import FeatureStore
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.methods.fla_llm.translator_clips import frame_clips
from sign2text.stages import encode_frames, extract_features

# Not in order of length; half of the frames is 4, 1, 7, 2 and 4 steps.
LENGTHS = {"a": 8, "b": 1, "c": 13, "d": 4, "e": 7}
STEPS = [4, 1, 7, 2, 4]
# Batches of padded steps: "c" alone, then "a" and "e", then the two short ones.
FRAME_BUDGET = 9


@pytest.fixture
def store(tmp_path):
    rng = np.random.default_rng(0)
    writer = FrameStoreWriter(tmp_path / "train.tar", FrameFormat((40, 36), 95), list(LENGTHS))
    for clip, length in LENGTHS.items():
        pictures = rng.integers(0, 255, (length, 40, 36, 3), dtype=np.uint8)
        writer.add(clip, [writer.format.encode(picture) for picture in pictures])
    writer.finish()
    return FrameStore(tmp_path / "train.tar")


@pytest.fixture
def network(tmp_path, tiny_translator):
    network = tiny_translator(
        dropout=0.1, frame_size=[40, 36], crop_size=[32, 30], sampling_rate=0.5
    )
    # Use running statistics as after some training, so that they matter.
    network.train()
    frames = torch.randint(0, 255, (12, 32, 30, 3), dtype=torch.uint8)
    with torch.no_grad():
        network.encode_frames(frames, torch.tensor([12]))
    network.save_pretrained(tmp_path / "visual_init")
    return network.eval()


@pytest.fixture
def extract(tmp_path, store, network):
    """Run the stage with settings, and return its feature store."""

    def run(split="train", encoded=None, **settings):
        output = tmp_path / "extract_features" / f"{split}.safetensors"
        extract_features.run(
            frames=store.path,
            model=tmp_path / "visual_init" / "model.safetensors",
            output=output,
            config=extract_features.Config(frame_budget=FRAME_BUDGET, **settings),
            split=split,
            encoded=encoded,
        )
        return FeatureStore(output)

    return run


@pytest.fixture
def encoded(tmp_path, store, network):
    """Return encode_frames' features by the network's frame encoder and crop."""
    network.encoder.frames.save_pretrained(tmp_path / "frame_encoder")
    output = tmp_path / "encode_frames" / "train.safetensors"
    encode_frames.run(
        frames=store.path,
        frame_encoder=tmp_path / "frame_encoder" / "model.safetensors",
        output=output,
        config=encode_frames.Config(crop_height=32, crop_width=30),
    )
    return output


def features_alone(network, store, position):
    """Compute one clip's features from the first frame of each pair, cropped in the middle."""
    indices = range(0, int(store.lengths[position]), 2)
    frames = torch.from_numpy(store.read(position, indices)[:, 4:36, 3:33])
    with torch.no_grad():
        return network.encode_frames(frames, torch.tensor([len(frames)]))


@pytest.mark.parametrize("feature", ["frame_wise", "sign_wise"])
def test_a_clip_has_the_features_that_the_encoder_gives_it_alone(network, store, extract, feature):
    found = extract(feature=feature)
    assert found.about["feature"] == feature
    assert found.ids == list(LENGTHS)
    assert found.lengths.tolist() == STEPS
    for position in range(len(LENGTHS)):
        expected = getattr(features_alone(network, store, position), feature)
        assert torch.allclose(found.read(position), expected, atol=1e-5)


def test_the_two_features_differ_by_the_temporal_module(network, extract):
    frame_wise, sign_wise = (extract(feature=each).views[0] for each in ("frame_wise", "sign_wise"))
    with torch.no_grad():
        expected = network.encoder.temporal(frame_wise, torch.tensor(STEPS))
    assert torch.allclose(sign_wise, expected, atol=1e-5)
    assert (sign_wise - frame_wise).abs().max() > 0.1


def test_the_training_split_alone_gets_further_views(extract):
    once, twice, other = extract(), extract(views=2), extract("dev", views=2)
    assert len(once.views) == len(other.views) == 1
    assert len(twice.views) == 2
    for found in (twice, other):
        assert torch.equal(found.views[0], once.views[0]), "view 0 is that of evaluation"
    for position, steps in enumerate(STEPS):
        first, second = (twice.read(position, view) for view in (0, 1))
        assert len(second) == steps
        assert not torch.allclose(second, first, atol=1e-3)
    assert torch.equal(extract(views=2).views[1], twice.views[1])
    assert not torch.allclose(extract(views=2, seed=2).views[1], twice.views[1], atol=1e-3)


def test_further_views_are_changed_as_training_changed_frames(tmp_path, network, store, extract):
    plain = extract(views=3)
    network.config.augmentation = {"brightness": 0.4, "colour_probability": 1.0, "flip": 0.5}
    network.save_pretrained(tmp_path / "visual_init")
    changed, again = extract(views=3), extract(views=3)
    assert torch.equal(changed.views[0], plain.views[0]), "view 0 is that of evaluation"
    assert torch.equal(extract("dev", views=3).views[0], plain.views[0])
    clips = frame_clips(network.config, store, list(LENGTHS), None, seed=1)
    for view in (1, 2):
        assert torch.equal(again.views[view], changed.views[view])
        for position in range(len(LENGTHS)):
            frames = clips[position, view]["steps"]
            with torch.no_grad():
                expected = network.encode_frames(frames, torch.tensor([len(frames)])).sign_wise
            found = changed.read(position, view)
            assert torch.allclose(found, expected, atol=1e-5)
            assert not torch.allclose(found, plain.read(position, view), atol=1e-3)


@pytest.mark.parametrize("feature", ["frame_wise", "sign_wise"])
def test_from_stored_frame_features_it_is_the_same_as_from_frames(extract, encoded, feature):
    expected = extract(feature=feature)
    found = extract(feature=feature, encoded=encoded)
    assert found.about == expected.about
    assert torch.equal(found.lengths, expected.lengths)
    assert torch.allclose(found.views[0], expected.views[0], atol=1e-5)


def test_views_of_stored_frame_features_differ_in_their_frames_only(extract, encoded):
    found = extract(feature="frame_wise", views=2, encoded=encoded)
    every_frame = FeatureStore(encoded)
    second_of_pair = []
    for position, steps in enumerate(STEPS):
        pairs = every_frame.read(position).split(2)
        assert len(pairs) == steps
        for step, pair in zip(found.read(position, view=1), pairs, strict=True):
            same = [torch.equal(step, frame) for frame in pair]
            assert any(same), "not one of its two frames"
            second_of_pair.append(not same[0])
    assert 0 < sum(second_of_pair) < len(second_of_pair)
