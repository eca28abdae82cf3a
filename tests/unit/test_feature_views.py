"""Stored features with fewer steps than frames, and with other numbers of them in each view."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from attacks import refusal
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from sign2text.data.clips import Collator, FeatureClips, check_lengths
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.data.stretched_clips import StretchedClips
from sign2text.data.stretching import Stretching
from sign2text.ground.errors import InputError
from sign2text.models.feature_encoder import check_feature
from sign2text.stages import extract_features

IDS, LENGTHS = ["a", "b"], [[2, 1], [3, 4], [2, 1], [1, 0]]
FRAMES = {"a": 8, "b": 1, "c": 13, "d": 30}


def view(lengths: list[int]) -> torch.Tensor:
    """Rows 10, 11, ... of the first clip, 20, 21, ... of the second."""
    rows = [10 * (clip + 1) + step for clip, n in enumerate(lengths) for step in range(n)]
    return torch.tensor(rows, dtype=torch.float32)[:, None].repeat(1, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "extract_features/train.safetensors"
    views = [view(lengths) for lengths in LENGTHS]
    write_features(path, IDS, LENGTHS[0], views, lengths_of_views=LENGTHS, feature="s3d")
    return path


def test_each_view_is_read_with_its_own_steps(path: Path) -> None:
    store = FeatureStore(path)
    for number, lengths in enumerate(LENGTHS):
        for clip, count in enumerate(lengths):
            expected = [10.0 * (clip + 1) + step for step in range(count)]
            assert store.read(clip, number)[:, 0].tolist() == expected
    assert store.lengths.tolist() == [2, 1], "those of evaluation"
    assert store.longest.tolist() == [3, 4]
    # A view with the steps of evaluation needs no bounds of its own.
    assert sorted(load_file(path)) == [
        *(f"features.{n}" for n in range(4)), "starts", "starts.1", "starts.3",
    ]  # fmt: skip


def test_a_store_of_views_alike_has_the_bytes_that_it_had(tmp_path: Path) -> None:
    lengths, views = LENGTHS[0], [view(LENGTHS[0]), view(LENGTHS[0]) + 1]
    for name, more in (("plain", {}), ("given", {"lengths_of_views": [lengths, lengths]})):
        write_features(tmp_path / name, IDS, lengths, views, **more, feature="sign_wise")
    tensors = {"starts": torch.tensor([0, 2, 3]), "features.0": views[0], "features.1": views[1]}
    about = {"ids": IDS, "views": 2, "feature": "sign_wise"}
    save_file(tensors, tmp_path / "expected", {"about": json.dumps(about)})
    expected = (tmp_path / "expected").read_bytes()
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "given").read_bytes() == expected


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("starts.1", lambda old: old[:-1], "starts.1: found I64 [2], expected I64 [3]"),
        ("starts.1", lambda old: old.float(), "starts.1: found F32"),
        ("starts.1", lambda old: torch.tensor([0, 9, 7]), "starts.1: found 9, then 7, at clip 1"),
        ("starts.1", lambda old: torch.tensor([0, 3, 6]), "starts.1: found 0 to 6, expected 0 to"),
        ("features.1", lambda old: old[:-1], "starts.1: found 0 to 7, expected 0 to 6"),
        ("features.1", lambda old: old[:, :1], "features.1: found F32 [7, 1], expected"),
        ("features.2", lambda old: old[:-1], "features.2: found F32 [2, 2], expected"),
    ],
)
def test_bounds_of_a_view_that_lie_are_refused(path: Path, name, change, expected) -> None:
    tensors = load_file(path)
    with safe_open(str(path), framework="pt") as file:
        about = file.metadata()
    tensors[name] = change(tensors[name]).contiguous()
    save_file(tensors, path, about)
    message = refusal(lambda: FeatureStore(path))
    assert f"{path}, " in message and expected in message


def test_training_clips_have_the_steps_of_their_view_and_are_batched_by_those_of_evaluation(
    path: Path,
) -> None:
    store = FeatureStore(path)
    clips = FeatureClips(store, ["b", "a"], [[5, 2], [6, 7, 2]], seed=1)
    assert clips.lengths == [1, 2] and clips.longest == [4, 3]
    assert FeatureClips(store, ["b", "a"], None, seed=None).longest == [1, 2]
    seen = {epoch: len(clips[0, epoch]["steps"]) for epoch in range(4)}
    assert sorted(seen.values()) == [0, 1, 1, 4], "each of the four views in turn"
    epoch = next(epoch for epoch, steps in seen.items() if steps == 4)
    batch = Collator("features", 1, 0)([clips[0, epoch], clips[1, epoch]])
    assert batch["lengths"].tolist() == [4, len(clips[1, epoch]["steps"])]
    assert len(batch["features"]) == batch["lengths"].sum()
    check_lengths(clips, 4)
    with pytest.raises(InputError, match="clip 'b': 4 sampled frames found, at most 3 expected"):
        check_lengths(clips, 3)
    check_lengths(FeatureClips(store, ["b", "a"], None, seed=None), 2)


class Halving(torch.nn.Module):
    """Means of pairs of frames of a clip, as S3D's strides cut them."""

    features, device = ("means",), torch.device("cpu")
    config = SimpleNamespace(model_type="halving")

    def clips_to_encode(self, frames, seed, encoded=None, manifest=None):
        ids, stretching = frames.ids, Stretching(shortest=0.5, longest=2.0, most=24)
        return StretchedClips(
            frames, ids, None, crop=(8, 8), seed=seed, stretching=stretching, least=[4] * len(ids)
        )

    def steps(self, lengths):
        return (lengths + 1) // 2

    def extract(self, feature, lengths, frames):
        assert feature == "means"
        means = frames.float().mean((1, 2)).split(lengths.tolist())
        pairs = [pair.mean(0) for clip in means for pair in clip.split(2)]
        return torch.stack(pairs)


