"""The members of a tar or zip archive, written into a folder after each has been looked at."""

from __future__ import annotations

import contextlib
import errno
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from sign2text.errors import InputError

_BLOCK = 2**20
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "lzma"}  # first bytes -> module
_DAMAGED = (EOFError, tarfile.TarError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
# What the system says of a member that cannot lie beside those before it: `a`, then `a/b`.
_MISFITS = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG)


def unpack_tar(name: str, file: IO[bytes], target: Path, progress: Callable[[int], object]) -> int:
    """Unpack a tar, plain or packed with gzip, bzip2 or xz, from one pass over `file`.

    `progress` is told how many bytes of the archive were read. Gives the number of files. Raises
    InputError on what is no tar, is cut or damaged, and on members that must not be unpacked.
    """
    links: set[str] = set()
    count = 0
    with _reading(name), _decompressed(name, file) as plain:
        stream = _Stream(plain, file, progress)
        # As a stream: `r:` would go back in the packed file for every member.
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK) as tar:
            while (member := tar.next()) is not None:
                _check_name(name, member.name, links)
                if member.issym():
                    _check_link(name, member)
                    links.add(_normal(member.name))
                elif member.islnk():
                    _check_hard_link(name, member, target, links)
                with _fitting(name, member.name):
                    _write(name, tar, member, target)
                count += member.isfile() or member.islnk()
                tar.members.clear()  # it would keep what it knows of a million images
            # A damaged header passes for the end, and so does the end of a cut file.
            while block := tar.fileobj.read(_BLOCK):
                if block.strip(b"\0"):
                    raise tarfile.ReadError("there is more behind what passes for the end")
        if stream.last.strip(b"\0"):
            raise EOFError("the end of the archive is missing")
    _check_links(name, target, links)
    return count


def unpack_zip(name: str, file: IO[bytes], target: Path, progress: Callable[[int], object]) -> int:
    """As `unpack_tar`, for a zip archive; links are refused."""
    count = 0
    with _reading(name), zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            _check_name(name, member.filename, set())
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refused(name, member.filename, "is neither a file nor a folder")
            if member.flag_bits & 1:
                raise InputError(
                    f"{name}: {member.filename} is encrypted. Unpack the archive yourself, with "
                    "its password, into the folder where it lies."
                )
            place = target / member.filename
            with _fitting(name, member.filename):
                (place if member.is_dir() else place.parent).mkdir(parents=True, exist_ok=True)
            if member.is_dir():
                continue
            with (
                _fitting(name, member.filename),
                archive.open(member) as packed,
                place.open("wb") as plain,
            ):
                shutil.copyfileobj(packed, plain, _BLOCK)
            count += 1
            progress(member.compress_size)
    return count


class _Stream:
    """A file for tarfile to read once; tells how far the packed file was read, keeps the end."""

    def __init__(self, plain: IO[bytes], packed: IO[bytes], progress: Callable[[int], object]):
        self._plain, self._packed, self._progress = plain, packed, progress
        self._told = 0
        self.last = b""
        """The last block of 512 bytes: zeros, in a tar that was not cut."""

    def read(self, size: int) -> bytes:
        data = self._plain.read(size)
        self.last = (data if len(data) >= 512 else self.last + data)[-512:]
        position = self._packed.tell()
        self._progress(position - self._told)
        self._told = position
        return data


