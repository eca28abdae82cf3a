"""Archives that reach outside, unpack to far too much, or lie: refused by name, nothing written."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from attacks import refusal, tree

from sign2text.fetching.archive_parts import Archive
from sign2text.fetching.archives import UNPACKED, finish_unpacking, unpack
from sign2text.ground.errors import InputError
from sign2text.stages.acquire_corpus import Config, check_and_unpack

SYMLINK, HARD_LINK = {"type": tarfile.SYMTYPE}, {"type": tarfile.LNKTYPE}
Member = tuple[str, bytes, dict]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what a project has, and the corpus's folder in it."""
    (tmp_path / "project/resources/own").mkdir(parents=True)
    (tmp_path / "project/Snakefile").write_text("rule all: pass\n")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def tar_of(path: Path, *members: Member, packing: str = "gz") -> Archive:
    with tarfile.open(path, f"w:{packing}") as tar:
        for name, content, fields in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for key, value in fields.items():
                setattr(member, key, value)
            tar.addfile(member, io.BytesIO(content))
    return Archive(path.name, (path,))


def header(name: str, size: int, kind: bytes, **fields) -> bytes:
    """One block of a tar, which may say anything."""
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    for key, value in fields.items():
        setattr(member, key, value)
    return member.tobuf(tarfile.GNU_FORMAT)[-512:]


def packed(path: Path, content: bytes, opener: Callable = gzip.compress) -> Archive:
    path.write_bytes(opener(content))
    return Archive(path.name, (path,))


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def refused(archive: Archive, project: Path) -> str:
    """The refusal, after which nothing at all is other than before."""
    folder = project / "resources/own"
    before = tree(project.parent)
    message = refusal(lambda: unpack(archive, folder))
    assert tree(project.parent) == before
    return message


def test_two_archives_cannot_write_outside_together(project: Path) -> None:
    folder = project / "resources/own"
    first = tar_of(
        folder / "one.tar.gz",
        ("ok.txt", b"x", {}),
        ("l", b"", {**SYMLINK, "linkname": "a/b/c/d/../../."}),
    )
    second = tar_of(
        folder / "two.tar.gz",
        ("a/b/c/d", b"", {**SYMLINK, "linkname": "../../.."}),
        ("l/Snakefile", b"evil", {}),
    )
    before = tree(project)
    with pytest.raises(InputError, match=r"member 'l' is refused: .* with \.\. after a name"):
        check_and_unpack(first, folder, Config(adapter="table"))
    assert tree(project) == before
    (folder / "l").symlink_to("a/b/c/d/../../.")  # as an older version of the workflow left it
    before = tree(project)
    with pytest.raises(InputError, match="'a/b/c/d' is refused: is a link to a folder that holds"):
        check_and_unpack(second, folder, Config(adapter="table"))
    assert tree(project) == before
    third = tar_of(folder / "three.tar.gz", ("l/Snakefile", b"evil", {}))
    before = tree(project)
    with pytest.raises(InputError, match="own/l: is in the way"):
        check_and_unpack(third, folder, Config(adapter="table"))
    assert tree(project) == before


@pytest.mark.parametrize(
    ("goal", "reason"),
    [
        ("a/../x", "with .. after a name"),
        ("./a/./../../..", "with .. after a name"),
        ("gone", "which the archive does not hold"),
        ("../corpus/gone", "which the archive does not hold"),
        ("../../..", "leads outside"),
        ("..//..//secret.txt", "leads outside"),
        ("", "link to ''"),
        ("a\nb", "link to"),
        ("a\\..\\b", "link to"),
        ("/etc/passwd", "absolute path"),
        ("//etc/passwd", "absolute path"),
    ],
)
def test_links_that_do_not_stay_in_their_archive(project: Path, goal: str, reason: str) -> None:
    archive = tar_of(
        project.parent / "a.tar",
        ("corpus/x", b"x", {}),
        ("corpus/a/y", b"x", {}),
        ("corpus/link", b"", {**SYMLINK, "linkname": goal}),
        packing="",
    )
    message = refused(archive, project)
    assert "member 'corpus/link' is refused" in message and reason in message


