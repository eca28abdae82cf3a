"""Moving of unpacked files to their final folder without replacing anything.

Functions take the folder with the unpacked files (`source`) and the final folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sign2text.fetching.archive_links import check_together
from sign2text.fetching.archive_members import RESERVED
from sign2text.ground.errors import InputError
from sign2text.ground.files import sha256_of


def lift_only_folder(folder: Path) -> None:
    """Replace `folder` with its only subfolder, if it contains nothing else."""
    inner = list(folder.iterdir())
    if len(inner) == 1 and inner[0].is_dir() and not inner[0].is_symlink():
        outer = folder.with_name(f"{folder.name}.outer")
        os.replace(folder, outer)
        os.replace(outer / inner[0].name, folder)
        outer.rmdir()


def check_places(source: Path, target: Path) -> None:
    """Raise InputError if moving the contents of `source` into `target` would replace something."""
    for entry in sorted(source.iterdir()):
        place = target / entry.name
        if not os.path.lexists(place) or _is_same(entry, place) or _is_left_over(entry):
            continue
        if _is_folder(entry) and _is_folder(place):
            check_places(entry, place)
            continue
        found = "a link" if place.is_symlink() else "a folder" if place.is_dir() else "a file"
        raise InputError(
            f"{place}: is in the way of what was unpacked: {found} is there already, and it is not "
            "replaced. Move it elsewhere and start the same command again."
        )


def check_links(source: Path, folder: Path) -> None:
    """Check the links in `source` together with links of earlier archives in `folder`.

    The links of two archives may form a circle. Links that lead out of `folder` are ignored: they
    are the user's.
    """
    found = {path.relative_to(source).as_posix(): path.readlink() for path in links_below(source)}
    if not found:
        return
    for path in links_below(folder):
        name, goal = path.relative_to(folder), path.readlink()
        inside = not goal.is_absolute() and path.resolve().is_relative_to(folder.resolve())
        if name.parts[0] not in RESERVED and inside:
            found.setdefault(name.as_posix(), goal)
    check_together(folder.name, {link: goal.as_posix() for link, goal in found.items()})


def move_into(source: Path, target: Path) -> None:
    """Move the contents of `source` into `target`, merge folders, and remove `source`."""
    for entry in sorted(source.iterdir()):
        place = target / entry.name
        if _is_folder(entry) and _is_folder(place):
            move_into(entry, place)
        elif _is_left_over(entry) and os.path.lexists(place):
            entry.unlink()
        else:
            os.replace(entry, place)
    source.rmdir()


def links_below(folder: Path) -> Iterator[Path]:
    """Yield the symbolic links below `folder`, except in folders without read permission."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except PermissionError:
        return
    for entry in entries:
        if entry.is_symlink():
            yield folder / entry.name
        elif entry.is_dir():
            yield from links_below(folder / entry.name)


def _is_left_over(path: Path) -> bool:
    """Return whether a file is desktop metadata, as in many archives; the first one stays."""
    known = path.name in (".DS_Store", "Thumbs.db") or path.name.startswith("._")
    return known and path.is_file() and not path.is_symlink()


def _is_folder(path: Path) -> bool:
    """Return whether a path is a folder and not a link to one."""
    return path.is_dir() and not path.is_symlink()


def _is_same(entry: Path, place: Path) -> bool:
    """Return whether both are files, not links, with the same content."""
    if any(path.is_symlink() or not path.is_file() for path in (entry, place)):
        return False
    return entry.stat().st_size == place.stat().st_size and sha256_of(entry) == sha256_of(place)
