import numpy as np
import pytest
import torch
from transformers import ResNetConfig, ResNetModel, set_seed

from sign2text.data.clips import Collator, EncodedClips, FrameClips, check_lengths
from sign2text.data.feature_store import FeatureStore
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.models import frame_encoder
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.stages import encode_frames

SMALL = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic")
LENGTHS = {"a": 9, "b": 4, "c": 1}


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
def encoder(tmp_path):
    set_seed(0)
    encoder = FrameEncoder(FrameEncoderConfig(resnet=SMALL)).eval()
    encoder.save_pretrained(tmp_path / "encoder")
    return encoder


@pytest.fixture
def encode(tmp_path, store, encoder):
    """Run the stage with a crop; returns what it stored."""

    def run(height, width):
        output = tmp_path / "encode_frames" / "train.safetensors"
        config = encode_frames.Config(crop_height=height, crop_width=width)
        model = tmp_path / "encoder" / "model.safetensors"
        encode_frames.run(frames=store.path, frame_encoder=model, output=output, config=config)
        return FeatureStore(output)

    return run


@pytest.mark.parametrize("seed", [None, 5])
def test_features_stored_once_are_what_the_encoder_gives_each_time(store, encoder, encode, seed):
    ids, targets = ["c", "a", "b"], [[4], [5, 6], [7]]
    # With the crop as large as the frames, there is one crop only.
    clips = FrameClips(store, ids, targets, rate=0.5, crop=(40, 36), seed=seed)
    encoded = EncodedClips(clips, encode(40, 36))
    assert encoded.lengths == clips.lengths == [1, 5, 2]
    items = [(number, epoch) for number in range(3) for epoch in range(3)]
    made = Collator("frame_features", 1, 0)([encoded[item] for item in items])
    shown = Collator("frames", 1, 0)([clips[item] for item in items])
    with torch.no_grad():
        expected = encoder(shown["frames"])
    assert torch.allclose(made["frame_features"], expected, atol=1e-5)
    assert torch.equal(made["labels"], shown["labels"])
    first, second = (encoded[1, epoch]["steps"] for epoch in (0, 1))
    assert torch.equal(first, second) is (seed is None), "each epoch samples other frames"


def test_a_long_clip_is_encoded_a_few_frames_at_once(encoder, encode, monkeypatch):
    whole = encode(40, 36)
    expected = [whole.read(whole.position(clip)) for clip in LENGTHS]
    seen, original = [], ResNetModel.forward
    monkeypatch.setattr(
        ResNetModel,
        "forward",
        lambda self, images: seen.append(len(images)) or original(self, images),
    )
    monkeypatch.setattr(frame_encoder, "FRAMES_AT_ONCE", 4)
    found = encode(40, 36)
    assert seen == [4, 4, 1, 4, 1], "clips of 9, 4 and 1 frames"
    for clip, features in zip(LENGTHS, expected, strict=True):
        assert torch.allclose(found.read(found.position(clip)), features, rtol=0, atol=1e-6)


def test_the_crop_is_the_middle_one(store, encoder, encode):
    clips = FrameClips(store, ["b"], None, rate=1.0, crop=(32, 32), seed=None)
    with torch.no_grad():
        expected = encoder(clips[0, 0]["steps"])
    made = EncodedClips(clips, encode(32, 32))[0, 0]["steps"]
    assert torch.allclose(made, expected, atol=1e-5)


def test_features_of_another_crop_are_refused(store, encode):
    clips = FrameClips(store, ["b"], None, rate=1.0, crop=(32, 32), seed=None)
    with pytest.raises(InputError, match=r"\[40, 36\].* expected .*\[32, 32\]"):
        EncodedClips(clips, encode(40, 36))


def test_a_crop_that_is_larger_than_the_frames_is_refused(encode):
    with pytest.raises(InputError, match=r"crop_width: 37 found, at most 36 expected"):
        encode(40, 37)


@pytest.mark.parametrize("spoil", [lambda data: data[:-40], lambda data: b"no features"])
def test_a_cut_or_foreign_feature_store_is_named(tmp_path, encode, spoil):
    path = encode(40, 36).path
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(InputError, match=r"train\.safetensors: cannot be read .* encode_frames"):
        FeatureStore(path)


def test_a_clip_that_is_longer_than_the_positions_is_named(store):
    clips = FrameClips(store, ["b", "a"], [[1, 2], [3]], rate=1.0, crop=(32, 32), seed=None)
    with pytest.raises(InputError, match=r"clip 'a': 9 sampled frames found, at most 8 expected"):
        check_lengths(clips, 8)
    check_lengths(clips, 9)
    clips = FrameClips(store, ["b"], [[1] * 7], rate=1.0, crop=(32, 32), seed=None)
    with pytest.raises(InputError, match=r"clip 'b': its sentence has 7 tokens, at most 6"):
        check_lengths(clips, 6)
