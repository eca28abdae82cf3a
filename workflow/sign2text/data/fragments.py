"""Parts of videos, written as media fragments: `lecture.mp4#t=12.30,15.61`.

The forms are those of W3C's Media Fragments URI 1.0, section 4.2.1 (normal play time), with both
ends written: seconds, minutes and seconds (`00:12.3`), or hours too (`1:00:12.3`), `npt:` before
them. An end that is left empty is that of the video: `#t=12.30,` and `#t=,15.61`.

A part of the picture is written as section 4.2.2 has it, in pixels, after the times or without any:
`a.mp4#t=12.30,15.61&xywh=385,37,500,683`, `a.mp4#xywh=385,37,500,683`.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import NamedTuple

from sign2text.ground.errors import InputError

_MARK = "#t="
_PART = re.compile(r"(?P<path>.+)#t=(?:npt:)?(?P<start>[\d.:]*),(?P<end>[\d.:]*)", re.DOTALL)
_TIME = re.compile(
    r"(?:(?:(?P<hours>\d{1,6}):)?(?P<minutes>\d{1,2}):)?(?P<seconds>\d{1,15}(?:\.\d+)?)", re.ASCII
)
_BOX_MARK = re.compile(r"[#&]xywh=")
_BOX = re.compile(
    r"(?P<rest>.+)[#&]xywh=(?:pixel:)?(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})", re.DOTALL
)


class Box(NamedTuple):
    """A part of a picture, in pixels from its upper left corner."""

    x: int
    y: int
    width: int
    height: int


def split_box(video: str | Path) -> tuple[str, Box | None]:
    """Return a clip without the part of the picture that it names, and that part.

    Raises InputError where there is a `xywh=` that does not give one.
    """
    text = str(video)
    if not _BOX_MARK.search(text):
        return text, None
    if match := _BOX.fullmatch(text):
        box = Box(*map(int, match.groups()[1:]))
        if box.width and box.height:
            return match["rest"], box
    raise InputError(
        f"{text}: found '{text[_BOX_MARK.search(text).start() :]}', expected left, top, width and "
        "height in pixels, such as '#xywh=385,37,500,683'. Correct them, or take the clip out."
    )


def split_fragment(video: str | Path) -> tuple[Path, tuple[float, float] | None]:
    """Return a clip's file or folder, and its (start, end) in seconds where it is a part of it.

    The end is infinite where the part reaches to the end of the video. A part of the picture is
    left out (`split_box`). Raises InputError where
    there is a `#t=` that does not give two times.
    """
    text, _ = split_box(video)
    if _MARK not in text:
        return Path(text), None
    if match := _PART.fullmatch(text):
        start = _seconds(match["start"] or "0")
        end = _seconds(match["end"]) if match["end"] else math.inf
        given = match["start"] or match["end"]
        if given and start is not None and end is not None:
            return Path(match["path"]), (start, end)
    raise InputError(
        f"{text}: found '{_MARK}{text.rpartition(_MARK)[2]}', expected start and end in seconds, "
        "such as '#t=12.30,15.61', or in minutes and seconds, such as '#t=00:12.30,00:15.61'. "
        "Correct the times, or take the clip out."
    )


def _seconds(time: str) -> float | None:
    """Seconds of a time as it is written; None where it is none."""
    match = _TIME.fullmatch(time)
    if not match or (match["minutes"] and _out_of_range(match)):
        return None
    # Put together as digits: in floating point, 1:00:00.04 could differ from 3600.04.
    whole, point, rest = match["seconds"].partition(".")
    whole = int(match["hours"] or 0) * 3600 + int(match["minutes"] or 0) * 60 + int(whole)
    return float(f"{whole}{point}{rest}")


def _out_of_range(match: re.Match[str]) -> bool:
    """Return whether a time with colons has 60 or more seconds, or minutes beside hours."""
    return float(match["seconds"]) >= 60 or (bool(match["hours"]) and int(match["minutes"]) >= 60)
