"""Identify the columns of ELAN's tab-delimited export by their names and content."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sign2text.data.imported_annotations.text_file import shortened
from sign2text.ground.errors import InputError

CLOCK, SECONDS, MILLISECONDS, FRAMES = "hh:mm:ss.ms", "ss.msec", "msec", "hh:mm:ss:ff"
_CLOCK = re.compile(r"(-?)(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?")
_SECONDS = re.compile(r"-?\d{1,9}[.,]\d{1,9}(?:[Ee]-?\d)?")
_MILLISECONDS = re.compile(r"-?\d{1,12}")
_FRAMES = re.compile(r"\d{1,2}:\d{2}:\d{2}[:;]\d{2}")
_DOCUMENT = re.compile(r".+\.eaf", re.IGNORECASE)
_FORMAT = r"hh:mm:ss[.:;\w]*|ss\.ms\w*|msec|ms|s|sec|seconds"
# Column names of ELAN in English, of other programs, and of people.
_ROLES = {
    role: re.compile(rf"(?:{words})[\s_-]*(?:time)?[\s_(\[-]*(?:{_FORMAT})?[)\]]?", re.IGNORECASE)
    for role, words in (
        ("begin", "begin|start|onset"),
        ("end", "end|stop"),
        ("duration", "duration"),
    )
} | {
    "tier": re.compile(r"tier[\s_-]*(?:name|id)?", re.IGNORECASE),
    "participant": re.compile(r"participant[\s_-]*(?:name)?", re.IGNORECASE),
    "file": re.compile(r"file[\s_-]*(?:name|path)?", re.IGNORECASE),
}
# ELAN's other languages translate the names but not the formats.
_FORMATTED = re.compile(rf".* - (?:{_FORMAT})", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """Numbers of an export's columns, from 0."""

    count: int
    header: list[str]
    """Names of the columns; empty without a header."""
    begin: int
    begin_form: str
    end: int
    end_form: str
    values: list[int]
    """Columns of annotations: one, or one per tier."""
    tier_names: list[str]
    """Tiers of `values`, if each has its own column."""
    tier: int | None = None
    participant: int | None = None
    file: int | None = None

    @property
    def has_header(self) -> bool:
        return bool(self.header)


def time_in(text: str, form: str) -> int | None:
    """Convert a time in one of the formats to milliseconds; None if it is invalid.

    >>> time_in("00:01:02.500", CLOCK), time_in("62.5", SECONDS), time_in("62500", MILLISECONDS)
    (62500, 62500, 62500)
    """
    if form == CLOCK and (match := _CLOCK.fullmatch(text)):
        sign, hours, minutes, seconds, fraction = match.groups()
        if int(minutes) > 59 or int(seconds) > 59:
            return None
        whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
        time = 1000 * whole + int((fraction or "").ljust(3, "0")[:3])
        return -time if sign else time
    if form == SECONDS and (_SECONDS.fullmatch(text) or _MILLISECONDS.fullmatch(text)):
        seconds = float(text.replace(",", "."))
        return round(1000 * seconds) if math.isfinite(seconds) else None
    if form == MILLISECONDS and _MILLISECONDS.fullmatch(text):
        return int(text)
    return None


