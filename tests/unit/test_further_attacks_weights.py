"""Further attacks on pickles and on weights that torch saved; honest unusual weights are read."""

import io
import pickle
import struct
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from attacks import refusal, tree
from safetensors.torch import load_file

from sign2text.data.adapters import csl_daily
from sign2text.data.clip_check import measure
from sign2text.data.manifest import write_manifest
from sign2text.ground.errors import InputError
from sign2text.stages.make_manifest import Config
from sign2text.untrusted.pickles import load_data
from sign2text.untrusted.torch_weights import convert

HUGE = 1 << 100_000  # has more digits than Python prints
Records = list[tuple[str, bytes]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The corpus's folder in a project, which is the working folder."""
    place = tmp_path / "resources/own"
    place.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return place


@pytest.mark.parametrize(
    "change",
    [{"signer": HUGE}, {"name": HUGE}, {"label_gloss": [HUGE]}, {"length": HUGE},
     {"label_char": ["\ud800"]}],
    ids=["signer", "name", "gloss", "length", "character"],
)  # fmt: skip
def test_csl_daily_numbers_and_characters_that_cannot_be_written(
    folder: Path, change: dict
) -> None:
    entry = {"name": "a", "signer": 0, "label_gloss": ["A"], "label_char": ["a"]} | change
    (folder / "sentence_label").mkdir()
    (folder / csl_daily.REQUIRED[0]).write_bytes(pickle.dumps({"info": [entry]}))
    (folder / csl_daily.REQUIRED[1]).write_text("name|split\na|train\n")
    (folder / csl_daily.FRAMES[0] / "a").mkdir(parents=True)
    picture = folder / csl_daily.FRAMES[0] / "a/000000.png"
    cv2.imwrite(str(picture), np.zeros((8, 8, 3), np.uint8))

    def read_and_write() -> None:
        clips = csl_daily.read_split(
            folder / "checksums.tsv", "train", Config(adapter="csl_daily", language="de")
        )
        if reason := measure(clips, folder)[0].reason:
            raise InputError(reason)
        write_manifest(clips.assign(frames=1), Path("results/train.tsv"))

    refusal(read_and_write)
    assert not Path("results/train.tsv").exists()


def test_a_pickle_of_two_million_frozen_sets(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"(" + b"(\x91" * 2_000_000 + b".")
    assert "a.pkl" in refusal(lambda: load_data(tmp_path / "a.pkl"))


def saved(content: object, new: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=new)
    return file.getvalue()


def records(content: object) -> Records:
    with zipfile.ZipFile(io.BytesIO(saved(content))) as archive:
        return [(each.filename, archive.read(each)) for each in archive.infolist()]


def zip_of(content: Records) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content:
            archive.writestr(name, data)
    return file.getvalue()


GOOD = {"a": torch.zeros(1)}
EVIL = {"a": torch.zeros(1).expand(2**30)}


def convert_refused(data: bytes, folder: Path) -> str:
    path = folder / "pytorch_model.bin"
    path.write_bytes(data)
    assert len(data) < 10_000_000
    before = tree(folder)
    message = refusal(lambda: convert([path], folder / "model.safetensors"))
    assert tree(folder) == before
    assert str(path) in message and len(message) < 1000
    return message


@pytest.mark.parametrize("name", ["archive/DATA.PKL", "archive/Data.pkl"])
def test_a_second_list_of_tensors_in_capitals(folder: Path, name: str) -> None:
    """Our check reads data.pkl; torch compares names without case, and reads the other."""
    evil = dict(records(EVIL))["archive/data.pkl"]
    convert_refused(zip_of([*records(GOOD), (name, evil)]), folder)


def test_two_directories_of_one_zip(folder: Path) -> None:
    """Python reads the directory in front of the end record; torch the one that it names."""
    evil, good = zip_of(records(EVIL)), zip_of(records(GOOD))
    evil_end, good_end = evil.rindex(b"PK\5\6"), good.rindex(b"PK\5\6")
    evil_start = struct.unpack_from("<L", evil, evil_end + 16)[0]
    good_start = struct.unpack_from("<L", good, good_end + 16)[0]
    moved = evil_end + good_start - evil_start  # what Python adds to all places
    entries = bytearray(good[good_start:good_end])
    place = 0
    while place < len(entries):
        (offset,) = struct.unpack_from("<L", entries, place + 42)
        struct.pack_into("<L", entries, place + 42, evil_end + offset - moved)
        place += 46 + sum(struct.unpack_from("<3H", entries, place + 28))
    end = bytearray(good[good_end:])
    struct.pack_into("<L", end, 16, evil_start)
    convert_refused(evil[:evil_end] + good[:good_start] + entries + end, folder)


def test_many_views_of_one_storage(folder: Path) -> None:
    """Each is within its storage; written one by one they take four hundred times as much."""
    numbers = torch.zeros(2**20)
    convert_refused(saved({f"{n}": numbers[n : 2**20 - 400 + n] for n in range(400)}), folder)


def test_a_tensor_of_a_million_dimensions(folder: Path) -> None:
    old = dict(records(GOOD))["archive/data.pkl"]
    start = old.index(b"K\x01\x85q")  # the size; the stride follows
    end = old.index(b"K\x01\x85q", start + 1) + 5
    size = b"(" + b"M\xff\xff" * 1_500_000 + b"tqc"
    new = old[:start] + size + b"hc" + old[end:]
    changed = [(name, new if data == old else data) for name, data in records(GOOD)]
    convert_refused(zip_of(changed), folder)


def test_a_tensor_with_a_name_that_cannot_be_written(folder: Path) -> None:
    convert_refused(saved({"\ud800": torch.zeros(2)}), folder)


@pytest.mark.parametrize("kind", ["an old file in front", "a prefix", "TorchScript", "two folders"])
def test_a_file_that_is_two_things(folder: Path, kind: str) -> None:
    whole = zip_of(records(GOOD))
    match kind:
        case "an old file in front":
            data = saved(EVIL, new=False) + whole
        case "a prefix":
            data = b"x" * 64 + whole
        case "TorchScript":
            data = zip_of([*records(GOOD), ("archive/constants.pkl", b"\x80\x02).")])
        case "two folders":
            evil = [(name.replace("archive", "evil"), data) for name, data in records(EVIL)]
            data = zip_of(evil + records(GOOD))
    convert_refused(data, folder)


def test_one_tensor_in_two_shapes_is_converted(folder: Path) -> None:
    numbers = torch.arange(12.0)
    path = folder / "pytorch_model.bin"
    path.write_bytes(saved({"a": numbers, "b": numbers.view(3, 4), "c": torch.tensor(True)}))
    convert([path], folder / "model.safetensors")
    found = load_file(folder / "model.safetensors")
    assert torch.equal(found["a"], numbers) and torch.equal(found["b"], numbers.view(3, 4))
