"""Archives in several parts: grouped, checked and read as one file."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from archive_files import FILES, found, make_tar, make_zip

from sign2text.fetching.archive_parts import Archive, JoinedParts, group_parts
from sign2text.fetching.archives import unpack
from sign2text.ground.errors import InputError


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


def split(path: Path, size: int, number: Callable[[int], str]) -> list[Path]:
    content = path.read_bytes()
    parts = []
    for index, start in enumerate(range(0, len(content), size)):
        parts.append(path.with_name(path.name + number(index)))
        parts[-1].write_bytes(content[start : start + size])
    path.unlink()
    return parts


@pytest.mark.parametrize(
    "number", [lambda i: f"_{i:02d}", lambda i: f".{i + 1:03d}", lambda i: f".a{'abcdefghij'[i]}"]
)
@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_parts_are_read_as_one(
    tmp_path: Path, target: Path, make: Callable, number: Callable[[int], str]
) -> None:
    path = make(tmp_path / "csl.tar.gz").paths[0]
    parts = split(path, path.stat().st_size // 9 - 1, number)
    assert len(parts) == 10
    (archive,) = group_parts(reversed(parts), expected=10)
    assert archive == Archive("csl.tar.gz", tuple(parts))
    unpack(archive, target)
    assert found(target) == FILES
    assert sorted(tmp_path.iterdir()) == sorted([*parts, target])  # no joined file


def test_joined_parts_seek(tmp_path: Path) -> None:
    content = bytes(range(100))
    parts = []
    for index, (start, end) in enumerate([(0, 30), (30, 30), (30, 31), (31, 100)]):
        parts.append(tmp_path / str(index))
        parts[-1].write_bytes(content[start:end])
    with io.BufferedReader(JoinedParts(parts), 7) as file:
        assert file.read() == content
        for position in (99, 0, 29, 30, 31, 64):
            file.seek(position)
            assert file.read(3) == content[position : position + 3]
        assert file.seek(-2, os.SEEK_END) == 98
        assert file.read() == content[98:]


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        ("first", r"found 9 parts \(01 to 09\), missing csl\.tar\.gz_00"),
        ("middle", r"missing csl\.tar\.gz_04"),
        ("last", r"missing csl\.tar\.gz_09"),
        ("short", r"csl\.tar\.gz_04: found 9 bytes, expected 10, the size of the first part"),
    ],
)
def test_parts_that_are_missing_or_cut(tmp_path: Path, harm: str, message: str) -> None:
    path = tmp_path / "csl.tar.gz"
    path.write_bytes(bytes(95))
    parts = split(path, 10, lambda i: f"_{i:02d}")
    if harm == "short":
        parts[4].write_bytes(bytes(9))
    else:
        parts.pop({"first": 0, "middle": 4, "last": 9}[harm])
    with pytest.raises(InputError, match=message):
        group_parts(parts, expected=10)


def test_numbers_from_one_and_a_joined_file(tmp_path: Path) -> None:
    names = ["a.zip.001", "a.zip.002", "b.tar", "b.tar_00", "c.tar.gz"]
    for name in names:
        (tmp_path / name).write_bytes(b"1234")
    got = group_parts(tmp_path / name for name in names)
    assert {each.name: [path.name for path in each.paths] for each in got} == {
        "a.zip": ["a.zip.001", "a.zip.002"],
        "b.tar": ["b.tar"],
        "c.tar.gz": ["c.tar.gz"],
    }
    assert [each.stem for each in got] == ["a", "b", "c"]


def test_size_and_hash_of_the_parts_joined(tmp_path: Path) -> None:
    for name, content in (("a.zip.00", b"ab"), ("a.zip.01", b"c")):
        (tmp_path / name).write_bytes(content)
    (archive,) = group_parts(tmp_path.iterdir())
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    archive.check(3, abc)
    archive.check(None, None)
    with pytest.raises(InputError, match=r"a\.zip: found 3 bytes, expected 4 \(setting `bytes`\)"):
        archive.check(4, abc)
    with pytest.raises(InputError, match=rf"found sha256 {abc}, expected 00+ \(setting `sha256`\)"):
        archive.check(3, "0" * 64)
