"""Unpacking of zip archives into an empty folder; all members are checked before writing."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sign2text.fetching.archive_members import (
    BLOCK,
    check_name,
    new_file,
    reading_archive,
    refused,
    writing_member,
)
from sign2text.fetching.archive_room import Room
from sign2text.ground.errors import InputError

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_BY_HAND = "Unpack the archive yourself{}, into the folder where it lies."
_ENCRYPTED = 1  # bit of a member's flags


def unpack_zip(
    name: str, file: IO[bytes], target: Path, room: Room, progress: Callable[[int], object]
) -> int:
    """Unpack a zip archive as `tar_members.unpack_tar` does a tar, but refuse links."""
    count = 0
    with reading_archive(name), zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        for member in members:
            _check(name, member)
            room.take_member(member.file_size)
        if sum(member.compress_size for member in members) > room.packed:
            raise zipfile.BadZipFile("members share their bytes")
        for member in members:
            with writing_member(name, member.filename):
                _write(archive, member, target / member.filename)
            if not member.is_dir():
                count += 1
                progress(member.compress_size)
    return count


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
    if member.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with new_file(place) as plain, archive.open(member) as packed:
        while block := packed.read(BLOCK):
            plain.write(block)


def _check(name: str, member: zipfile.ZipInfo) -> None:
    """Raise InputError for a bad name, a link, a device, encryption or a rare compression."""
    check_name(name, member.filename)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(name, member.filename, "is neither a file nor a folder")
    if member.flag_bits & _ENCRYPTED:
        advice = _BY_HAND.format(", with its password")
        raise InputError(f"{name}: {member.filename} is encrypted. {advice}")
    if member.compress_type not in _COMPRESSIONS:
        raise InputError(
            f"{name}: {member.filename} is compressed by method {member.compress_type}, expected "
            f"none, deflate or bzip2. {_BY_HAND.format('')}"
        )
