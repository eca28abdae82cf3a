"""Paths of clips as stored on disk: the Unicode form of a name may differ from the table's.

Archives made on a Mac often hold decomposed names (NFD: "u" and a mark), while tables hold composed
names (NFC). Linux treats these as different names.
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
    """Return the clips' paths as stored on disk; a path that is not found stays unchanged.

    A path that exists as written is taken, whatever other forms exist. Only paths with characters
    beyond ASCII are looked up. A media fragment after the path is kept.

    Raises:
        InputError: as `stored_path`.
    """
    listing = lru_cache(maxsize=None)(_names)  # speeds up folders that hold many clips
    return [video if video.isascii() else _stored_video(video, listing) for video in videos]


def stored_path(path: Path) -> Path | None:
    """Find the file or folder of that name, in this Unicode form or another; None if missing.

    Raises:
        InputError: no name matches exactly, and several differ only in their Unicode form.
    """
    return _stored(path, _names)


def _stored_video(video: str, listing: lru_cache) -> str:
    written, *fragment = _FRAGMENT.split(video, maxsplit=1)
    found = _stored(Path(written), listing)
    return video if found is None else "".join([found.as_posix(), *fragment])


def _stored(path: Path, listing: lru_cache) -> Path | None:
    if os.path.lexists(path):
        return path
    if str(path).isascii():  # ASCII has a single Unicode form
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
    """Yield the paths below `folder` that match `parts` in NFC; exact names win where they match.

    Two folders may have the same name in two forms, and only one of them may hold the clip.
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
    """Group the non-ASCII names in a folder by composed form; empty if it cannot be listed."""
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