def find_columns(path: Path, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> Columns:
    """Identify the columns of an export.

    Args:
        path: the export's file, for messages.
        rows: fields of each row, including the header if there is one.
        lines: line number of each row in the file.

    Raises InputError if the columns of begin and end cannot be identified.
    """
    header = _header(rows)
    body = rows[1:] if header else rows
    if not body:
        raise InputError(
            f"{path}, line {lines[0]}: found {shortened(' | '.join(rows[0]))}, a line without "
            "times, and no annotation after it. Export it again, with begin and end time chosen."
        )
    count = len(header) or max(map(len, body))
    forms = [_form([row[column] for row in body if column < len(row)]) for column in range(count)]
    roles, frames = _roles(header), {c for c, form in enumerate(forms) if form == FRAMES}
    if named := _times_by_name(header, roles):
        forms = [
            forms[column] or _usual(body, column) if column in named else None
            for column in range(count)
        ]
    elif not header:
        forms[-1] = None  # a value, even if all values are numbers
    begin, end = _times(path, lines[0], rows[0], forms, roles, body)
    times = [column for column, form in enumerate(forms) if form]
    texts = [column for column in range(count) if column not in times and column not in frames]
    file = _file(body, texts)
    texts = [c for c in texts if c not in roles.get("file", ()) and c not in file]
    before = [column for column in texts if column < min(times)]
    after = [column for column in texts if column > max(times)]
    tier, participant = _first(roles, "tier"), _first(roles, "participant")
    if tier is None and participant is None and before:
        tier = before[0] if after else None
        participant = before[1] if after and len(before) > 1 else None
    values = [column for column in (after or before) if column not in (tier, participant)]
    if not header and len(values) > 1:
        values = values[:1]  # the description of a controlled vocabulary follows the value
    if not values:
        raise InputError(
            f"{path}, line {lines[0]}: found {shortened(' | '.join(rows[0]))}, expected a column "
            "with the annotations beside their times. Export it again."
        )
    by_tier = bool(header) and tier is None
    return Columns(
        count=count,
        header=list(header),
        begin=begin,
        begin_form=str(forms[begin]),
        end=end,
        end_form=str(forms[end]),
        values=values if by_tier else values[:1],
        tier_names=[header[column] for column in values] if by_tier else [],
        tier=tier,
        participant=participant,
        file=next(iter(file), None),
    )


def _header(rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """Return the first row if it names times or holds none; otherwise an empty list."""
    if _times_by_name(rows[0], _roles(rows[0])):
        return rows[0]
    kinds = (CLOCK, SECONDS, MILLISECONDS)
    if any(_FRAMES.fullmatch(f) or any(time_in(f, k) is not None for k in kinds) for f in rows[0]):
        return []
    return rows[0]


def _form(values: Sequence[str]) -> str | None:
    """Return the format of a column's times; None if not all values are times."""
    if not values or not all(values):
        return None
    if all(_CLOCK.fullmatch(each) for each in values):
        return CLOCK
    if all(_FRAMES.fullmatch(each) for each in values):
        return FRAMES
    if all(_MILLISECONDS.fullmatch(each) for each in values):
        return MILLISECONDS
    numbers = (_SECONDS.fullmatch(each) or _MILLISECONDS.fullmatch(each) for each in values)
    return SECONDS if all(numbers) else None


def _usual(rows: Sequence[Sequence[str]], column: int) -> str | None:
    """Return the format of the first time in a column that holds other values too."""
    forms = (_form([row[column]]) for row in rows if column < len(row))
    return next((form for form in forms if form), None)


def _roles(header: Sequence[str]) -> dict[str, list[int]]:
    """Map each role to its columns, identified by their names."""
    roles: dict[str, list[int]] = {}
    for column, name in enumerate(header):
        for role, names in _ROLES.items():
            if names.fullmatch(name):
                roles.setdefault(role, []).append(column)
    return roles


def _times_by_name(header: Sequence[str], roles: dict[str, list[int]]) -> set[int]:
    """Find the columns with names of times; the result may be empty."""
    if roles.get("begin") and roles.get("end"):
        return {each for role in ("begin", "end", "duration") for each in roles.get(role, ())}
    return {column for column, name in enumerate(header) if _FORMATTED.fullmatch(name)}


def _times(
    path: Path,
    line: int,
    first: Sequence[str],
    forms: Sequence[str | None],
    roles: dict[str, list[int]],
    body: Sequence[Sequence[str]],
) -> tuple[int, int]:
    """Find the columns of begin and end."""
    usable = [column for column, form in enumerate(forms) if form not in (None, FRAMES)]
    if roles.get("begin") and roles.get("end"):
        chosen = [
            next((column for column in roles[role] if column in usable), None)
            for role in ("begin", "end")
        ]
    else:
        # Columns of one time in several formats are next to each other; begin comes first.
        chosen, seen = [], []
        for column in usable:
            values = [time_in(row[column], str(forms[column])) for row in body if column < len(row)]
            if values not in seen:
                seen.append(values)
                chosen.append(column)
        pairs = zip(*seen[:2], strict=False) if len(chosen) > 1 else ()
        if any(None not in pair and pair[0] > pair[1] for pair in pairs):
            chosen = []  # these are begin and duration, without the end
    if len(chosen) < 2 or None in chosen:
        hint = f" Frames ({FRAMES}) are not read." if FRAMES in forms else ""
        raise InputError(
            f"{path}, line {line}: found {shortened(' | '.join(first))}, expected columns of begin "
            f"and end times ({CLOCK}, {SECONDS} or {MILLISECONDS}).{hint} Export it again with "
            "begin time and end time chosen."
        )
    return chosen[0], chosen[1]


def _file(body: Sequence[Sequence[str]], texts: Sequence[int]) -> list[int]:
    """Find the columns that name the document of each row."""
    found = []
    for column in texts:
        values = [row[column] for row in body if column < len(row)]
        if values and all(_DOCUMENT.fullmatch(each) for each in values):
            found.append(column)
    return found


def _first(roles: dict[str, list[int]], role: str) -> int | None:
    return next(iter(roles.get(role, ())), None)
