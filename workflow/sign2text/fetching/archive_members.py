"""The members of a tar or zip archive, written into an empty folder after each was checked.

tarfile's data filter does not serve: it lets links through whose `..` follows a name, and before
Python 3.11.13 some that lead outside.
"""

from __future__ import annotations

import contextlib
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from sign2text.fetching.archive_links import check_link, fitting, make_links, refused
from sign2text.fetching.archive_room import Room
from sign2text.fetching.decompression import decompressed
from sign2text.fetching.tar_reader import TarMember, TarReader
from sign2text.ground.errors import InputError

RESERVED = (".unpacking", ".unpacked")
"""Folders that unpacking itself uses (archives.py)."""
LONGEST_NAME, DEEPEST = 4096, 64
"""Bytes of a member's name, and folders in it."""
_BLOCK = 2**20
_LABEL = b"V"  # a name that GNU tar gives the whole archive
_ICON = "Icon\r"  # of a folder, on a Mac
_DAMAGED = (
    EOFError, tarfile.TarError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, struct.error,
    NotImplementedError, ValueError, IndexError, OverflowError,
)  # fmt: skip
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)


def unpack_tar(
    name: str, file: IO[bytes], target: Path, room: Room, progress: Callable[[int], object]
) -> int:
    """Unpack a tar, plain or packed with gzip, bzip2 or xz, from one pass over `file`.

    Links are made when all files are there, so that nothing is ever written through one.

    Args:
        name: of the archive, for messages.
        file: at its beginning.
        target: an empty folder.
        room: counts the unpacked bytes.
        progress: called with the bytes of the archive that were read.

    Returns:
        The number of files.

    Raises:
        InputError: it is no tar, is cut or damaged, unpacks to too much, or has a member that must
            not be unpacked.
    """
    links: dict[str, str] = {}
    count = told = 0
    with _reading(name), decompressed(name, file) as plain:
        reader = TarReader(plain, room.take)
        for member in reader:
            if member.type == _LABEL or member.name.endswith(_ICON):
                continue
            again = member.type == tarfile.SYMTYPE and links.get(member.name) == member.target
            _check_name(name, member.name, {} if again else links)
            room.take_member(member.size if member.is_file else 0)
            if member.type == tarfile.SYMTYPE:
                check_link(name, member.name, member.target)
                links[_normal(member.name)] = member.target
            else:
                if member.type == tarfile.LNKTYPE:
                    _check_hard_link(name, member, target, links)
                with fitting(name, member.name):
                    _write(name, reader, member, target)
                count += member.type != tarfile.DIRTYPE
            told, before = file.tell(), told
            progress(told - before)
    make_links(name, links, target)
    return count


def unpack_zip(
    name: str, file: IO[bytes], target: Path, room: Room, progress: Callable[[int], object]
) -> int:
    """As `unpack_tar`, for a zip archive; links are refused."""
    count = 0
    with _reading(name), zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        for member in members:
            _check_zipped(name, member)
            room.take_member(member.file_size)
        if sum(member.compress_size for member in members) > room.packed:
            raise zipfile.BadZipFile("members share their bytes")
        for member in members:
            place = target / member.filename
            with fitting(name, member.filename):
                (place if member.is_dir() else place.parent).mkdir(parents=True, exist_ok=True)
                if member.is_dir():
                    continue
                with _new(place) as plain, archive.open(member) as packed:
                    while block := packed.read(_BLOCK):
                        plain.write(block)
            count += 1
            progress(member.compress_size)
    return count


@contextlib.contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what a cut or damaged archive raises into an InputError."""
    try:
        yield
    except (*_DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's, not the archive's
            raise
        raise InputError(
            f"{name}: the archive is cut or damaged ({error or type(error).__name__}). Nothing of "
            "it was kept. Compare its size with the publisher's, delete it and fetch it again."
        ) from error


def _write(name: str, reader: TarReader, member: TarMember, target: Path) -> None:
    """Write a member that was checked; owner, rights and special bits are not taken over."""
    place = target / member.name
    if member.type == tarfile.DIRTYPE:
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if member.type == tarfile.LNKTYPE:
        os.link(target / member.target, place, follow_symlinks=False)
    elif member.is_file:
        with _new(place) as plain:
            while block := reader.content(_BLOCK):
                plain.write(block)
        if member.mtime is not None:
            os.utime(place, (member.mtime, member.mtime), follow_symlinks=False)
    elif member.is_sparse:
        raise InputError(
            f"{name}: {member.name} is a sparse file, whose size is not that of its content. If "
            "you trust the archive, unpack it yourself into the folder where it lies."
        )
    else:
        raise refused(name, member.name, "is neither a file, a folder nor a link")


def _new(place: Path) -> IO[bytes]:
    """Open a new file; one of the same name that the archive brought before goes."""
    if place.is_file() and not place.is_symlink():
        place.unlink()
    return place.open("xb")


def _check_zipped(name: str, member: zipfile.ZipInfo) -> None:
    """Refuse what a zip must not hold."""
    _check_name(name, member.filename, {})
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(name, member.filename, "is neither a file nor a folder")
    byself = "Unpack the archive yourself{}, into the folder where it lies."
    if member.flag_bits & 1:
        raise InputError(
            f"{name}: {member.filename} is encrypted. {byself.format(', with its password')}"
        )
    if member.compress_type not in _METHODS:
        raise InputError(
            f"{name}: {member.filename} is compressed by method {member.compress_type}, expected "
            f"none, deflate or bzip2. {byself.format('')}"
        )


def _check_hard_link(name: str, member: TarMember, target: Path, links: dict[str, str]) -> None:
    """A hard link is another name of a file that was unpacked before it."""
    goal = PurePosixPath(member.target)
    if goal.is_absolute() or ".." in goal.parts or "\0" in member.target:
        raise refused(name, member.name, f"is a hard link that leads outside, to {goal}")
    if not links.keys().isdisjoint(map(str, (goal, *goal.parents))):
        raise refused(name, member.name, "is a hard link to or through a symbolic link")
    if not (target / goal).is_file():
        reason = f"is a hard link to '{goal}', and no such file comes before it"
        raise refused(name, member.name, reason)


def _check_name(name: str, member: str, links: dict[str, str]) -> None:
    """A member's path stays below the target, by its text and by the links read so far."""
    if len(os.fsencode(member)) > LONGEST_NAME or member.count("/") > DEEPEST:
        reason = f"its path has more than {LONGEST_NAME} bytes or {DEEPEST} folders"
        raise refused(name, f"{member[:80]}...", reason)
    path = PurePosixPath(member)
    if path.is_absolute() or "\\" in member:
        raise refused(name, member, "its path is absolute or holds a backslash")
    if any(ord(character) < 32 or ord(character) == 127 for character in member):
        raise refused(name, member, "its path holds a control character")
    if ".." in path.parts:
        raise refused(name, member, "its path goes up by ..")
    if path.parts[:1] and path.parts[0] in RESERVED:
        raise refused(name, member, f"{path.parts[0]} is a folder that unpacking itself uses")
    if not links.keys().isdisjoint(map(str, (path, *path.parents))):
        raise refused(name, member, "it would be written through a symbolic link")


def _normal(member: str) -> str:
    return str(PurePosixPath(member))
