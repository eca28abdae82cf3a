"""Find a corpus inside resources/<data set>/, however it was unpacked or linked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from sign2text.ground.errors import InputError
from sign2text.ground.files import FOLDER, is_utf8, kind_of

_LEVELS = 2  # archives often add one or two folders around the corpus
WIDEST = 200
"""Maximum number of cameras, recordings or people in a folder; more subfolders are clips."""


def find_folder(folder: Path, required: Sequence[str]) -> Path | None:
    """Find the folder with a file for each of the glob patterns `required`; None without one.

    It is `folder` or lies up to two levels below. Symbolic links are followed.

    Raises:
        InputError: as `find_holder`.
    """
    return find_holder(
        folder,
        lambda each: all(_holds(each, pattern) for pattern in required),
        " and ".join(required),
    )


def find_holder(folder: Path, holds: Callable[[Path], bool], what: str) -> Path | None:
    """Find the folder for which `holds` is true: `folder` or up to two levels below; else None.

    The topmost one is returned; folders below it are not searched.

    Raises:
        InputError: two folders of one level hold `what`.
    """
    for level in _levels(folder):
        found = [each for each in level if holds(each)]
        if len(found) > 1:
            raise InputError(
                f"{folder}: several folders hold {what}: {', '.join(map(str, found[:4]))}. Only "
                f"one of them can be the corpus: move the others out of {folder}, or remove them."
            )
        if found:
            return found[0]
    return None


def folders_below(folder: Path, widest: int | None = None) -> Iterator[Path]:
    """Yield `folder` and the folders up to two levels below it, level by level.

    Symbolic links are followed, hidden folders are left out, and no folder below is yielded twice.
    If a folder has more than `widest` subfolders, these are clips and are left out.
    """
    for level in _levels(folder, widest):
        yield from level


def _levels(folder: Path, widest: int | None = None) -> Iterator[list[Path]]:
    level, seen = [folder], set()
    for depth in range(_LEVELS + 1):
        yield level
        if depth == _LEVELS:
            return
        groups = [_folders(each) for each in level]
        children = [
            child for each in groups if widest is None or len(each) <= widest for child in each
        ]
        level = []
        for child in children:  # several links may lead to one folder
            if (real := os.path.realpath(child)) not in seen:
                seen.add(real)
                level.append(child)


def corpus_folder(corpus: Path, root: Path | None, required: Iterable[str], page: str) -> Path:
    """Return `root`; raise InputError if it is None (no corpus found) or its name is not UTF-8."""
    if root is None:
        raise InputError(
            f"{corpus.parent}: the corpus is not there; expected {', '.join(required)} in it, or "
            f"up to two folders further down. Put it there, or a symbolic link to it; docs/{page} "
            "says from where."
        )
    if not is_utf8(root):
        raise InputError(
            f"{root}: the name of the folder is not UTF-8, so no table can hold the paths of its "
            "clips. Rename it."
        )
    return root


def _holds(folder: Path, pattern: str) -> bool:
    """Return whether a folder holds a file that matches the pattern."""
    try:
        return any(folder.glob(pattern))
    except OSError:  # a link to an impossible name, or no access rights
        return False


def first_folder(root: Path, candidates: Sequence[str], *, usual: str) -> Path:
    """Return the first of `candidates` that is a folder in `root`, or `usual`."""
    return root / next((each for each in candidates if kind_of(root / each) == FOLDER), usual)


def _folders(folder: Path) -> list[Path]:
    """List the folders in `folder`; empty if it is not a folder or cannot be read."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if not e.name.startswith(".") and _is_folder(e))
    except OSError:  # such as lost+found; readers of a folder that matters report it
        return []
    return [folder / name for name in names]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circular link
        return False
