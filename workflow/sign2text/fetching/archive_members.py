"""Rules for members of all kinds of archives: their names, their files, and errors about them."""

from __future__ import annotations

import contextlib
import errno
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from sign2text.ground.errors import InputError

RESERVED = (".unpacking", ".unpacked")
"""Folders that the unpacking uses (archives.py)."""
LONGEST_NAME, DEEPEST = 4096, 64
"""Bytes of a member's name, and its number of folders."""
BLOCK = 2**20
"""Bytes of a file to hold in memory at a time."""
_DAMAGE = (
    EOFError, tarfile.TarError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, struct.error,
    NotImplementedError, ValueError, IndexError, OverflowError,
)  # fmt: skip
# System errors for a member that conflicts with an earlier one: `a`, then `a/b`.
_CONFLICTS = (
    errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG, errno.EMLINK,
)  # fmt: skip


def check_name(archive: str, member: str, links: Collection[str] = ()) -> None:
    """Check that a member's path stays below the target, by its text and the earlier links.

    Raises InputError with the names of the archive and the member.
    """
    if len(os.fsencode(member)) > LONGEST_NAME or member.count("/") > DEEPEST:
        reason = f"its path has more than {LONGEST_NAME} bytes or {DEEPEST} folders"
        raise refused(archive, f"{member[:80]}...", reason)
    path = PurePosixPath(member)
    if path.is_absolute() or "\\" in member:
        raise refused(archive, member, "its path is absolute or holds a backslash")
    if any(ord(character) < 32 or ord(character) == 127 for character in member):
        raise refused(archive, member, "its path holds a control character")
    if ".." in path.parts:
        raise refused(archive, member, "its path goes up by ..")
    if path.parts[:1] and path.parts[0] in RESERVED:
        raise refused(archive, member, f"{path.parts[0]} is a folder that unpacking itself uses")
    if any(str(each) in links for each in (path, *path.parents)):
        raise refused(archive, member, "it would be written through a symbolic link")


def new_file(place: Path) -> IO[bytes]:
    """Open a new file, and replace an earlier member of the same name."""
    if place.is_file() and not place.is_symlink():
        place.unlink()
    return place.open("xb")


@contextlib.contextmanager
def reading_archive(archive: str) -> Iterator[None]:
    """Turn the errors of a truncated or damaged archive into an InputError."""
    try:
        yield
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # an error of the disk
            raise
        raise InputError(
            f"{archive}: the archive is cut or damaged ({error or type(error).__name__}). Nothing "
            "of it was kept. Compare its size with the publisher's, delete it and fetch it again."
        ) from error


@contextlib.contextmanager
def writing_member(archive: str, member: str) -> Iterator[None]:
    """Turn the error about a member that conflicts with an earlier one into an InputError."""
    try:
        yield
    except OSError as error:
        if error.errno not in _CONFLICTS:
            raise
        reason = f"it conflicts with earlier members ({error.strerror})"
        raise refused(archive, member, reason) from error


def refused(archive: str, member: str, reason: str) -> InputError:
    """Return the error about a member that must not be unpacked."""
    return InputError(
        f"{archive}: member '{member}' is refused: {reason}. Nothing was unpacked. A corpus holds "
        "files and folders below its own folder; do not trust this archive, and fetch it from its "
        "publisher."
    )
