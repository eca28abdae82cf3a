"""Further attacks on archives, names and tables; honest unusual archives are read."""

import gzip
import lzma
import struct
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from attacks import refusal, tree

from sign2text.data.adapters import avatar, how2sign, table
from sign2text.data.clip_check import measure
from sign2text.data.corpus_folder import find_folder
from sign2text.data.manifest import read_manifest, write_table
from sign2text.data.raw_files import write_checksums
from sign2text.fetching.archive_parts import Archive
from sign2text.fetching.archives import unpack
from sign2text.ground.errors import InputError
from sign2text.stages.acquire_corpus import Config, check_and_unpack
from sign2text.stages.make_manifest import Config as ManifestConfig
from sign2text.stages.make_manifest import Table
from sign2text.untrusted.names import check_ids

TABLE = Table(
    file="clips.csv", path="path", text="text", split="split", gloss="gloss", signer="signer",
    id="id", fps="fps",
)  # fmt: skip
SETTINGS = ManifestConfig(adapter="table", language="de", table=TABLE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The corpus's folder in a project, which is the working folder."""
    place = tmp_path / "project/resources/own"
    place.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project")
    yield place
    # pytest cannot remove folders nested this deeply, and fails in later runs.
    subprocess.run(["rm", "-rf", place], check=True)


def header(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields) -> bytes:
    """A member of a tar: its header, and its content padded."""
    member = tarfile.TarInfo(name)
    member.size, member.type = len(content), kind
    for key, value in fields.items():
        setattr(member, key, value)
    return member.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)


def link(name: str, goal: str) -> bytes:
    return header(name, kind=tarfile.SYMTYPE, linkname=goal)


def tar(folder: Path, *members: bytes, name: str = "a.tar.gz") -> Archive:
    path = folder.parent / name
    content = b"".join(members) + bytes(1024)
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    return Archive(name, (path,))


def unpack_refused(archive: Archive, folder: Path, **options: bool) -> str:
    before = tree(Path.cwd())
    message = refusal(lambda: unpack(archive, folder, **options))
    assert tree(Path.cwd()) == before
    return message


def refused_or_bounded(call: Callable[[], object]) -> None:
    """Either outcome is right, within the bounds of time and memory."""

    def look() -> None:
        call()
        raise InputError("done")

    refusal(look)


def test_equal_sizes_and_times_do_not_hide_another_content(folder: Path) -> None:
    """filecmp remembers its verdict by name, size and time, which archives choose."""
    for number in (1, 2):
        unpack(tar(folder, header("x", b"mine", mtime=1000), name=f"{number}.tar"), folder)
    last = tar(folder, header("x", b"evil", mtime=1000), name="3.tar")
    before = tree(folder)
    with pytest.raises(InputError, match="own/x: is in the way"):
        check_and_unpack(last, folder, Config(adapter="table"))
    assert tree(folder) == before


