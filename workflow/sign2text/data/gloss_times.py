"""Annotations of VSL-GH: a text file per clip with glosses, a translation and their times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sign2text.data.annotation_file import read_lines, shortened
from sign2text.ground.errors import InputError

_TIME = re.compile(r"(\d{2}):([0-5]\d):([0-5]\d(?:\.\d{1,6})?)", re.ASCII)
_TABS = re.compile(r"\t+")
GLOSS, TRANSLATION = "Gloss", "Translation"
_FORM = "Gloss or Translation, start and end as HH:MM:SS.mmm, and a text, separated by tabs"


@dataclass(frozen=True)
class Timed:
    """A gloss or a translation, with its times in seconds."""

    start: float
    end: float
    text: str


def read_gloss_times(path: Path) -> tuple[list[Timed], Timed]:
    """Read a clip's glosses in their order, and its translation.

    Raises InputError with the line: a line has another form, times are invalid or reversed, or
    there is not exactly one translation.
    """
    glosses: list[Timed] = []
    translations: list[Timed] = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        fields = [field.strip() for field in _TABS.split(line.strip("\t "))]
        if len(fields) != 4 or fields[0] not in (GLOSS, TRANSLATION) or not fields[3]:
            raise InputError(
                f"{where}: found {shortened(line)}, expected {_FORM}. Correct the line, or take "
                "the clip out."
            )
        start, end = (_seconds(where, field) for field in fields[1:3])
        if end < start:
            raise InputError(
                f"{where}: ends at {fields[2]}, before its start at {fields[1]}. Correct the times."
            )
        kind = glosses if fields[0] == GLOSS else translations
        kind.append(Timed(start, end, fields[3]))
    if len(translations) != 1:
        raise InputError(
            f"{path}: {len(translations)} lines of {TRANSLATION} found, expected one. Correct the "
            "file, or take the clip out."
        )
    return sorted(glosses, key=lambda each: (each.start, each.end)), translations[0]


def _seconds(where: str, time: str) -> float:
    match = _TIME.fullmatch(time)
    if not match:
        raise InputError(
            f"{where}: found the time {time[:40]!r}, expected HH:MM:SS.mmm, such as 00:00:01.240. "
            "Correct it."
        )
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