@contextlib.contextmanager
def _decompressed(name: str, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """`file` without its packing. Not tarfile's own way: it does not look at gzip's checksum."""
    import importlib

    head = file.read(512)
    file.seek(0)
    for magic, module in _PACKED.items():
        if head.startswith(magic):
            with importlib.import_module(module).open(file, "rb") as plain:
                yield plain
            return
    if head[257:262] != b"ustar":
        raise InputError(
            f"{name}: is no tar or zip archive; found a file that begins with {head[:32]!r}. If "
            "a web page was saved in its place, delete it and fetch the archive itself."
        )
    yield file


@contextlib.contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what a cut or damaged archive raises into an InputError."""
    try:
        yield
    except (*_DAMAGED, OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's, not the archive's
            raise
        raise InputError(
            f"{name}: the archive is cut or damaged ({error or type(error).__name__}). Nothing of "
            "it was kept. Compare its size with the publisher's, delete it and fetch it again."
        ) from error


@contextlib.contextmanager
def _fitting(name: str, member: str) -> Iterator[None]:
    """Turn what a member raises that has no place where it would lie into an InputError."""
    try:
        yield
    except OSError as error:
        if error.errno not in _MISFITS:
            raise
        reason = f"it cannot lie beside the members before it ({error.strerror})"
        raise _refused(name, member, reason) from error


def _write(name: str, tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Write a member that was looked at; owner, rights and special bits are not taken over.

    Not by `tar.extract`: its filter against dangerous members came with Python 3.11.4 only.
    """
    place = target / member.name
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        place.symlink_to(member.linkname)
    elif member.islnk():
        os.link(target / member.linkname, place)
    elif member.isreg():
        with tar.extractfile(member) as packed, place.open("wb") as plain:
            shutil.copyfileobj(packed, plain, _BLOCK)
        os.utime(place, (member.mtime, member.mtime))
    else:
        raise _refused(name, member.name, "is neither a file, a folder nor a link")


def _check_link(name: str, member: tarfile.TarInfo) -> None:
    """A symbolic link leads on from where it is; where to is seen when all are there."""
    if PurePosixPath(member.linkname).is_absolute():
        raise _refused(name, member.name, f"is a link to the absolute path {member.linkname}")


def _check_hard_link(name: str, member: tarfile.TarInfo, target: Path, links: set[str]) -> None:
    """A hard link is another name of a file that was unpacked before it."""
    goal = PurePosixPath(member.linkname)
    if goal.is_absolute() or ".." in goal.parts:
        raise _refused(name, member.name, f"is a hard link that leads outside, to {goal}")
    if not links.isdisjoint(map(str, (goal, *goal.parents))):
        raise _refused(name, member.name, "is a hard link to or through a symbolic link")
    if not (target / member.linkname).is_file():
        reason = f"is a hard link to '{member.linkname}', and no such file comes before it"
        raise _refused(name, member.name, reason)


def _check_name(name: str, member: str, links: set[str]) -> None:
    """A member's path stays below the target, by its text and by the links unpacked so far."""
    path = PurePosixPath(member)
    if path.is_absolute() or "\\" in member:
        raise _refused(name, member, "its path is absolute or holds a backslash")
    if ".." in path.parts:
        raise _refused(name, member, "its path goes up by ..")
    if not links.isdisjoint(map(str, (path, *path.parents))):
        raise _refused(name, member, "it would be written through a symbolic link")


def _check_links(name: str, target: Path, links: set[str]) -> None:
    """Where each link leads, now that all are there: one may lead through another."""
    root = target.resolve()
    for link in links:
        place = target / link
        if _leads_in_a_circle(place):
            raise _refused(
                name, link, f"is a link that leads back to itself, by {place.readlink()}"
            )
        if not place.resolve().is_relative_to(root):
            raise _refused(name, link, f"is a link that leads outside, to {place.readlink()}")


def _leads_in_a_circle(link: Path) -> bool:
    try:
        os.stat(link)
    except OSError as error:  # a link that leads nowhere is none of our business here
        return error.errno == errno.ELOOP
    return False


def _normal(member: str) -> str:
    return str(PurePosixPath(member))


def _refused(name: str, member: str, reason: str) -> InputError:
    return InputError(
        f"{name}: member '{member}' is refused: {reason}. Nothing was unpacked. A corpus holds "
        "files and folders below its own folder; do not trust this archive, and fetch it from its "
        "publisher."
    )
