"""Unpack archives that nobody here made: refused where they reach outside, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sign2text.fetching.archive_links import check_together, leads_astray
from sign2text.fetching.archive_members import RESERVED, unpack_tar, unpack_zip
from sign2text.fetching.archive_room import Room
from sign2text.ground.errors import InputError
from sign2text.ground.files import sha256_of

STAGING, UNPACKED = RESERVED
"""In the folder that is unpacked into: what is being unpacked, which is thrown away after a kill;
the same when it is whole, while it is moved to its place, which is moved on after a kill."""
_DISTRUST = "Do not trust this archive, and fetch it from its publisher."
_PART = re.compile(r"(?P<name>.+\.(?:tar|zip|tgz|gz|bz2|xz))[._-](?P<number>\d{1,3}|[a-f][a-z])")
_BUFFER = 2**20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Archive:
    """An archive in one file, or in parts that are read one behind the other."""

    name: str
    paths: tuple[Path, ...]

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.paths)

    @property
    def stem(self) -> str:
        """The name without what says how it is packed."""
        return re.sub(r"(\.tar)?\.(tar|zip|tgz|gz|bz2|xz)$", "", self.name)

    def check(self, size: int | None, sha256: str | None) -> None:
        """Raise InputError unless the parts, joined, have this size and hash (None: any)."""
        problem = ""
        if size is not None and self.bytes != size:
            problem = f"found {self.bytes} bytes, expected {size} (setting `bytes`)"
        elif sha256 is not None:
            with io.BufferedReader(JoinedParts(self.paths), _BUFFER) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != sha256:
                problem = f"found sha256 {digest}, expected {sha256} (setting `sha256`)"
        if problem:
            raise InputError(
                f"{self.paths[0].parent / self.name}: {problem}. Nothing was unpacked. It was "
                "damaged on its way, or the setting speaks of another version: fetch it again, or "
                "correct the setting."
            )


def group_parts(paths: Iterable[Path], expected: int | None = None) -> list[Archive]:
    """Archives made of `paths`, by name; parts end in _00, _01, ... or .001, ... or .aa, .ab, ...

    Raises InputError when a part is missing (also when there are not as many as `expected`), or is
    shorter than the first though it is not the last.
    """
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(set(paths)):
        match = _PART.fullmatch(path.name)
        name, number = (match["name"], match["number"]) if match else (path.name, "")
        found.setdefault(name, {})[number] = path
    archives = []
    for name, parts in found.items():
        if "" in parts:  # joined already; parts beside it would only be the same again
            archives.append(Archive(name, (parts[""],)))
            continue
        _check_parts(name, parts, expected)
        archives.append(Archive(name, tuple(parts.values())))
    return archives


def unpack(archive: Archive, folder: Path, *, own_folder: bool = False) -> None:
    """Unpack into `folder`, where the archive's files appear when all of them are there.

    Each archive is unpacked into an empty folder of its own. Folders that are there already are
    added to; what is there is never replaced, nor written through a link. With `own_folder` the
    files go into a folder of the archive's name, in place of the one that they may be packed in.

    Raises:
        InputError: it is no tar or zip archive, is cut or damaged, is encrypted, holds nothing,
            unpacks to far more than its size, has a member that would lie outside or is no file,
            folder or link within, or something else is in the way of a member.
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
            _lift_only_folder(inside)
            for link in _links(inside):
                if problem := leads_astray(link, staging):
                    raise InputError(f"{archive.name}: {link.name} {problem}. {_DISTRUST}")
        _check_places(staging, folder)
        _check_all_links(staging, folder)
    except Exception:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    os.replace(staging, folder / UNPACKED)
    finish_unpacking(folder)


def finish_unpacking(folder: Path) -> None:
    """Remove the partial files of a killed run, or move its complete files to their place."""
    if (folder / STAGING).exists():
        log.info("%s: removing what an unfinished run left", folder / STAGING)
        shutil.rmtree(folder / STAGING)
    if (folder / UNPACKED).exists():
        _check_places(folder / UNPACKED, folder)
        links = [path.relative_to(folder / UNPACKED) for path in _links(folder / UNPACKED)]
        _check_all_links(folder / UNPACKED, folder)
        _move_up(folder / UNPACKED, folder)
        for link in links:
            if problem := leads_astray(folder / link, folder):
                (folder / link).unlink()
                raise InputError(f"{folder / link}: {problem}, and was removed. {_DISTRUST}")


def unpack_members(archive: Archive, target: Path) -> None:
    """Unpack straight into the empty folder `target`; raises as `unpack`."""
    from tqdm import tqdm

    room = Room(archive.name, archive.bytes, target)
    with (
        io.BufferedReader(JoinedParts(archive.paths), _BUFFER) as file,
        tqdm(
            total=archive.bytes, unit="B", unit_scale=True, mininterval=5, desc="unpack"
        ) as progress,
    ):
        start = file.read(512)
        file.seek(0)
        is_zip = start.startswith((b"PK\x03\x04", b"PK\x05\x06"))
        unpack_it = unpack_zip if is_zip else unpack_tar
        count = unpack_it(archive.name, file, target, room, progress.update)
    if not count:
        raise InputError(f"{archive.name}: holds no files. Fetch the archive again.")
    log.info("%s: %d files", archive.name, count)


