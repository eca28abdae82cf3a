"""Unpacking: whole or not at all, nothing outside, parts joined while they are read."""

import errno
import io
import os
import re
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from archive_files import FILES, add, found, make_tar, make_zip

from sign2text.fetching import archives as module
from sign2text.fetching.archive_parts import Archive
from sign2text.fetching.archives import STAGING, UNPACKED, unpack
from sign2text.ground.errors import InputError

OUTSIDE = "outside.txt"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("packing", ["", "gz", "bz2", "xz", "zip"])
def test_all_files_arrive(tmp_path: Path, target: Path, packing: str) -> None:
    # By its content, whatever it is called.
    path = tmp_path / "archive"
    unpack(make_zip(path) if packing == "zip" else make_tar(path, packing), target)
    assert found(target) == FILES


def evil(kind: str, tar: tarfile.TarFile) -> None:
    """Members that reach outside of the folder, or are no files."""
    sym, hard = {"type": tarfile.SYMTYPE}, {"type": tarfile.LNKTYPE}
    match kind:
        case "up":
            add(tar, f"corpus/../../{OUTSIDE}", b"x")
        case "up within":
            add(tar, "corpus/../corpus/a", b"x")
        case "absolute":
            add(tar, f"/tmp/{OUTSIDE}", b"x")
        case "link up":
            add(tar, "corpus/bad", linkname=f"../../{OUTSIDE}", **sym)
        case "absolute link":
            add(tar, "corpus/bad", linkname="/etc/passwd", **sym)
        case "hard link up":
            add(tar, "corpus/bad", linkname=f"../{OUTSIDE}", **hard)
        case "through a link":
            add(tar, "corpus/bad", linkname=".", **sym)
            add(tar, "corpus/bad/file", b"x")
        case "over a link":
            add(tar, "corpus/bad", linkname="there", **sym)
            add(tar, "corpus/bad", b"x")
        case "hard link to a link":
            add(tar, "corpus/one", linkname="there", **sym)
            add(tar, "corpus/bad", linkname="corpus/one", **hard)
        case "links that lead on":
            # By its text each stays inside, when it is unpacked; together they lead up.
            add(tar, "corpus/bad", linkname="deep/../..", **sym)
            add(tar, "corpus/deep", linkname=".", **sym)
        case "device":
            add(tar, "corpus/bad", type=tarfile.CHRTYPE, devmajor=1, devminor=5)
        case "pipe":
            add(tar, "corpus/bad", type=tarfile.FIFOTYPE)
        case "hard link to nothing":
            add(tar, "corpus/bad", linkname="corpus/gone", **hard)
        case "hard link to a folder":
            add(tar, "corpus/bad", linkname="corpus", **hard)
        case "link to itself":
            add(tar, "corpus/bad", linkname="bad", **sym)
        case "links in a circle":
            add(tar, "corpus/bad", linkname="other", **sym)
            add(tar, "corpus/other", linkname="bad", **sym)
        case "below a file":
            add(tar, "corpus/a", b"x")
            add(tar, "corpus/a/bad", b"x")
        case "folder below a file":
            add(tar, "corpus/a", b"x")
            add(tar, "corpus/a/bad/", type=tarfile.DIRTYPE, mode=0o755)
        case "over a folder":
            add(tar, "corpus/bad/a", b"x")
            add(tar, "corpus/bad", b"x")


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("up", f"corpus/../../{OUTSIDE}"),
        ("up within", "corpus/../corpus/a"),
        ("absolute", f"/tmp/{OUTSIDE}"),
        ("link up", "corpus/bad"),
        ("absolute link", "corpus/bad"),
        ("hard link up", "corpus/bad"),
        ("through a link", "corpus/bad/file"),
        ("over a link", "corpus/bad"),
        ("hard link to a link", "corpus/bad"),
        ("links that lead on", "corpus/bad"),
        ("device", "corpus/bad"),
        ("pipe", "corpus/bad"),
        ("hard link to nothing", "corpus/bad"),
        ("hard link to a folder", "corpus/bad"),
        ("link to itself", "corpus/bad"),
        ("links in a circle", "corpus/(bad|other)"),
        ("below a file", "corpus/a/bad"),
        ("folder below a file", "corpus/a/bad"),
        ("over a folder", "corpus/bad"),
    ],
)
def test_dangerous_member_is_refused_by_name(
    tmp_path: Path, target: Path, kind: str, member: str
) -> None:
    (tmp_path / OUTSIDE).write_text("as it was")
    path = tmp_path / "evil.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        add(tar, "corpus/good.txt", b"x")
        evil(kind, tar)
    with pytest.raises(InputError) as error:
        unpack(Archive(path.name, (path,)), target)
    assert re.search(f"evil.tar.gz: member '{member}' is refused", str(error.value))
    assert list(target.iterdir()) == []
    assert (tmp_path / OUTSIDE).read_text() == "as it was"
    assert not Path(f"/tmp/{OUTSIDE}").exists()


