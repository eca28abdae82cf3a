"""Frame stores, feature stores and landmarks whose indices lie are refused, by file and field."""

import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
import torch
from attacks import refusal
from safetensors import safe_open
from safetensors.numpy import save_file

from sign2text.avatar.landmark_frames import LandmarkFrames
from sign2text.avatar.landmarks import COUNT
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.ground.store_index import index_path
from sign2text.lineage.file_hashes import describe_file

FORMAT = FrameFormat((24, 32), 95)
CLIPS = {"a": 3, "b": 5, "c": 2}
NESTED = 200_000 * "[" + 200_000 * "]"


def write(store: Path, frame_format: FrameFormat = FORMAT, stop: int | None = None) -> None:
    store.parent.mkdir(exist_ok=True)
    writer = FrameStoreWriter(store, frame_format, list(CLIPS))
    for number, (clip, count) in enumerate(CLIPS.items()):
        if number == stop:
            writer.close()
            return
        frame = np.full((24, 32, 3), 60 * number, np.uint8)
        writer.add(clip, count * [frame_format.encode(frame)])
    writer.finish()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "sample_frames/train.tar"
    write(path)
    return path


def parts(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    with safe_open(str(path), framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, json.loads(file.metadata()["about"])


def rewrite(path: Path, change: Callable[[dict, dict], Any]) -> None:
    """Write a safetensors file once more, with other tensors or another `about`."""
    tensors, about = parts(path)
    change(tensors, about)
    save_file(tensors, path, {"about": json.dumps(about)})


def put(name: str, row: int, value: int) -> Callable[[dict, dict], Any]:
    return lambda tensors, about: tensors[name].__setitem__(row, value)


def tensor(name: str, make: Callable[[np.ndarray], np.ndarray]) -> Callable[[dict, dict], Any]:
    return lambda tensors, about: tensors.update({name: np.ascontiguousarray(make(tensors[name]))})


def say(**values: Any) -> Callable[[dict, dict], Any]:
    return lambda tensors, about: about.update(values)


def drop(name: str) -> Callable[[dict, dict], Any]:
    return lambda tensors, about: (tensors.pop(name, None), about.pop(name, None))


def of_kind(name: str, kind: type) -> Callable[[dict, dict], Any]:
    return tensor(name, lambda old: old.astype(kind))


def overlap(tensors: dict, about: dict) -> None:
    tensors["offsets"][4] = tensors["offsets"][3] + 1


LIES = {
    "first offset below 0": (put("offsets", 0, -512), "offsets"),
    "first offset in no frame": (put("offsets", 0, 0), "offsets"),
    "clips fall": (put("offsets", 3, 512), "offsets"),
    "a clip far away": (put("offsets", 3, 2**62), "offsets"),
    "a clip that wraps around": (put("offsets", 3, -(2**63)), "offsets"),
    "the end beyond the tar": (put("sizes", -1, 2**31 - 1), "bytes found"),
    "the last offset beyond the tar": (put("offsets", -1, 2**63 - 1), "bytes found"),
    "offsets of 32 bits": (of_kind("offsets", np.int32), "offsets: found I32"),
    "offsets with a fraction": (of_kind("offsets", float), "found F64"),
    "offsets in a table": (tensor("offsets", lambda old: old[:, None]), "found I64 [10, 1]"),
    "fewer offsets": (tensor("offsets", lambda old: old[:-1]), "sizes: found I32 [10]"),
    "no offsets": (tensor("offsets", lambda old: old[:0]), "sizes: found I32 [10]"),
    "sizes without sign": (of_kind("sizes", np.uint32), "sizes: found U32"),
    "more sizes": (tensor("sizes", lambda old: np.tile(old, 2)), "sizes: found I32 [20]"),
    "starts fall": (put("starts", 1, 9), "starts: found 9, then 8, at clip 1"),
    "a clip of no frames": (put("starts", 1, 0), "starts: found 0, then 0"),
    "starts below 0": (put("starts", 0, -5), "starts: found -5 to 10"),
    "starts beyond the frames": (put("starts", 3, 2**60), "starts: found 0 to"),
    "starts that do not cover": (put("starts", 3, 9), "starts: found 0 to 9, expected 0 to 10"),
    "starts that wrap around": (put("starts", 1, -(2**63)), "starts: found"),
    "fewer starts": (tensor("starts", lambda old: old[:-1]), "starts: found I64 [3]"),
    "starts of nothing": (tensor("starts", lambda old: old[:0]), "starts: found I64 [0]"),
    "without offsets": (drop("offsets"), "expected one called 'offsets'"),
    "without sizes": (drop("sizes"), "expected one called 'sizes'"),
    "without starts": (drop("starts"), "expected one called 'starts'"),
    "ids in a text": (say(ids="abc"), "about.ids: found abc, expected a JSON value of type list"),
    "ids as numbers": (say(ids=[1, 2, 3]), "about.ids: found 1, expected texts"),
    "a null among ids": (say(ids=["a", None, "c"]), "about.ids: found None"),
    "lists as ids": (say(ids=[["a"], "b", "c"]), "about.ids: found ['a']"),
    "an id twice": (say(ids=["a", "b", "a"]), "about.ids: found 'a' twice"),
    "fewer ids": (say(ids=["a", "b"]), "starts: found I64 [4]"),
    "more ids": (say(ids=[*"abcd"]), "starts: found I64 [4]"),
    "without ids": (drop("ids"), "the key 'ids'"),
    "without height": (drop("height"), "the key 'height'"),
    "height as a text": (say(height="24"), "about.height: found 24"),
    "height as true": (say(height=True), "about.height: found True"),
    "height with a fraction": (say(height=24.0), "about.height: found 24.0"),
    "no height": (say(height=0), "height, width and quality: found [0, 32, 95]"),
    "height below 0": (say(height=-24), "height, width and quality"),
    "huge width": (say(width=10**12), "height, width and quality"),
    "huge in all": (say(width=16_000, height=16_000), "at most 67108864 in all"),
    "a number of many digits": (say(width=10**4000), "height, width and quality"),
    "no quality": (say(quality=0), "a quality of 1 to 100"),
    "quality as a list": (say(quality=[95]), "about.quality: found [95]"),
    "unknown codec": (say(codec="avif"), "codec: 'avif' found, jpeg or png expected"),
    "codec as a number": (say(codec=3), "about.codec: found 3"),
    "codec as a list": (say(codec=["png"]), "about.codec: found ['png']"),
    "no rate": (say(fps=0), "frame rate: found 0"),
    "rate below 0": (say(fps=-25.0), "frame rate: found -25.0"),
    "huge rate": (say(fps=10**4000), "up to 1000 frames a second"),
    "rate that is no number": (say(fps=float("nan")), "frame rate: found nan"),
    "rate as a text": (say(fps="25"), "frame rate: found 25"),
    "rate as true": (say(fps=True), "frame rate: found True"),
    "rate as a list": (say(fps=[25]), "frame rate: found [25]"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_an_index_that_lies_is_refused_when_the_store_is_opened(store, lie):
    change, expected = LIES[lie]
    rewrite(index_path(store), change)
    message = refusal(lambda: FrameStore(store))
    assert store.stem in message and expected in message


WITHIN = {
    "offsets fall": put("offsets", 4, 512),
    "offset below 0": put("offsets", 4, -1),
    "offset beyond the tar": put("offsets", 4, 2**62),
    "offset that wraps around": put("offsets", 4, -(2**63)),
    "offsets overlap": overlap,
    "size of nothing": put("sizes", 4, 0),
    "size below 0": put("sizes", 4, -1),
    "huge size": put("sizes", 4, 2**31 - 1),
}  # fmt: skip


@pytest.mark.parametrize("lie", WITHIN)
def test_frames_within_a_clip_are_checked_when_it_is_read(store, lie):
    rewrite(index_path(store), WITHIN[lie])
    opened = FrameStore(store)
    assert len(opened.read(0, range(3))) == 3 and len(opened.read(2, range(2))) == 2
    message = refusal(lambda: opened.read(1, [0]))
    assert "train.index.safetensors, clip 'b': found offsets from" in message


METADATA = {
    "none": None,
    "another key": {"other": "{}"},
    "no JSON": {"about": "{"},
    "a list": {"about": "[]"},
    "a number": {"about": "3"},
    "null": {"about": "null"},
    "nested": {"about": NESTED},
    "nested ids": {"about": f'{{"ids": {NESTED}}}'},
    "a number of many digits": {"about": f'{{"height": {"9" * 5000}}}'},
}


@pytest.mark.parametrize("kind", METADATA)
def test_metadata_of_another_form_is_refused(tmp_path, store, kind):
    features = tmp_path / "extract_features/train.safetensors"
    write_features(features, ["a"], [2], [torch.ones(2, 3)], feature="sign_wise")
    for path, read in (
        (index_path(store), lambda: FrameStore(store)),
        (index_path(store), lambda: describe_file(store)),
        (features, lambda: FeatureStore(features)),
    ):
        original = path.read_bytes()
        save_file(parts(path)[0], path, METADATA[kind])
        message = refusal(read)
        assert str(path) in message
        assert re.search(r"about|metadata|cannot be read \((JSONDecode|Recursion)Error", message)
        path.write_bytes(original)


@pytest.mark.parametrize("digest", [None, 3, "", "abc", "z" * 64, "A" * 64, "../../x" * 9, ["a"]])
def test_a_hash_of_another_form_is_not_noted(store, digest):
    rewrite(index_path(store), say(sha256=digest))
    assert "about.sha256: found" in refusal(lambda: describe_file(store))


def test_a_header_of_any_length_is_refused(store):
    index_path(store).write_bytes(struct.pack("<Q", 2**62) + b"{}")
    assert "cannot be read (SafetensorError" in refusal(lambda: FrameStore(store))


# Pictures in a store


def large(codec: str, height: int, width: int) -> bytes:
    """A picture of another size than the store's, and of as few bytes."""
    return FrameFormat((height, width), 30, codec).encode(np.zeros((height, width, 3), np.uint8))


@pytest.mark.parametrize("codec", ["jpeg", "png"])
@pytest.mark.parametrize("size", [(25, 32), (24, 31), (1, 1), (4000, 4000)])
def test_a_picture_of_another_size_is_refused_before_it_is_decoded(tmp_path, codec, size):
    store = tmp_path / "train.tar"
    writer = FrameStoreWriter(store, FORMAT, ["a"])
    writer.add("a", [large(codec, *size)])
    writer.finish()
    message = refusal(lambda: FrameStore(store).read(0, [0]))
    assert (
        f"clip 'a', frame 0: cannot be decoded ({size} pixels found, (24, 32) expected" in message
    )


@pytest.mark.parametrize("at", [60_000, 30_000, 0])
def test_a_picture_whose_header_lies_is_refused(tmp_path, at):
    jpeg, png = large("jpeg", 24, 32), large("png", 24, 32)
    frame = jpeg.index(b"\xff\xc0") + 5
    jpeg = jpeg[:frame] + struct.pack(">HH", at, at) + jpeg[frame + 4 :]
    png = png[:16] + struct.pack(">II", at, at) + png[24:]
    store = tmp_path / "train.tar"
    writer = FrameStoreWriter(store, FORMAT, ["a"])
    writer.add("a", [jpeg, png, b"\x89PNG" + bytes(99), b"\xff\xd8", b"GIF89a" + bytes(99)])
    writer.finish()
    for number in range(5):
        message = refusal(lambda number=number: FrameStore(store).read(0, [number]))
        assert f"train.tar, clip 'a', frame {number}: cannot be decoded (" in message


def test_a_jpeg_in_other_colours_is_read_or_refused(tmp_path):
    grey = simplejpeg.encode_jpeg(np.zeros((24, 32, 1), np.uint8), colorspace="GRAY")
    store = tmp_path / "train.tar"
    writer = FrameStoreWriter(store, FORMAT, ["a"])
    writer.add("a", [grey, grey[:-30], grey[:200]])
    writer.finish()
    assert FrameStore(store).read(0, [0]).shape == (1, 24, 32, 3)
    assert "frame 2: cannot be decoded" in refusal(lambda: FrameStore(store).read(0, [2]))


@pytest.mark.parametrize(
    ("size", "quality"),
    [((0, 5), 90), ((2**20, 5), 90), ((10**4, 10**4), 90), ((5,), 90), ((5, 5), 0), ((5, 5.0), 90)],
)
def test_no_format_of_absurd_size_is_written(size, quality):
    with pytest.raises(InputError, match=r"quality: found .*, expected whole numbers"):
        FrameFormat(size, quality)


# Feature stores and landmarks


FEATURE_LIES = {
    "starts fall": (put("starts", 1, 5), "starts: found 5, then 4"),
    "starts beyond": (put("starts", 2, 2**62), "starts: found 0 to"),
    "starts below 0": (put("starts", 0, -1), "starts: found -1"),
    "starts do not cover": (put("starts", 2, 3), "starts: found 0 to 3, expected 0 to 4"),
    "starts with a fraction": (of_kind("starts", float), "starts: found F64"),
    "fewer starts": (tensor("starts", lambda old: old[:-1]), "starts: found I64 [2]"),
    "without starts": (drop("starts"), "one called 'starts'"),
    "views as a text": (say(views="2"), "about.views: found 2"),
    "views as true": (say(views=True), "about.views: found True"),
    "no views": (say(views=0), "about.views: found 0, expected 1 to 1000"),
    "views below 0": (say(views=-1), "about.views: found -1"),
    "views without end": (say(views=10**12), "about.views: found 1000000000000"),
    "more views": (say(views=3), "one called 'features.2'"),
    "without views": (drop("views"), "the key 'views'"),
    "ids as a mapping": (say(ids={"a": 0, "b": 1}), "about.ids: found {'a': 0, 'b': 1}"),
    "ids as numbers": (say(ids=[1, 2]), "about.ids: found 1"),
    "an id twice": (say(ids=["a", "a"]), "about.ids: found 'a' twice"),
    "more ids": (say(ids=["a", "b", "c"]), "starts: found I64 [3]"),
    "no feature": (drop("feature"), "the key 'feature'"),
    "feature as a list": (say(feature=["sign_wise"]), "about.feature: found ['sign_wise']"),
    "no crop": (say(feature="every_frame"), "the key 'crop'"),
    "crop as a number": (say(feature="every_frame", crop=9), "about.crop: found 9"),
    "whole numbers": (of_kind("features.0", np.int64), "features.0: found I64"),
    "a flat view": (tensor("features.0", np.ravel), "features.0: found F32 [12]"),
    "a shorter view": (tensor("features.1", lambda old: old[:-1]), "features.1: found F32 [3, 3]"),
    "a narrower view": (tensor("features.1", lambda old: old[:, :2]), "1: found F32 [4, 2]"),
    "longer views": (
        lambda tensors, about: tensors.update({f"features.{n}": np.ones((9, 3)) for n in (0, 1)}),
        "starts: found 0 to 4, expected 0 to 9",
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", FEATURE_LIES)
def test_a_feature_store_that_lies_is_refused(tmp_path, lie):
    path = tmp_path / "extract_features/train.safetensors"
    views = [torch.ones(4, 3), torch.zeros(4, 3)]
    write_features(path, ["a", "b"], [1, 3], views, feature="sign_wise")
    assert FeatureStore(path).read(1).shape == (3, 3)
    change, expected = FEATURE_LIES[lie]
    rewrite(path, change)
    message = refusal(lambda: FeatureStore(path))
    assert f"{path}, " in message and expected in message
    assert "run extract_features again" in message


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        ({"a": (3, COUNT, 3), "b": (5, COUNT, 3)}, "one called 'c'"),
        ({"a": (3, COUNT, 3), "b": (4, COUNT, 3), "c": (2, COUNT, 3)}, "b: found F32 [4, 85, 3]"),
        ({"a": (3, COUNT, 3), "b": (5, 84, 3), "c": (2, COUNT, 3)}, "b: found F32 [5, 84, 3]"),
        ({"a": (3, COUNT), "b": (5, COUNT, 3), "c": (2, COUNT, 3)}, "a: found F32 [3, 85]"),
        ({"a": (3, COUNT, 1), "b": (5, COUNT, 3), "c": (2, COUNT, 3)}, "a: found F32 [3, 85, 1]"),
    ],
)
def test_landmarks_of_another_form_are_refused(store, tmp_path, shapes, found):
    path = tmp_path / "landmarks/train.safetensors"
    path.parent.mkdir()
    save_file({clip: np.ones(shape, np.float32) for clip, shape in shapes.items()}, path)
    frames = FrameStore(store)

    def read() -> LandmarkFrames:
        return LandmarkFrames(frames, [*CLIPS], path, rate=0.5, crop=(20, 20), seed=None)

    assert f"{path}, " in refusal(read) and found in refusal(read)
    path.write_bytes(b"no safetensors at all")
    assert "run synthesize_avatar again" in refusal(read)
