"""Location and form of a split's clips: a folder of images or a video per clip.

Copies of one corpus differ in both. A clip is a folder of images with the clip's name, a folder `1`
in that folder, or a video of that name, in various sizes. Clips lie in folders by split or all
together.
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
"""Subfolder with the images of a clip in the first releases."""
_SPLIT_FOLDERS = {"train": ("train",), "dev": ("dev", "val"), "test": ("test",)}


@dataclass(frozen=True)
class ClipMedia:
    """Location of a split's clips."""

    folder: Path
    paths: list[str]
    """Paths relative to `folder` in the order of the names, missing clips included."""
    are_videos: list[bool]
    """For each clip, True for a video, False for a folder of images."""


def find_media(
    root: Path, corpus: Path, places: Sequence[str], split: str, names: Sequence[str]
) -> ClipMedia:
    """Find the clips of a split by their names.

    Args:
        root: the folder of the annotations, searched first.
        corpus: resources/<data set>; it and the folders up to two levels below are searched next.
        places: folders that may hold clips, relative to the searched folders. The first is the
            publisher's, and the result if no clip is found.
        split: the clips may be in a subfolder named after the split.
        names: names of the clips.
    """
    wanted = frozenset(names)
    for base in chain([root], folders_below(corpus, WIDEST)):
        for place in places:
            for inner in (*_SPLIT_FOLDERS[split], ""):
                if found := _clips_in(base / place / inner, wanted):
                    return _media(base / place / inner, found, names)
    return ClipMedia(root / places[0] / split, list(names), [False] * len(names))


def _media(folder: Path, found: dict[str, str], names: Iterable[str]) -> ClipMedia:
    """Build the paths of clips in `folder`; a missing clip gets the path that it should have."""
    usual = next(iter(found))
    ending = found[usual].removeprefix(usual)  # of a video; empty for a folder
    inner = f"/{_INNER}" if not ending and _has_inner(folder / usual) else ""
    paths = []
    for name in names:
        entry = found.get(name, name + ending)
        paths.append(entry + inner if entry == name else entry)
    videos = [found.get(name, name + ending) != name for name in names]
    return ClipMedia(folder, paths, videos)


def _clips_in(folder: Path, wanted: Collection[str]) -> dict[str, str]:
    """Map names of clips to entries of `folder`, sorted; a folder of images wins over a video."""
    if not folder.is_dir():
        return {}
    try:
        with os.scandir(folder) as entries:
            there = sorted((each.name, each.is_dir()) for each in entries)
    except OSError:  # no access rights: the clip check reports it for each clip
        return {}
    found = {name: name for name, is_folder in there if is_folder and name in wanted}
    for name, is_folder in there:
        stem, _, suffix = name.rpartition(".")
        if not is_folder and stem in wanted and f".{suffix.lower()}" in VIDEO_SUFFIXES:
            found.setdefault(stem, name)
    return found


def _has_inner(folder: Path) -> bool:
    """Return whether the folder `1` is the only entry of a clip's folder."""
    try:
        with os.scandir(folder) as entries:
            return [each.name for each in entries if not each.name.startswith(".")] == [_INNER]
    except OSError:
        return False
