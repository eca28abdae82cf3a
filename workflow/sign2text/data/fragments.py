"""Parts of videos, written as media fragments: `lecture.mp4#t=12.30,15.61`.

The syntax is that of W3C's Media Fragments URI 1.0, section 4.2.1 (normal play time), with a comma
between start and end. A time is in seconds (`12.3`), minutes and seconds (`00:12.3`), or hours,
minutes and seconds (`1:00:12.3`); `npt:` may come first. An empty time means the video's start or
end: `#t=12.30,` and `#t=,15.61`.

A part of the picture is written as in section 4.2.2, in pixels, with or without times before it:
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
    """Split a clip into its path and times, and the part of the picture that it names.

    Raises InputError if `xywh=` does not give four valid numbers.
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
    """Split a clip into its file or folder, and its (start, end) in seconds if it is a part.

    An open end is infinite. A part of the picture is dropped (`split_box`). Raises InputError if
    `#t=` does not give valid times.
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
    """Convert a written time to seconds; None if it is invalid."""
    match = _TIME.fullmatch(time)
    if not match or (match["minutes"] and _out_of_range(match)):
        return None
    # Join the digits as text: in floating point, 1:00:00.04 could differ from 3600.04.
    whole, point, rest = match["seconds"].partition(".")
    whole = int(match["hours"] or 0) * 3600 + int(match["minutes"] or 0) * 60 + int(whole)
    return float(f"{whole}{point}{rest}")


def _out_of_range(match: re.Match[str]) -> bool:
    """Return whether a time with colons has 60 or more seconds, or as many minutes after hours."""
    return float(match["seconds"]) >= 60 or (bool(match["hours"]) and int(match["minutes"]) >= 60)
