"""Read text in a given encoding, or in the encoding that its byte-order mark shows."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from sign2text.ground.errors import InputError
from sign2text.untrusted.bounded_file import check_bounded

LARGEST = 2**26
"""Maximum bytes of an annotation file; the subtitles of a feature film have 0.1 MB."""
_MOST_LINES = 2**19
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_bytes(path: Path) -> bytes:
    """Read an annotation file.

    Raises InputError if it is missing, not a file, empty, or larger than LARGEST bytes.
    """
    check_bounded(path, "a file of annotations", LARGEST)
    data = path.read_bytes()
    if not data.strip():
        raise InputError(f"{path}: the file is empty. Export it again.")
    return data


def read_lines_of(path: Path, encoding: str = "utf-8") -> list[str]:
    """Read the lines of a text without their ends (LF, CR LF or CR).

    A byte-order mark takes precedence over `encoding`.

    Raises InputError as `read_bytes`; for bytes that are not text, it names the line.
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
    """Shorten a line to at most 80 characters and quote it for a message."""
    return repr(line if len(line) <= 80 else line[:77] + "...")