def test_links_within_are_kept(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        add(tar, "corpus/a", b"a")
        add(tar, "corpus/b", linkname="a", type=tarfile.SYMTYPE)
        add(tar, "corpus/c", linkname="corpus/a", type=tarfile.LNKTYPE)
    unpack(Archive(path.name, (path,)), target)
    assert found(target) == {"corpus/a": b"a", "corpus/b": b"a", "corpus/c": b"a"}


@pytest.mark.parametrize("member", [f"corpus/../../{OUTSIDE}", f"/tmp/{OUTSIDE}", "a\\..\\b"])
def test_dangerous_member_of_a_zip(tmp_path: Path, target: Path, member: str) -> None:
    archive = make_zip(tmp_path / "evil.zip", {"good": b"x", member: b"x"})
    with pytest.raises(InputError) as error:
        unpack(archive, target)
    assert f"evil.zip: member '{member}' is refused" in str(error.value)
    assert list(target.iterdir()) == []
    assert not (tmp_path / OUTSIDE).exists()


@pytest.mark.parametrize("members", [("a", "a/b"), ("a", "a/b/"), ("b/a", "b")])
def test_member_of_a_zip_that_conflicts_with_another(
    tmp_path: Path, target: Path, members: tuple[str, str]
) -> None:
    archive = make_zip(tmp_path / "bad.zip", dict.fromkeys(members, b""))
    with pytest.raises(InputError, match=f"bad.zip: member '{members[1]}' is refused: it con"):
        unpack(archive, target)
    assert list(target.iterdir()) == []


def test_link_in_a_zip_is_refused(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        member = zipfile.ZipInfo("corpus/bad")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    with pytest.raises(InputError, match="'corpus/bad' is refused: is neither a file nor"):
        unpack(Archive(path.name, (path,)), target)


@pytest.mark.parametrize("packing", ["", "gz", "bz2", "xz", "zip"])
@pytest.mark.parametrize("harm", ["cut", "cut between members", "changed"])
def test_damaged_archive(tmp_path: Path, target: Path, packing: str, harm: str) -> None:
    path = tmp_path / "corpus.archive"
    (make_zip if packing == "zip" else lambda each: make_tar(each, packing))(path)
    whole = path.read_bytes()
    if harm == "changed":
        middle = 1024 if not packing else len(whole) // 2  # a header of the plain tar
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    elif harm == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    else:  # where a plain tar has done with its first member; otherwise just before the end
        path.write_bytes(whole[: 1024 if not packing else -1])
    with pytest.raises(InputError, match=r"corpus\.archive: the archive is cut or damaged"):
        unpack(Archive(path.name, (path,)), target)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><p>Log in", b"", bytes(5000)])
def test_what_is_no_archive(tmp_path: Path, target: Path, content: bytes) -> None:
    path = tmp_path / "corpus.tar.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"corpus\.tar\.gz: is no tar or zip archive"):
        unpack(Archive(path.name, (path,)), target)


def test_empty_archive(tmp_path: Path, target: Path) -> None:
    with pytest.raises(InputError, match="holds no files"):
        unpack(make_zip(tmp_path / "a.zip", {}), target)
    assert list(target.iterdir()) == []


def test_full_disk_leaves_nothing(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sign2text.fetching.tar_members.new_file", lambda _: Full())
    with pytest.raises(OSError, match="No space left"):  # the command line puts it into words
        unpack(make_tar(tmp_path / "a.tar.gz"), target)
    assert list(target.iterdir()) == []


def test_killed_while_unpacking(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = make_tar(tmp_path / "a.tar.gz")

    def killed(_: Archive, folder: Path) -> None:
        (folder / "corpus").mkdir()
        (folder / "corpus" / "half").touch()
        raise SystemExit(143)

    with monkeypatch.context() as patch:
        patch.setattr(module, "unpack_members", killed)
        with pytest.raises(SystemExit):
            unpack(archive, target)
    assert [path.name for path in target.iterdir()] == [STAGING]
    unpack(archive, target)
    assert found(target) == FILES


def test_killed_while_moving_to_the_place(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = make_tar(tmp_path / "a.tar", "", {**FILES, "a": b"", "z": b""})
    real = os.replace

    def killed(source: Path, place: Path) -> None:
        if place.name == "corpus":
            raise SystemExit(143)
        real(source, place)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(SystemExit):
            unpack(archive, target)
    assert sorted(path.name for path in target.iterdir()) == [UNPACKED, "a"]
    module.finish_unpacking(target)
    assert found(target) == {**FILES, "a": b"", "z": b""}


def test_folders_are_added_to(tmp_path: Path, target: Path) -> None:
    (target / "corpus" / "frames" / "one").mkdir(parents=True)
    (target / "corpus" / "frames" / "one" / "0002.png").write_bytes(b"2")
    unpack(make_tar(tmp_path / "a.tar.gz"), target)
    assert found(target) == {**FILES, "corpus/frames/one/0002.png": b"2"}


def test_a_file_in_the_way_is_named(tmp_path: Path, target: Path) -> None:
    (target / "corpus").write_text("mine")
    with pytest.raises(InputError, match=r"raw/corpus: is in the way"):
        unpack(make_tar(tmp_path / "a.tar.gz"), target)
    assert (target / "corpus").read_text() == "mine"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (["val_clips/a.mp4", "val_clips/b.mp4"], ["val_clips/a.mp4", "val_clips/b.mp4"]),
        (["raw_videos/a.mp4"], ["val_clips/a.mp4"]),
        (["a.mp4", "b.mp4"], ["val_clips/a.mp4", "val_clips/b.mp4"]),
        (["a.mp4"], ["val_clips/a.mp4"]),
    ],
)
def test_own_folder(tmp_path: Path, target: Path, members: list[str], expected: list[str]) -> None:
    archive = make_zip(tmp_path / "val_clips.zip", dict.fromkeys(members, b"x"))
    unpack(archive, target, own_folder=True)
    assert sorted(found(target)) == expected
