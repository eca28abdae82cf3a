"""Annotation files as published: a header, then a line per clip, split by a separator."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.files import FILE, NOTHING, kind_of

if TYPE_CHECKING:
    import pandas as pd

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
SEPARATORS = {"\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "'|'"}
_DECIMAL_COMMA = re.compile(r"\s*\d+,\d+\s*")


def read_annotations(path: Path, columns: Sequence[str], *, separator: str) -> pd.DataFrame:
    """Read the columns of an annotation file as text; the index holds the file's line numbers.

    Quotes have no special meaning. data/spreadsheet.py reads tables that a spreadsheet wrote.

    Args:
        path: UTF-8, with or without a byte-order mark; lines end with LF or CR LF, not with CR
            alone.
        columns: required columns; others are read too.
        separator: one character.

    Raises:
        InputError: the file is missing or not UTF-8, a column is missing or duplicate, or a line
            has too few or too many fields.
    """
    import pandas as pd

    lines = read_lines(path)
    header = [name.strip() for name in lines[0].split(separator)]
    _check_header(path, header, columns, separator)
    rows, numbers = [], []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        fields = line.split(separator)
        if len(fields) != len(header):
            raise InputError(
                f"{path}, line {number}: {len(fields)} fields found, expected {len(header)} as in "
                f"the header, separated by {SEPARATORS[separator]}. Correct the line; found: "
                f"{shortened(line)}"
            )
        rows.append([field.strip() for field in fields])
        numbers.append(number)
    if not rows:
        raise InputError(f"{path}: a header and no line; expected a line a clip. Fetch it again.")
    return pd.DataFrame(rows, columns=header, index=numbers, dtype=str)


def read_lines(path: Path) -> list[str]:
    """Read the lines of a UTF-8 text file without its byte-order mark; there is at least one."""
    data = read_bytes(path)
    if data.startswith(_UTF16_MARKS):
        raise InputError(f"{path}: is UTF-16, expected UTF-8. Save it as UTF-8.")
    text = decode_utf8(path, data.removeprefix(_UTF8_MARK))
    if not text.strip():
        raise InputError(f"{path}: the file is empty. Fetch it again.")
    return [line.removesuffix("\r") for line in text.split("\n")]


def read_bytes(path: Path) -> bytes:
    """Read an annotation file; raise InputError if it is missing or cannot be read."""
    if (found := kind_of(path)) == NOTHING:
        raise InputError(
            f"{path}: no such annotation file. Check that the corpus was unpacked whole."
        )
    if found != FILE:
        raise InputError(f"{path}: {found} found, an annotation file expected. Take it away.")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}). Check its rights and its disk."
        ) from error


def decode_utf8(path: Path, data: bytes) -> str:
    """Decode a file; InputError names the line of the first byte that is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n" if b"\n" in data else b"\r", 0, error.start) + 1
        shown = data[error.start : error.start + 1].decode("cp1252", errors="ignore")
        raise InputError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8, maybe Latin-1 or "
            f"Windows text{f', in which it is {shown!r}' if shown else ''}. Save it as UTF-8 (in a "
            'spreadsheet: "CSV UTF-8"), or: iconv -f cp1252 -t utf-8 OLD > NEW'
        ) from None


def read_numbers(path: Path, column: pd.Series, least: float = 0) -> pd.Series:
    """Convert a column to numbers of at least `least`; InputError names the first invalid line.

    The index of `column` holds the line numbers in `path`.
    """
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    good = (numbers >= least) & (numbers < float("inf"))
    if not good.all():
        line = good.idxmin()
        advice = "Correct it, or take the line out."
        if _DECIMAL_COMMA.fullmatch(column[line]):
            advice = f"Write it with a decimal point: {column[line].replace(',', '.')}."
        raise InputError(
            f"{path}, line {line}: {column.name} is {column[line]!r}, expected a number, {least:g} "
            f"or more. {advice}"
        )
    return numbers.astype("float64")


def _check_header(path: Path, header: list[str], columns: Sequence[str], separator: str) -> None:
    missing = [column for column in columns if column not in header]
    if missing and len(header) == 1:
        raise InputError(
            f"{path}, line 1: found {shortened(header[0])}, expected the columns "
            f"{', '.join(columns)}, separated by {SEPARATORS[separator]}. The file has another "
            "separator, or is another file: fetch it again."
        )
    if missing:
        raise InputError(
            f"{path}, line 1: missing column {', '.join(missing)}; found "
            f"{', '.join(header)[:200]}; expected {', '.join(columns)}. Add it, or fetch the file "
            "again."
        )
    if len(set(header)) < len(header):
        twice = sorted(name for name, times in Counter(header).items() if times > 1)[:8]
        raise InputError(
            f"{path}, line 1: column {', '.join(twice)} stands twice. Rename or remove one of them."
        )


def shortened(line: str) -> str:
    """Shorten a line to at most 80 characters and quote it for a message."""
    return repr(line if len(line) <= 80 else line[:77] + "...")