NAMES: dict[str, Callable[[], bytes]] = {
    "32,000 folders in one name": lambda: header("a/" * 32_000 + "x"),
    "1,500 folders in one name": lambda: header("a/" * 1500 + "x"),
    "9,000 names of 900 folders": lambda: b"".join(
        header("a/" * 900 + f"{number}") for number in range(9000)
    ),
    "1,800 folders, one by one": lambda: b"".join(
        header("a/" * depth, kind=tarfile.DIRTYPE) for depth in range(1, 1800)
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMES)
def test_folders_nested_deeply_are_refused_in_bounds(folder: Path, kind: str) -> None:
    message = unpack_refused(tar(folder, NAMES[kind]()), folder)
    assert "a.tar.gz" in message and len(message) < 1000


LINKS = {
    "circle": [link("v/l", ".")],
    "folders that double": [
        link(f"v/d{n}/{side}", f"../d{n + 1}") for n in range(25) for side in "ab"
    ] + [header("v/d25/x.mp4")],
    "two thousand to here": [link(f"l{n}", ".") for n in range(2000)],
}  # fmt: skip


@pytest.mark.parametrize("kind", LINKS)
def test_links_that_multiply_folders(folder: Path, kind: str) -> None:
    """All stay in the archive, but whoever walks through the folders never ends."""
    archive = tar(folder, header("clips.csv"), header("v/x.mp4"), *LINKS[kind])

    def bring_and_list() -> None:
        unpack(archive, folder)
        find_folder(folder, ("missing.csv",))
        write_checksums(folder / "checksums.tsv", folder, ("clips.csv",), ("*",))

    refused_or_bounded(bring_and_list)


def test_many_links_over_a_chain_are_checked_in_bounds(folder: Path) -> None:
    chain = [link(f"l{n}", f"l{n - 1}") for n in range(1, 38)]
    many = [link(f"m{n}", "l37") for n in range(13_000)]
    archive = tar(folder, header("x"), link("l0", "x"), *chain, *many)
    refused_or_bounded(lambda: unpack(archive, folder))


def test_empty_streams_of_xz_without_number(folder: Path) -> None:
    path = folder.parent / "a.tar.xz"
    path.write_bytes(lzma.compress(header("a")) + lzma.compress(b"") * 100_000)
    assert path.stat().st_size < 10_000_000
    assert "a.tar.xz" in unpack_refused(Archive(path.name, (path,)), folder)


def test_zip_members_that_share_a_stream_without_output(folder: Path) -> None:
    """Each of 15,000 members reads the same two megabytes, and none gives a byte."""
    packed = b"\0\0\0\xff\xff" * 400_000 + zlib.compressobj(wbits=-15).flush()
    common = struct.pack("<5H3L2H", 20, 0, 8, 0, 0, 0, len(packed), 0, 1, 0)
    body = b"PK\3\4" + common + b"a" + packed
    entry = b"PK\1\2" + struct.pack("<H", 20) + common + bytes(14) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 15_000, 15_000, 15_000 * 47, len(body), 0)
    path = folder.parent / "a.zip"
    path.write_bytes(body + entry * 15_000 + end)
    assert "a.zip" in unpack_refused(Archive(path.name, (path,)), folder)


def test_a_link_that_leads_elsewhere_once_its_folder_is_lifted(folder: Path) -> None:
    """Refused before anything is moved to its place."""
    archive = tar(folder, header("a/x"), link("a/l", "../a/x"), name="train_raw_videos.tar")
    unpack_refused(archive, folder, own_folder=True)


def test_names_in_latin_1_reach_the_list_or_are_refused(folder: Path) -> None:
    name = tarfile.TarInfo("Straße/a.mp4").tobuf(tarfile.GNU_FORMAT, "latin1")
    archive = tar(folder, header("clips.csv"), name)

    def bring_and_list() -> None:
        unpack(archive, folder)
        write_checksums(folder / "checksums.tsv", folder, ("clips.csv",), ("*",))

    refused_or_bounded(bring_and_list)


@pytest.mark.parametrize("kind", ["version 7", "label", "same link twice", "global time"])
def test_honest_tars_of_older_and_other_programs(folder: Path, kind: str) -> None:
    member = bytearray(header("x", b"abc"))
    first = b""
    match kind:
        case "version 7":
            member[257:265], member[148:156] = bytes(8), b" " * 8
            member[148:156] = b"%06o\0 " % sum(member[:512])
        case "label":
            first = header("my corpus", kind=b"V")
        case "same link twice":
            first = link("l", "x") * 2
        case "global time":
            first = header("g", b"20 mtime=1234567890\n", kind=tarfile.XGLTYPE)
    unpack(tar(folder, first, bytes(member), name="a.tar"), folder)
    assert (folder / "x").read_bytes() == b"abc"


def manifest(**changes: str) -> Path:
    row = {
        "id": "a", "video": "resources/own/a.mp4", "frames": 1, "fps": 25.0, "signer": "s",
        "text": "t", "gloss": "", "language": "de", "phrasings": "[]",
    }  # fmt: skip
    Path("results").mkdir(exist_ok=True)
    write_table(pd.DataFrame([row | changes]), Path("results/train.tsv"))
    return Path("results/train.tsv")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("phrasings", "[" * 100_000),
        ("phrasings", f"[{'9' * 5000}]"),
        ("frames", "1e300"),
        ("frames", str(2**63)),
        ("video", "resources/own/a\0.mp4"),
    ],
)
def test_a_value_that_a_manifest_cannot_have(folder: Path, column: str, value: str) -> None:
    path = manifest(**{column: value})
    assert f"{path}, line 2, clip 'a': {column}" in refusal(lambda: read_manifest(path))


