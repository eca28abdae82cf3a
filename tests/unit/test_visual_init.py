import numpy as np
import pytest
import torch
from transformers import ResNetConfig, set_seed

from sign2text.data.clips import Collator, FrameClips
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.stages.visual_init import encode_every_frame

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


@pytest.mark.parametrize("seed", [None, 5])
def test_a_frozen_encoder_run_once_gives_what_it_gives_each_time(store, seed):
    set_seed(0)
    encoder = FrameEncoder(FrameEncoderConfig(resnet=SMALL)).eval()
    ids, targets = ["c", "a", "b"], [[4], [5, 6], [7]]
    # With the crop as large as the frames, there is one crop only.
    clips = FrameClips(store, ids, targets, rate=0.5, crop=(40, 36), seed=seed)
    encoded = encode_every_frame(encoder, clips)
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


def test_the_crop_is_the_middle_one(store):
    set_seed(0)
    encoder = FrameEncoder(FrameEncoderConfig(resnet=SMALL)).eval()
    clips = FrameClips(store, ["b"], None, rate=1.0, crop=(32, 32), seed=None)
    with torch.no_grad():
        expected = encoder(clips[0, 0]["steps"])
    made = encode_every_frame(encoder, clips)[0, 0]["steps"]
    assert torch.allclose(made, expected, atol=1e-5)
