"""Read a text of any encoding that is named or that its byte-order mark tells."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from sign2text.ground.errors import InputError
from sign2text.untrusted.bounded_file import check_bounded

LARGEST = 2**26
"""Bytes of an annotation file; the subtitles of a feature film have a tenth of a megabyte."""
_MOST_LINES = 2**19
# UTF-32's mark in this order begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_bytes(path: Path) -> bytes:
    """Read a file of annotations.

    Raises InputError where it is missing, no file, empty, or has more than LARGEST bytes.
    """
    check_bounded(path, "a file of annotations", LARGEST)
    data = path.read_bytes()
    if not data.strip():
        raise InputError(f"{path}: the file is empty. Export it again.")
    return data


def read_lines_of(path: Path, encoding: str = "utf-8") -> list[str]:
    """Read the lines of a text, ended by LF, CR LF or CR, without their ends.

    A byte-order mark decides on the encoding, whatever `encoding` says.

    Raises InputError as `read_bytes`, and names the line of bytes that are no text.
    """
    data = read_bytes(path)
    for mark, marked in _MARKS:
        if data.startswith(mark):
            data, encoding = data.removeprefix(mark), marked
            break
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
        raise InputError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not {encoding}. Save the file "
            "as UTF-8, or name its encoding: --encoding cp1252 for the usual one of Windows in "
            "western Europe, cp1250 in central Europe."
        ) from None
    if (count := text.count("\n") + text.count("\r")) > _MOST_LINES:
        raise InputError(
            f"{path}: {count} lines found, at most {_MOST_LINES} expected of annotations. It is "
            "another file; if not, split it."
        )
    if "\0" in text:
        raise InputError(
            f"{path}: holds NUL characters, expected text. It may be UTF-16 without a mark: save "
            "it as UTF-8, or try --encoding utf-16-le."
        )
    return re.split(r"\r\n|\r|\n", text)


def shortened(line: str) -> str:
    """A line for a message, quoted and at most 80 characters long."""
    return repr(line if len(line) <= 80 else line[:77] + "...")