def test_links_within_an_archive_are_kept_also_up_and_to_folders(project: Path) -> None:
    archive = tar_of(
        project.parent / "a.tar.gz",
        ("corpus/l", b"", {**SYMLINK, "linkname": "../store/a/"}),  # before what it leads to
        ("corpus/m", b"", {**SYMLINK, "linkname": "../store/a/x"}),
        ("store/a/x", b"x", {}),
    )
    unpack(archive, project / "resources/own")
    assert (project / "resources/own/corpus/l/x").read_bytes() == b"x"
    assert (project / "resources/own/corpus/m").read_bytes() == b"x"


def test_nothing_is_written_through_a_link_that_was_there(project: Path) -> None:
    folder = project / "resources/own"
    outside = project.parent / "disk"
    outside.mkdir()
    (folder / "corpus").symlink_to(outside)
    message = refused(tar_of(project.parent / "a.tar", ("corpus/x", b"x", {})), project)
    assert f"{folder}/corpus: is in the way" in message
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("first", ["file", "link", "dangling link", "folder"])
def test_nothing_that_was_there_is_replaced(project: Path, first: str) -> None:
    folder = project / "resources/own"
    place = folder / "annotations/train.tsv"
    place.parent.mkdir()
    match first:
        case "file":
            place.write_bytes(b"mine")
        case "link":
            place.symlink_to("../../../Snakefile")
        case "dangling link":
            place.symlink_to("nothing")
        case "folder":
            place.mkdir()
    archive = tar_of(project.parent / "a.tar.gz", ("annotations/train.tsv", b"theirs", {}))
    assert "annotations/train.tsv: is in the way" in refused(archive, project)


@pytest.mark.parametrize("link", [True, False])
def test_the_same_holds_where_a_killed_run_is_finished(project: Path, link: bool) -> None:
    folder = project / "resources/own"
    (folder / UNPACKED / "corpus").mkdir(parents=True)
    (folder / UNPACKED / "corpus/x").write_bytes(b"theirs")
    place = folder / "corpus"
    if link:
        place.symlink_to(project)
    else:
        place.write_bytes(b"mine")
    before = tree(project)
    with pytest.raises(InputError, match="own/corpus: is in the way"):
        finish_unpacking(folder)
    assert tree(project) == before
    place.unlink()
    finish_unpacking(folder)
    assert (place / "x").read_bytes() == b"theirs"


def test_links_are_checked_again_in_their_place(project: Path) -> None:
    """The files of a killed run were changed, or an older version left them."""
    folder = project / "resources/own"
    (folder / UNPACKED).mkdir()
    (folder / UNPACKED / "l").symlink_to("../../Snakefile")
    with pytest.raises(InputError, match=r"own/l: is a link that leads outside"):
        finish_unpacking(folder)
    assert not (folder / "l").is_symlink()


def test_the_same_file_in_two_archives_is_no_conflict(project: Path) -> None:
    folder = project / "resources/own"
    for number in (1, 2):
        name = f"{number}.tar.gz"
        unpack(
            tar_of(project.parent / name, ("README", b"x", {}), (f"{number}/a", b"x", {})), folder
        )
    assert {name for name, (kind, _) in tree(folder).items() if kind == "file"} == {
        "README", "1/a", "2/a",
    }  # fmt: skip


@pytest.mark.parametrize("name", [".DS_Store", "clips/._a.mp4", "Thumbs.db"])
def test_notes_of_a_desktop_are_no_conflict(project: Path, name: str) -> None:
    folder = project / "resources/own"
    for number in (1, 2):
        path = project.parent / f"{number}.tar.gz"
        members = (
            (name, b"%d" % number, {}),
            (f"{number}/a", b"x", {}),
            (f"{number}/Icon\r", b"", {}),
        )
        unpack(tar_of(path, *members), folder)
    assert (folder / name).read_bytes() == b"1"
    assert {path.name for path in folder.glob("*/a")} == {"a"}