class JoinedParts(io.RawIOBase):
    """Several files read as one, without writing the joined file."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._files = []
        self._ends = []
        for path in paths:
            self._files.append(path.open("rb", buffering=0))
            self._ends.append(path.stat().st_size + (self._ends[-1] if self._ends else 0))
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        for index, (file, end) in enumerate(zip(self._files, self._ends, strict=True)):
            if self._position < end:
                file.seek(self._position - (self._ends[index - 1] if index else 0))
                count = file.readinto(buffer)
                self._position += count
                return count
        return 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._ends[-1]}[whence]
        self._position = max(0, base + offset)
        return self._position

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()


def _check_parts(name: str, parts: dict[str, Path], expected: int | None) -> None:
    numbers = list(parts)
    wanted = _wanted_numbers(numbers, max(expected or 0, len(parts)))
    if missing := [each for each in wanted if each not in parts]:
        like = next(iter(parts.values())).name.removesuffix(numbers[0])
        raise InputError(
            f"{parts[numbers[0]].parent}/{name}: found {len(parts)} parts ({numbers[0]} to "
            f"{numbers[-1]}), missing {', '.join(like + each for each in missing)}. Put all parts "
            "there and start the same command again."
        )
    sizes = [path.stat().st_size for path in parts.values()]
    for path, size in list(zip(parts.values(), sizes, strict=True))[:-1]:
        if size != sizes[0]:
            raise InputError(
                f"{path}: found {size} bytes, expected {sizes[0]}, the size of the first part "
                "(only the last may be shorter). It was cut on its way; fetch this part again."
            )


def _wanted_numbers(numbers: list[str], count: int) -> list[str]:
    """`count` part numbers in the manner of those found, from 0 or from 1."""
    if numbers[0].isdigit():
        width = len(numbers[0])
        # From 1 to 9 of 10 parts, it is the first that is missing.
        start = int(numbers[0]) == 1 and str(count).zfill(width) in numbers
        return [str(number).zfill(width) for number in range(start, start + count)]
    return [chr(97 + number // 26) + chr(97 + number % 26) for number in range(count)]


def _lift_only_folder(folder: Path) -> None:
    """Put in place of `folder` the folder that is all it holds."""
    inner = list(folder.iterdir())
    if len(inner) == 1 and inner[0].is_dir() and not inner[0].is_symlink():
        outer = folder.with_name(f"{folder.name}.outer")
        os.replace(folder, outer)
        os.replace(outer / inner[0].name, folder)
        outer.rmdir()


def _links(folder: Path) -> Iterator[Path]:
    """The symbolic links below `folder`."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                yield folder / entry.name
            elif entry.is_dir():
                yield from _links(folder / entry.name)


def _check_all_links(source: Path, folder: Path) -> None:
    """Check the links in `source` together with those of earlier archives in `folder`.

    Two archives may lead round in a circle. Links of the user, which lead out, are left out.
    """
    found = {path.relative_to(source).as_posix(): path.readlink() for path in _links(source)}
    if not found:
        return
    for path in _links(folder):
        name, goal = path.relative_to(folder), path.readlink()
        inside = not goal.is_absolute() and path.resolve().is_relative_to(folder.resolve())
        if name.parts[0] not in RESERVED and inside:
            found.setdefault(name.as_posix(), goal)
    check_together(folder.name, {link: goal.as_posix() for link, goal in found.items()})


def _check_places(source: Path, target: Path) -> None:
    """Raise InputError where moving what is in `source` into `target` would replace something."""
    for entry in sorted(source.iterdir()):
        place = target / entry.name
        if not os.path.lexists(place) or _is_same(entry, place) or _is_left_over(entry):
            continue
        if _is_folder(entry) and _is_folder(place):
            _check_places(entry, place)
            continue
        found = "a link" if place.is_symlink() else "a folder" if place.is_dir() else "a file"
        raise InputError(
            f"{place}: is in the way of what was unpacked: {found} is there already, and it is not "
            "replaced. Move it elsewhere and start the same command again."
        )


def _is_left_over(path: Path) -> bool:
    """Return whether it is a note of a desktop, as in many archives; the first one stays."""
    known = path.name in (".DS_Store", "Thumbs.db") or path.name.startswith("._")
    return known and path.is_file() and not path.is_symlink()


def _is_folder(path: Path) -> bool:
    """Return whether it is a folder itself, and no link to one."""
    return path.is_dir() and not path.is_symlink()


def _is_same(entry: Path, place: Path) -> bool:
    """Return whether both are files, and no links, of the same content."""
    if any(path.is_symlink() or not path.is_file() for path in (entry, place)):
        return False
    return entry.stat().st_size == place.stat().st_size and sha256_of(entry) == sha256_of(place)


def _move_up(source: Path, target: Path) -> None:
    """Move what is in `source` into `target`, folder into folder, and remove `source`."""
    for entry in sorted(source.iterdir()):
        place = target / entry.name
        if _is_folder(entry) and _is_folder(place):
            _move_up(entry, place)
        elif _is_left_over(entry) and os.path.lexists(place):
            entry.unlink()
        else:
            os.replace(entry, place)
    source.rmdir()
