"""Annotation files as publishers ship them: a header, then a line a clip, split by a separator."""

from __future__ import annotations

import csv
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
_NAMES = {"\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "'|'"}


def read_annotations(
    path: Path, columns: Sequence[str], *, separator: str, quoted: bool = False
) -> pd.DataFrame:
    """The columns of an annotation file as text; its index is the lines' numbers in the file.

    Args:
        path: UTF-8, with or without a byte-order mark, lines ended by LF or by CR LF. A CR alone
            ends no line.
        columns: those that must be there; others are read too.
        separator: one character.
        quoted: whether a field in double quotes may hold the separator (CSV); otherwise a quote
            is a character as any other. No field holds a line break.

    Raises:
        InputError: there is no such file; it is not UTF-8; a column is missing or stands twice; a
            line has too few or too many fields; a quote does not close.
    """
    import pandas as pd

    lines = read_lines(path)
    header = [name.strip() for name in _fields(path, 1, lines[0], separator, quoted)]
    _check_header(path, header, columns, separator)
    rows, numbers = [], []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        fields = _fields(path, number, line, separator, quoted)
        if len(fields) != len(header):
            raise InputError(
                f"{path}, line {number}: {len(fields)} fields found, expected {len(header)} as in "
                f"the header, separated by {_NAMES[separator]}. Correct the line; found: "
                f"{_shortened(line)}"
            )
        rows.append([field.strip() for field in fields])
        numbers.append(number)
    if not rows:
        raise InputError(f"{path}: a header and no line; expected a line a clip. Fetch it again.")
    return pd.DataFrame(rows, columns=header, index=numbers, dtype=str)


def read_lines(path: Path) -> list[str]:
    """The lines of a text file in UTF-8; a byte-order mark is taken off. One at least."""
    if (found := kind_of(path)) == NOTHING:
        raise InputError(
            f"{path}: no such annotation file. Check that the corpus was unpacked whole."
        )
    if found != FILE:
        raise InputError(f"{path}: {found} found, an annotation file expected. Take it away.")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Check its rights and its disk."
        ) from error
    if data.startswith(_UTF16_MARKS):
        raise InputError(f"{path}: is UTF-16, expected UTF-8. Save it as UTF-8.")
    data = data.removeprefix(_UTF8_MARK)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8, maybe Latin-1 "
            "text. Save it as UTF-8, such as by: iconv -f latin1 -t utf-8 OLD > NEW"
        ) from None
    if not text.strip():
        raise InputError(f"{path}: the file is empty. Fetch it again.")
    return [line.removesuffix("\r") for line in text.split("\n")]


def find_separator(path: Path) -> str:
    """What separates the fields of the header line: a tab, a semicolon, '|' or a comma.

    Raises InputError when none of them stands there.
    """
    header = read_lines(path)[0]
    # A comma comes last: it may stand in a column's name.
    separator = max("\t;|,", key=header.count)
    if separator not in header:
        raise InputError(
            f"{path}, line 1: found {_shortened(header)}, expected the names of columns, separated "
            f"by {', '.join(_NAMES.values())}."
        )
    return separator


def read_numbers(path: Path, column: pd.Series, least: float = 0) -> pd.Series:
    """A column of numbers, `least` or more; InputError names the line of what is none.

    The index of `column` is the lines' numbers in `path`.
    """
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    good = (numbers >= least) & (numbers < float("inf"))
    if not good.all():
        line = good.idxmin()
        raise InputError(
            f"{path}, line {line}: {column.name} is {column[line]!r}, expected a number, {least:g} "
            "or more. Correct it, or take the line out."
        )
    return numbers.astype("float64")


def _fields(path: Path, number: int, line: str, separator: str, quoted: bool) -> list[str]:
    if not quoted or '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [""])
    except csv.Error as error:
        problem = "a quote does not close" if "unexpected end" in str(error) else str(error)
        raise InputError(
            f"{path}, line {number}: {problem}. A field that begins with a double quote ends with "
            "one in the same line, and quotes within it are doubled; found: " + _shortened(line)
        ) from None


def _check_header(path: Path, header: list[str], columns: Sequence[str], separator: str) -> None:
    missing = [column for column in columns if column not in header]
    if missing and len(header) == 1:
        raise InputError(
            f"{path}, line 1: found {_shortened(header[0])}, expected the columns "
            f"{', '.join(columns)}, separated by {_NAMES[separator]}. The file has another "
            "separator, or is another file: fetch it again."
        )
    if missing:
        raise InputError(
            f"{path}, line 1: missing column {', '.join(missing)}; found {', '.join(header)}; "
            f"expected {', '.join(columns)}. Add it, or fetch the file again."
        )
    if len(set(header)) < len(header):
        twice = sorted(name for name, times in Counter(header).items() if times > 1)[:8]
        raise InputError(
            f"{path}, line 1: column {', '.join(twice)} stands twice. Rename or remove one of them."
        )


def _shortened(line: str) -> str:
    return repr(line if len(line) <= 80 else line[:77] + "...")
