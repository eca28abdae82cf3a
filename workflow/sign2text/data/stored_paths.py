"""Paths of clips as the disk has them: their names may be in another Unicode form than written.

An archive that was made on a Mac often has its names decomposed (NFD: "u" and a mark), a table has
them composed (NFC), and to Linux these are two names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from sign2text.data.text_form import nfc
from sign2text.ground.errors import InputError

_FRAGMENT = re.compile(r"(?=#(?:t|xywh)=)")


def stored_videos(videos: Iterable[str]) -> list[str]:
    """The paths of clips, each as the disk has it; one that is nowhere stays as it is.

    A path that is there as written is taken, whatever else is there. Only paths beyond ASCII are
    looked at. A fragment after them stays.

    Raises:
        InputError: as `stored_path`.
    """
    listing = lru_cache(maxsize=None)(_names)  # of folders that hold many clips
    return [video if video.isascii() else _stored_video(video, listing) for video in videos]


def stored_path(path: Path) -> Path | None:
    """The file or folder of that name, in this Unicode form or another; None where none is.

    Raises:
        InputError: it is not there as written, and several look the same.
    """
    return _stored(path, _names)


def _stored_video(video: str, listing: lru_cache) -> str:
    written, *fragment = _FRAGMENT.split(video, maxsplit=1)
    found = _stored(Path(written), listing)
    return video if found is None else "".join([found.as_posix(), *fragment])


def _stored(path: Path, listing: lru_cache) -> Path | None:
    if os.path.lexists(path):
        return path
    if str(path).isascii():  # all forms of it are one
        return None
    parts = path.parts
    start = Path(parts[0]) if path.is_absolute() else Path()
    found = list(_matches(start, parts[path.is_absolute() :], listing))
    if len(found) > 1:
        raise InputError(
            f"{path}: is not there in the Unicode form that it is written in, and several look the "
            f"same: {', '.join(ascii(str(each)) for each in found[:4])}. Remove or rename all but "
            "one of them."
        )
    return found[0] if found else None


def _matches(folder: Path, parts: tuple[str, ...], listing: lru_cache) -> Iterator[Path]:
    """What is in `folder` under names that are `parts` in NFC; the exact name alone if it leads on.

    Two folders may have one name in two forms, and only one of them the clip.
    """
    if not parts:
        yield folder
        return
    first, *rest = parts
    exact = [first] if os.path.lexists(folder / first) else []
    found = [each for name in exact for each in _matches(folder / name, tuple(rest), listing)]
    if not found:
        others = [name for name in listing(folder).get(nfc(first), []) if name not in exact]
        found = [each for name in others for each in _matches(folder / name, tuple(rest), listing)]
    yield from found


def _names(folder: Path) -> dict[str, list[str]]:
    """The names in a folder by their composed form; none where it cannot be listed."""
    found: dict[str, list[str]] = {}
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return found
    for name in names:
        if not name.isascii():
            found.setdefault(nfc(name), []).append(name)
    return found