@pytest.mark.parametrize("name", [".unpacked/x", "./.unpacking/x", ".unpacked"])
def test_folders_of_unpacking_itself_are_no_members(project: Path, name: str) -> None:
    assert "unpacking itself uses" in refused(
        tar_of(project.parent / "a.tar", (name, b"x", {})), project
    )


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\x00b", "x" * 300, "x/" * 3000 + "x"])
def test_names_that_no_file_can_have(project: Path, name: str) -> None:
    archive = tar_of(project.parent / "a.tar", ("good", b"x", {}), (name, b"x", {}))
    if "\0" in name:  # tarfile itself ends a name there
        path = f"{len(name) + 9} path={name}\n".encode()
        content = header("x", len(path), tarfile.XHDTYPE) + padded(path)
        content += header("y", 0, tarfile.REGTYPE) + bytes(1024)
        archive = packed(project.parent / "a.tar", content)
    message = refused(archive, project)
    assert "is refused" in message or "cut or damaged" in message


BOMBS = {
    "sparse": header("a", 0, tarfile.GNUTYPE_SPARSE) + bytes(1024),
    "a header of a gigabyte": header("a", 2**30, tarfile.XHDTYPE) + bytes(4096),
    "a name of a gigabyte": header("a", 2**30, tarfile.GNUTYPE_LONGNAME) + bytes(4096),
    "a header of digits": header("a", 60_000, tarfile.XHDTYPE) + padded(b"1" * 60_000),
    "headers without end": (header("a", 20, tarfile.XHDTYPE) + padded(b"20 comment=abcdefgh\n"))
    * 20_000,
    "global headers": (header("a", 20, tarfile.XGLTYPE) + padded(b"20 comment=abcdefgh\n"))
    * 20_000,
    "a global path": header("a", 12, tarfile.XGLTYPE) + padded(b"12 path=../x\n") + bytes(1024),
    "a size of eight terabytes": header("a", 2**43, tarfile.REGTYPE) + bytes(2048),
    "zeros after the end": header("a", 0, tarfile.REGTYPE) + bytes(96 * 2**20),
    "forty thousand files": header("a", 0, tarfile.REGTYPE) * 40_000 + bytes(1024),
    "a file of zeros": header("a", 96 * 2**20, tarfile.REGTYPE) + bytes(97 * 2**20),
}


def _sparse_by_extended_header() -> bytes:
    records = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n34 GNU.sparse.realsize=9999999999\n"
    start = header("a", len(records), tarfile.XHDTYPE) + padded(records)
    return start + header("a", 512, tarfile.REGTYPE) + padded(b"1\n0\n9999999999\n") + bytes(1024)


@pytest.mark.parametrize("kind", [*BOMBS, "sparse by an extended header"])
def test_a_small_tar_that_becomes_large_or_slow(project: Path, kind: str) -> None:
    content = BOMBS.get(kind) or _sparse_by_extended_header()
    archive = packed(project.parent / "bomb.tar.gz", content)
    assert archive.bytes < 10 * 2**20
    message = refused(archive, project)
    wanted = {
        "sparse": "sparse file",
        "sparse by an extended header": "sparse file",
        "a size of eight terabytes": "unpacks to more than",
        "zeros after the end": "unpacks to more than",
        "forty thousand files": "unpacks to more than",
        "a file of zeros": "unpacks to more than",
    }
    assert wanted.get(kind, "cut or damaged") in message


@pytest.mark.parametrize("opener", [bz2.compress, lambda data: lzma.compress(data, preset=0)])
def test_other_compressions_are_bounded_too(project: Path, opener: Callable) -> None:
    archive = packed(project.parent / "bomb.tar", BOMBS["a file of zeros"], opener)
    assert "unpacks to more than" in refused(archive, project)