def test_an_encoder_that_halves_time_stores_clips_of_its_own_steps(tmp_path, monkeypatch) -> None:
    rng = np.random.default_rng(0)
    writer = FrameStoreWriter(tmp_path / "train.tar", FrameFormat((8, 8), 95), list(FRAMES))
    for clip, count in FRAMES.items():
        pictures = rng.integers(0, 255, (count, 8, 8, 3), dtype=np.uint8)
        writer.add(clip, [writer.format.encode(picture) for picture in pictures])
    writer.finish()
    frames = FrameStore(tmp_path / "train.tar")
    network, model = Halving(), tmp_path / "trained/model.safetensors"
    model.parent.mkdir()
    model.write_bytes(b"weights")
    place = "sign2text.models.feature_encoder.load_feature_encoder"
    monkeypatch.setattr(place, lambda folder: network)
    output = tmp_path / "train.safetensors"
    settings = extract_features.Config(feature="means", views=3, frame_budget=16)
    extract_features.run(
        frames=frames.path, model=model, output=output, config=settings, split="train"
    )
    store = FeatureStore(output)
    assert store.lengths.tolist() == [4, 1, 7, 15]
    # At most twice the frames, 24 of them, and a multiple of 4: half of that.
    most = [8, 2, 12, 12]
    for number in (1, 2):
        clips = network.clips_to_encode(frames, settings.seed)
        for clip in range(len(FRAMES)):
            steps = clips[clip, number]["steps"]
            alone = network.extract("means", torch.tensor([len(steps)]), steps)
            assert torch.equal(store.read(clip, number), alone)
            assert 2 <= len(alone) <= most[clip] and len(alone) % 2 == 0
    assert [len(store.read(3, number)) for number in range(3)] != [15] * 3
    with pytest.raises(InputError, match="feature: found 's3d', expected one of means, which a"):
        check_feature(network, "s3d")
