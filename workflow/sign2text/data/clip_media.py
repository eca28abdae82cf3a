"""Where the clips of a split lie, and in which form: folders of images, or a video each.

Copies of one corpus differ in both: images in a folder of the clip's name, or in a folder `1` in
it; or one video of that name; of one size or another; in folders by split or all together.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sign2text.data.corpus_folder import WIDEST, folders_below
from sign2text.data.raw_files import VIDEO_SUFFIXES

_INNER = "1"
"""Folder of a clip's images inside that of its name, as the first releases had it."""
_SPLIT_FOLDERS = {"train": ("train",), "dev": ("dev", "val"), "test": ("test",)}


@dataclass(frozen=True)
class ClipMedia:
    """Where the clips of a split are."""

    folder: Path
    paths: list[str]
    """Of each clip, in the order of the names, seen from `folder`; of missing ones too."""
    are_videos: list[bool]
    """False for a folder of images."""


def find_media(
    root: Path, corpus: Path, places: Sequence[str], split: str, names: Sequence[str]
) -> ClipMedia:
    """Find the clips of a split by their names.

    Args:
        root: the folder of the annotations, which is looked into first.
        corpus: resources/<data set>; it and the folders up to two levels below it come after that.
        places: folders that may hold clips, seen from those; the first is the publisher's, which
            counts where no clip is found anywhere.
        split: a folder of this name inside them may hold the clips.
        names: of the clips.
    """
    wanted = frozenset(names)
    for base in chain([root], folders_below(corpus, WIDEST)):
        for place in places:
            for inner in (*_SPLIT_FOLDERS[split], ""):
                if found := _clips_in(base / place / inner, wanted):
                    return _media(base / place / inner, found, names)
    return ClipMedia(root / places[0] / split, list(names), [False] * len(names))


def _media(folder: Path, found: dict[str, str], names: Iterable[str]) -> ClipMedia:
    """The paths of clips in `folder`; those that are missing as they would be named."""
    usual = next(iter(found))
    ending = found[usual].removeprefix(usual)  # of a video
    inner = f"/{_INNER}" if not ending and _has_inner(folder / usual) else ""
    paths = []
    for name in names:
        entry = found.get(name, name + ending)
        paths.append(entry + inner if entry == name else entry)
    videos = [found.get(name, name + ending) != name for name in names]
    return ClipMedia(folder, paths, videos)


def _clips_in(folder: Path, wanted: Collection[str]) -> dict[str, str]:
    """Names of clips -> entries of `folder`, sorted; a folder of images before a video."""
    if not folder.is_dir():
        return {}
    try:
        with os.scandir(folder) as entries:
            there = sorted((each.name, each.is_dir()) for each in entries)
    except OSError:  # no rights: the clip check will say so of each clip
        return {}
    found = {name: name for name, is_folder in there if is_folder and name in wanted}
    for name, is_folder in there:
        stem, _, suffix = name.rpartition(".")
        if not is_folder and stem in wanted and f".{suffix.lower()}" in VIDEO_SUFFIXES:
            found.setdefault(stem, name)
    return found


def _has_inner(folder: Path) -> bool:
    """True where the images of a clip are in a folder `1`, and none beside it."""
    try:
        with os.scandir(folder) as entries:
            return [each.name for each in entries if not each.name.startswith(".")] == [_INNER]
    except OSError:
        return False
