"""Unpacking of tar archives into an empty folder; each member is checked before writing.

tarfile's data filter is not sufficient: it accepts links with `..` after a name, and before Python
3.11.13 some links that lead outside.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from typing import IO

from sign2text.fetching.archive_links import check_link, make_links
from sign2text.fetching.archive_members import (
    BLOCK,
    check_name,
    new_file,
    reading_archive,
    refused,
    writing_member,
)
from sign2text.fetching.archive_room import Room
from sign2text.fetching.decompression import decompressed
from sign2text.fetching.tar_reader import TarMember, TarReader
from sign2text.ground.errors import InputError

_LABEL = b"V"  # type of GNU tar's label for the whole archive
_ICON = "Icon\r"  # name of a folder's icon on a Mac


def unpack_tar(
    name: str, file: IO[bytes], target: Path, room: Room, progress: Callable[[int], object]
) -> int:
    """Unpack a tar, plain or compressed by gzip, bzip2 or xz, in one pass over `file`.

    Links are made after all files, so that nothing is ever written through a link.

    Args:
        name: the archive's name, for messages.
        file: the archive, at its beginning.
        target: an empty folder.
        room: counts the unpacked bytes.
        progress: called with the number of bytes read from the archive.

    Returns:
        The number of files.

    Raises:
        InputError: it is not a tar, is truncated or damaged, unpacks to too much, or has a member
            that must not be unpacked.
    """
    links: dict[str, str] = {}
    count = told = 0
    with reading_archive(name), decompressed(name, file) as plain:
        reader = TarReader(plain, room.take)
        for member in reader:
            if member.type == _LABEL or member.name.endswith(_ICON):
                continue
            check_name(name, member.name, () if _is_repeated_link(member, links) else links)
            room.take_member(member.size if member.is_file else 0)
            if member.type == tarfile.SYMTYPE:
                check_link(name, member.name, member.target)
                links[str(PurePosixPath(member.name))] = member.target
            else:
                _write(name, reader, member, target, links)
                count += member.type != tarfile.DIRTYPE
            told, before = file.tell(), told
            progress(told - before)
    make_links(name, links, target)
    return count


def _is_repeated_link(member: TarMember, links: dict[str, str]) -> bool:
    """Return whether the archive has listed the same link before, as some archivers do."""
    return member.type == tarfile.SYMTYPE and links.get(member.name) == member.target


def _write(
    name: str, reader: TarReader, member: TarMember, target: Path, links: Collection[str]
) -> None:
    """Write a folder, hard link or file, without the owner, permissions and special bits."""
    place = target / member.name
    with writing_member(name, member.name):
        if member.type == tarfile.LNKTYPE:
            _check_hard_link(name, member, target, links)
        if member.type == tarfile.DIRTYPE:
            place.mkdir(parents=True, exist_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        if member.type == tarfile.LNKTYPE:
            os.link(target / member.target, place, follow_symlinks=False)
        elif member.is_file:
            _write_file(reader, member, place)
        elif member.is_sparse:
            raise InputError(
                f"{name}: {member.name} is a sparse file, whose size is not that of its content. "
                "If you trust the archive, unpack it yourself into the folder where it lies."
            )
        else:
            raise refused(name, member.name, "is neither a file, a folder nor a link")


def _write_file(reader: TarReader, member: TarMember, place: Path) -> None:
    with new_file(place) as plain:
        while block := reader.content(BLOCK):
            plain.write(block)
    if member.mtime is not None:
        os.utime(place, (member.mtime, member.mtime), follow_symlinks=False)


def _check_hard_link(name: str, member: TarMember, target: Path, links: Collection[str]) -> None:
    """Check that a hard link leads to a file that was unpacked earlier."""
    goal = PurePosixPath(member.target)
    if goal.is_absolute() or ".." in goal.parts or "\0" in member.target:
        raise refused(name, member.name, f"is a hard link that leads outside, to {goal}")
    if any(str(each) in links for each in (goal, *goal.parents)):
        raise refused(name, member.name, "is a hard link to or through a symbolic link")
    if not (target / goal).is_file():
        reason = f"is a hard link to '{goal}', and no such file comes before it"
        raise refused(name, member.name, reason)
