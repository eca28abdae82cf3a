"""Unpacking of untrusted archives: completely or not at all, and never outside their folder.

An archive passes through two subfolders of its target folder. It is unpacked and checked in
STAGING; the next run after a kill removes this folder. STAGING is then renamed to UNPACKED, and the
files move to the target folder; the next run after a kill continues the move.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from sign2text.fetching.archive_links import leads_astray
from sign2text.fetching.archive_members import RESERVED
from sign2text.fetching.archive_parts import Archive
from sign2text.fetching.archive_room import Room
from sign2text.fetching.tar_members import unpack_tar
from sign2text.fetching.unpacked_files import (
    check_links,
    check_places,
    lift_only_folder,
    links_below,
    move_into,
)
from sign2text.fetching.zip_members import unpack_zip
from sign2text.ground.errors import InputError

STAGING, UNPACKED = RESERVED
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # first bytes, also of an archive without members
_DISTRUST = "Do not trust this archive, and fetch it from its publisher."

log = logging.getLogger(__name__)


def unpack(archive: Archive, folder: Path, *, own_folder: bool = False) -> None:
    """Unpack into `folder`; the archive's files appear there when all are complete.

    Each archive is first unpacked into an empty folder. Its files are then added to existing
    folders; they never replace a file and never pass through a link. With `own_folder` the files go
    into a folder with the archive's name, which replaces a single outer folder in the archive.

    Raises:
        InputError: the file is not a tar or zip archive, is truncated, damaged, encrypted or empty,
            unpacks to far more than its size, has a member outside the folder or one that is not a
            file, folder or internal link, or an existing file is in the way of a member.
    """
    finish_unpacking(folder)
    staging = folder / STAGING
    if own_folder and archive.stem in ("", ".", ".."):
        raise InputError(f"{archive.name}: has no name that a folder can have. Rename it.")
    inside = staging / archive.stem if own_folder else staging
    inside.mkdir(parents=True)
    log.info("unpacking %s", archive.name)
    try:
        unpack_members(archive, inside)
        if own_folder:
            lift_only_folder(inside)
            for link in links_below(inside):
                if problem := leads_astray(link, staging):
                    raise InputError(f"{archive.name}: {link.name} {problem}. {_DISTRUST}")
        check_places(staging, folder)
        check_links(staging, folder)
    except Exception:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    os.replace(staging, folder / UNPACKED)
    finish_unpacking(folder)


def finish_unpacking(folder: Path) -> None:
    """Remove the partial files of a killed run, or finish moving its complete files."""
    if (folder / STAGING).exists():
        log.info("%s: removing what an unfinished run left", folder / STAGING)
        shutil.rmtree(folder / STAGING)
    if (folder / UNPACKED).exists():
        check_places(folder / UNPACKED, folder)
        links = [path.relative_to(folder / UNPACKED) for path in links_below(folder / UNPACKED)]
        check_links(folder / UNPACKED, folder)
        move_into(folder / UNPACKED, folder)
        for link in links:
            if problem := leads_astray(folder / link, folder):
                (folder / link).unlink()
                raise InputError(f"{folder / link}: {problem}, and was removed. {_DISTRUST}")


def unpack_members(archive: Archive, target: Path) -> None:
    """Unpack directly into the empty folder `target`; raises as `unpack` does."""
    from tqdm import tqdm

    room = Room(archive.name, archive.bytes, target)
    with (
        archive.open() as file,
        tqdm(
            total=archive.bytes, unit="B", unit_scale=True, mininterval=5, desc="unpack"
        ) as progress,
    ):
        start = file.read(512)
        file.seek(0)
        unpack_all = unpack_zip if start.startswith(_ZIP) else unpack_tar
        count = unpack_all(archive.name, file, target, room, progress.update)
    if not count:
        raise InputError(f"{archive.name}: holds no files. Fetch the archive again.")
    log.info("%s: %d files", archive.name, count)