@pytest.mark.parametrize("stream", ["first", "second"])
def test_a_dictionary_of_gigabytes_is_not_made(project: Path, stream: str) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**29}]
    large = lzma.compress(bytes(2048), filters=filters)
    path = project.parent / "a.tar.xz"
    first = lzma.compress(header("a", 0, tarfile.REGTYPE)) if stream == "second" else b""
    path.write_bytes(first + large)
    message = refused(Archive(path.name, (path,)), project)
    assert "cut or damaged (Memory usage limit exceeded)" in message


@pytest.mark.parametrize("time", [2**62, -5, float("inf"), float("nan"), 1e300])
def test_times_that_no_file_can_have_are_passed_over(project: Path, time: float) -> None:
    member = tarfile.TarInfo("a")
    member.mtime = 0
    member.pax_headers = {"mtime": str(time)}
    path = project.parent / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(member, io.BytesIO(b""))
    unpack(Archive(path.name, (path,)), project / "resources/own")
    assert (project / "resources/own/a").stat().st_mtime > 1.7e9  # that of now


def test_long_names_in_all_forms_and_times_are_read(project: Path) -> None:
    """The reader against the library's writer: names over 100 and 256 bytes, odd letters, times."""
    names = ["ü" * 60 + "/" + "n" * 90, "d/" * 60 + "x" * 220, "日本/a b", "plain"]
    for number, form in enumerate((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        path = project.parent / f"{form}.tar"
        with tarfile.open(path, "w", format=form) as tar:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size, member.mtime = 3, 1_600_000_000
                tar.addfile(member, io.BytesIO(b"abc"))
        folder = project / f"resources/{number}"
        folder.mkdir()
        unpack(Archive(path.name, (path,)), folder)
        for name in names:
            assert (folder / name).read_bytes() == b"abc"
            assert (folder / name).stat().st_mtime == 1_600_000_000


def zip_of(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Archive:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return Archive(path.name, (path,))


def test_a_zip_that_becomes_large(project: Path) -> None:
    archive = zip_of(project.parent / "a.zip", {"a": bytes(96 * 2**20)})
    assert "unpacks to more than" in refused(archive, project)


def test_a_zip_whose_members_share_their_bytes(project: Path) -> None:
    """Each of 3,000 names leads to one compressed megabyte."""
    path = project.parent / "a.zip"
    zip_of(path, {"a": bytes(2**20)})
    whole = path.read_bytes()
    start = whole.rindex(b"PK\x01\x02")
    entry = whole[start : whole.rindex(b"PK\x05\x06")]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 3000, 3000, 3000 * len(entry), start, 0)
    path.write_bytes(whole[:start] + entry * 3000 + end)
    assert "unpacks to more than" in refused(Archive(path.name, (path,)), project)


@pytest.mark.parametrize("harm", ["size", "method", "name", "offset", "flags"])
def test_a_zip_that_lies_about_a_member(project: Path, harm: str) -> None:
    path = project.parent / "a.zip"
    zip_of(path, {"good": b"x" * 500, "other": b"y" * 500})
    whole = bytearray(path.read_bytes())
    start = whole.rindex(b"PK\x01\x02")
    place, value = {
        "size": (24, struct.pack("<L", 10)),
        "method": (10, struct.pack("<H", 77)),
        "name": (46, b"\x1b[2J"),
        "offset": (42, struct.pack("<L", 2**31)),
        "flags": (8, struct.pack("<H", 1)),
    }[harm]
    whole[start + place : start + place + len(value)] = value
    path.write_bytes(whole)
    assert "a.zip" in refused(Archive(path.name, (path,)), project)


def test_a_zip_by_lzma_is_not_read(project: Path) -> None:
    archive = zip_of(project.parent / "a.zip", {"a": b"x"}, zipfile.ZIP_LZMA)
    assert "compressed by method 14" in refused(archive, project)