def test_a_pulled_manifest_where_results_lie_on_another_disk(folder: Path) -> None:
    disk = folder.parents[2] / "disk"
    disk.mkdir()
    Path("results").symlink_to(disk)
    path = manifest(video="../secret.mp4")
    assert "below the working folder" in refusal(lambda: read_manifest(path))


def test_an_id_of_two_lines(folder: Path) -> None:
    with pytest.raises(InputError, match=r"line 2: id .* control character"):
        check_ids(Path("t.tsv"), pd.Series(["a\nb"], index=[2]))


def test_a_column_that_stands_three_hundred_thousand_times(folder: Path) -> None:
    (folder / "clips.csv").write_text("path,text,split," + "a," * 300_000 + "\na\n")
    message = refusal(lambda: table.read_split(folder / "checksums.tsv", "train", SETTINGS))
    assert "clips.csv, line 1: 300004 columns found" in message and len(message) < 1000


@pytest.mark.parametrize(
    ("video", "start"),
    [(f"x-{'9' * 5000}-rgb_front", "0"), ("v", "/../../../../secret#t=0")],
    ids=["signer of 5,000 digits", "time that is a path"],
)
def test_how2sign_names_and_times(folder: Path, video: str, start: str) -> None:
    """A time is not a part of a path: `v.mp4#t=` may be a folder of the corpus."""
    rows = f"VIDEO_NAME\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE\n{video}\tgood\t"
    for split in ("train", "val", "test"):
        (folder / f"how2sign_realigned_{split}.csv").write_text(f"{rows}{start}\t1\tHi.\n")
    (folder / "train_raw_videos/v.mp4#t=").mkdir(parents=True)
    Path("secret").mkdir()

    def read() -> None:
        clips = how2sign.read_split(folder / "checksums.tsv", "train", SETTINGS)
        raise InputError(measure(clips, folder)[0].reason)

    assert "holds no frame" not in refusal(read)  # `secret` was opened, and found empty


def test_a_frame_that_is_a_link_out_of_its_corpus(folder: Path) -> None:
    """A folder of frames is the corpus's own; only the picture in it leads elsewhere."""
    (folder / "clip").mkdir()
    cv2.imwrite("secret.png", np.zeros((8, 8, 3), np.uint8))
    (folder / "clip/000001.png").symlink_to("../../../secret.png")
    (found,) = measure(
        pd.DataFrame({"video": ["resources/own/clip"], "fps": 25.0, "text": "t"}), folder
    )
    assert found.frames == 0 and "link" in found.reason


@pytest.mark.parametrize(
    "change",
    [{"id": "../../x"}, {"frames": "abc"}, {"phrasings_de": "[" * 100_000}, {"text_de": None},
     {"bytes": "abc"}],
    ids=["id", "frames", "phrasings", "column", "bytes"],
)  # fmt: skip
def test_an_avatar_corpus_of_another_form(folder: Path, change: dict) -> None:
    row = {"id": "good", "video": "v.mp4", "frames": "1", "text_de": "a", "bytes": "0",
           "phrasings_de": "[]", "fps": "25", "signer": "s", "gloss": "g"}  # fmt: skip
    row |= change
    (folder / "v.mp4").touch()
    (folder / "annotations").mkdir()
    kept = {key: value for key, value in row.items() if value is not None}
    write_table(pd.DataFrame([kept]), folder / "annotations/train.tsv")
    (folder / "checksums.tsv").write_text(f"path\tbytes\tsha256\nv.mp4\t{row['bytes']}\tx\n")
    refusal(lambda: measure(avatar.read_split(folder / "checksums.tsv", "train", SETTINGS), folder))
