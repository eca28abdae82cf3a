"""Pickles that repositories share: gzipped, with tensors that are passed over and never built."""

import collections
import gzip
import os
import pickle
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from attacks import refusal

from sign2text.ground.errors import InputError
from sign2text.untrusted.packed_pickles import PassedOver, is_pickle, load_annotations

ENTRY = {"name": "dev/a", "signer": "Signer01", "gloss": "REGEN", "text": "es regnet ."}


def pack(path: Path, content: object, protocol: int = 4, level: int = 6) -> Path:
    """Write a pickle, gzipped unless `level` is -1."""
    data = content if isinstance(content, bytes) else pickle.dumps(content, protocol=protocol)
    path.write_bytes(data if level == -1 else gzip.compress(data, level))
    return path


@pytest.mark.parametrize("level", [-1, 6])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_data_comes_as_it_is(tmp_path, protocol, level):
    content = {"a": ENTRY | {"length": 3, "imgs_path": ["a/1.png", "a/2.png"]}, "b": [1.5, None]}
    path = pack(tmp_path / "labels.dev", content, protocol, level)
    assert is_pickle(path)
    assert load_annotations(path) == content


FEATURES = {
    "a small tensor": lambda: torch.arange(6).reshape(2, 3),
    "a large tensor": lambda: torch.zeros(100, 1024),
    "a view": lambda: torch.zeros(40, 1024)[3:9],
    "a parameter": lambda: torch.nn.Parameter(torch.zeros(2, 2)),
    "an array": lambda: np.arange(6.0),
    "a large array": lambda: np.zeros((100, 1024), np.float32),
    "a number of numpy": lambda: np.int64(3),
}


@pytest.mark.parametrize("protocol", [3, 4, 5])
@pytest.mark.parametrize("kind", FEATURES)
def test_tensors_and_arrays_are_passed_over(tmp_path, kind, protocol, monkeypatch):
    sign = FEATURES[kind]()
    path = pack(tmp_path / "a.dev", [ENTRY | {"sign": sign}, ENTRY | {"sign": sign}], protocol)

    def built(*_: object) -> None:
        raise AssertionError("a tensor was built")

    for module, name in ((torch._utils, "_rebuild_tensor_v2"), (torch.storage, "_load_from_bytes")):
        monkeypatch.setattr(module, name, built)
    found = load_annotations(path)
    assert [{k: v for k, v in each.items() if k != "sign"} for each in found] == [ENTRY, ENTRY]
    assert all(isinstance(each["sign"], PassedOver) for each in found)


def test_features_are_not_held_in_memory(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, 2**22, np.uint8)
    signs = [torch.from_numpy(noise[number:]) for number in range(5)]
    path = pack(tmp_path / "a.dev", [ENTRY | {"sign": sign} for sign in signs], 3, 1)
    tracemalloc.start()
    try:
        assert len(load_annotations(path)) == 5
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 5 * len(noise)
    assert most < 2 * len(noise)


def test_ordered_dicts_are_read_as_dicts(tmp_path):
    content = collections.OrderedDict(a=ENTRY)
    assert load_annotations(pack(tmp_path / "a.dev", content)) == {"a": ENTRY}


class Calls:
    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (lambda: [Calls(os.mkdir, "made")], r"\w+\.mkdir"),
        (lambda: [Calls(eval, "1")], r"builtins\.eval"),
        (lambda: [Path("x")], r"pathlib\.PosixPath"),
        (lambda: [ENTRY | {"sign": Calls(os.system, "true")}], r"\w+\.system"),
        (lambda: collections.Counter("a"), r"collections\.Counter"),
        (lambda: [torch.nn.Linear(1, 1)], r"torch\.nn\.modules\.linear\.Linear"),
        (lambda: b"\x80\x03cbuiltins\nlist\n.", r"builtins\.list"),
    ],
)
def test_anything_else_is_refused_by_its_name(tmp_path, monkeypatch, content, named):
    monkeypatch.chdir(tmp_path)
    path = pack(tmp_path / "a.dev", content())
    with pytest.raises(InputError, match=rf"a\.dev: the pickle asks for {named}, expected lists"):
        load_annotations(path)
    assert not Path("made").exists()


def bomb(unpacked: int) -> bytes:
    return b"\x80\x03]B" + (unpacked - 10).to_bytes(4, "little") + bytes(unpacked - 10) + b"a."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: bomb(2**27), "more features than its size explains"),
        (lambda: b"\x80\x03X\x00\x00\x00\x08" + b"a" * 2**27 + b".", "more content than its size"),
        (lambda: b"\x80\x03" + b"N0" * 2_500_000 + b"N.", "more steps than annotations take"),
        (lambda: b"\x80\x03" + b"]" * 5_000_000 + b".", "more (steps|containers)"),
        (lambda: b"\x80\x03c" + b"a" * 10_000_000, "the pickle asks for aaaa"),
        (lambda: b"\x80\x04\x95" + b"\xff" * 7 + b"\x00" + b"N" * 100, "more content than its"),
        (lambda: pickle.dumps({2**61 - 1: 1, 2 * (2**61 - 1): 2}), "the key"),
    ],
    ids=["features", "a text", "steps", "lists", "a line", "a frame", "keys of one hash"],
)
def test_what_is_packed_beyond_measure_is_refused_in_bounds(tmp_path, content, message):
    path = pack(tmp_path / "a.dev", content())
    assert path.stat().st_size < 10_000_000
    assert message.split("(")[0] in refusal(lambda: load_annotations(path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-30], "not a readable pickle .EOFError"),
        (lambda data: data[:60] + bytes(20) + data[80:], "not a readable pickle|damaged gzip file"),
        (lambda data: data[:-8] + bytes(8), "a damaged gzip file .CRC check failed"),
        (lambda data: b"\x1f\x8b", "not a readable pickle .EOFError"),
        (lambda data: b"\x1f\x8b\x07" + data[3:], "a damaged gzip file"),
        (lambda data: gzip.compress(b"name|text\n"), "not a readable pickle"),
        (lambda data: b"", "not a readable pickle"),
    ],
)
def test_damaged_files_are_named(tmp_path, change, message):
    path = pack(tmp_path / "a.dev", [ENTRY | {"text": os.urandom(200).hex()}])
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=message) as error:
        load_annotations(path)
    assert str(error.value).startswith(str(path))


def test_other_files_are_no_pickles(tmp_path):
    (tmp_path / "a.train").write_text("name|text\n")
    assert not is_pickle(tmp_path / "a.train")
    assert not is_pickle(tmp_path / "none")
    with pytest.raises(InputError, match=r"none: no such file"):
        load_annotations(tmp_path / "none")
