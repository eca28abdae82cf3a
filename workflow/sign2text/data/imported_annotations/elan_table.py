"""Read ELAN's tab-delimited export in the forms that its dialogue offers.

In one form, each annotation is a row (tier, participant, times, value), mostly without a header. In
the other, all annotations of the same times are a row with a column per tier, and the header is in
the language of the program. Each time may occur in several formats.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sign2text.data.imported_annotations.annotated_file import (
    AnnotatedFile,
    Annotation,
    Media,
    Tier,
    file_name,
    plain,
)
from sign2text.data.imported_annotations.elan_columns import Columns, find_columns, time_in
from sign2text.data.imported_annotations.text_file import read_lines_of, shortened
from sign2text.ground.errors import InputError

_MEDIA = re.compile(r'"?#(?P<url>.+?) -- offset: (?P<offset>-?\d{1,12})"?')
_NOTED_FILE = re.compile(r'"?#(?P<name>.+\.eaf)"?', re.IGNORECASE)
_SEPARATORS = "\t;,"
MOST_COLUMNS, MOST_ROWS = 1000, 50_000
"""Limits: a column per tier and a row per annotation. A day of signing has 20,000 words."""


@dataclass(frozen=True)
class _Row:
    line: int
    fields: list[str]


def read_elan_table(path: Path, encoding: str = "utf-8") -> AnnotatedFile:
    """Read an export of one document.

    Raises:
        InputError: the file is missing, of another form or encoding, or of several documents; the
            columns of times cannot be identified; a time is invalid; a row has too few or too many
            fields.
    """
    lines = read_lines_of(path, encoding)
    media = [
        Media(
            file_name(match["url"]),
            origin=0 if int(match["offset"]) == 0 else None,
            stated=int(match["offset"]),
        )
        for line in lines
        if (match := _MEDIA.fullmatch(line.strip()))
    ]
    documents = {match["name"] for line in lines if (match := _NOTED_FILE.fullmatch(line.strip()))}
    rows = _rows(path, lines)
    columns = find_columns(path, [row.fields for row in rows], [row.line for row in rows])
    body = rows[1:] if columns.has_header else rows
    if columns.file is not None:
        documents |= {row.fields[columns.file] for row in body if len(row.fields) > columns.file}
    if len(documents) > 1:
        raise InputError(
            f"{path}: the export is of several documents ({', '.join(sorted(documents)[:4])}), "
            "expected one. Import the documents (.eaf) themselves, all in one command."
        )
    tiers = _tiers(path, body, columns)
    if not media and documents:
        stem = PurePosixPath(documents.pop().replace("\\", "/")).stem
        media = [Media(stem)]
    return AnnotatedFile(path, tiers, media, has_tiers=any(tier.name for tier in tiers))


def _rows(path: Path, lines: Sequence[str]) -> list[_Row]:
    """Split lines into rows; skip empty lines and those about media and documents."""
    kept = [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith(("#", '"#'))
    ]
    if not kept:
        raise InputError(f"{path}: holds no annotation. Export it again, with all tiers chosen.")
    first = kept[0][1]
    # A quoted value may hold any separator; a tab outside quotes is always a separator.
    bare = re.sub(r'"[^"]*"', "", first)
    separator = "\t" if "\t" in bare else max(_SEPARATORS, key=bare.count)
    if separator not in bare:
        raise InputError(
            f"{path}, line {kept[0][0]}: found {shortened(first)}, expected fields separated by "
            "tabs, as ELAN's export as tab-delimited text has them. It is another file."
        )
    rows = []
    for number, line in kept:
        if separator == "\t":  # ELAN quotes nothing there, so a quote is a character
            fields = line.split("\t")
        else:
            try:
                fields = next(csv.reader([line], delimiter=separator, strict=True))
            except csv.Error as error:
                raise InputError(
                    f"{path}, line {number}: {error}; found {shortened(line)}. Export it again."
                ) from None
        if len(fields) > MOST_COLUMNS or len(rows) == MOST_ROWS:
            found = f"{len(fields)} fields" if len(fields) > MOST_COLUMNS else f"{MOST_ROWS} rows"
            raise InputError(
                f"{path}, line {number}: {found} found and more, at most {MOST_COLUMNS} fields and "
                f"{MOST_ROWS} rows expected of one document. It is another file."
            )
        rows.append(_Row(number, [field.strip() for field in fields]))
    return rows


def _tiers(path: Path, rows: Sequence[_Row], columns: Columns) -> list[Tier]:
    found: dict[str, list[Annotation]] = {name: [] for name in columns.tier_names}
    participants: dict[str, str] = {}
    least = max(columns.begin, columns.end, *columns.values) + 1
    for row in rows:
        fields = row.fields
        if len(fields) < least and len(fields) > max(columns.begin, columns.end):
            fields = [*fields, *[""] * (least - len(fields))]  # some editors remove trailing tabs
        if len(fields) < least or len(fields) > columns.count:
            raise InputError(
                f"{path}, line {row.line}: {len(fields)} fields found, expected {columns.count} as "
                "in the other lines. An annotation may hold a tab or a line break: export it again."
            )
        times = []
        for column, form in ((columns.begin, columns.begin_form), (columns.end, columns.end_form)):
            if (time := time_in(fields[column], form)) is None:
                raise InputError(
                    f"{path}, line {row.line}: found {fields[column][:40]!r} in field "
                    f"{column + 1}, expected a time as {form}. Correct it, or export it again."
                )
            times.append(time)
        for column in columns.values:
            name = "" if columns.tier is None else fields[columns.tier]
            if columns.tier_names:
                if not fields[column]:
                    continue  # this tier has no annotation at these times
                name = columns.header[column]
            if columns.participant is not None:
                participants.setdefault(name, fields[columns.participant])
            value = plain(fields[column])
            found.setdefault(name, []).append(Annotation(*times, value, place=f"line {row.line}"))
    return [
        Tier(name, sorted(each, key=lambda one: (one.start, one.end)), participants.get(name, ""))
        for name, each in found.items()
    ]
