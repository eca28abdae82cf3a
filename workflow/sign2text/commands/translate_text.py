"""Reading of a file of lines, such as glosses, for translation."""

from __future__ import annotations

from pathlib import Path

from sign2text.data.text_form import composed
from sign2text.ground.errors import InputError
from sign2text.ground.files import FILE, kind_of
from sign2text.untrusted.bounded_file import check_bounded

LARGEST = 2**26
"""Bytes of a file of lines; the glosses of PHOENIX-2014T have less than one million."""


def read_lines(path: Path) -> list[str]:
    """Read the lines of a file and normalise them as in manifests: NFC, single spaces.

    Raises:
        InputError: the file is missing, too large or not UTF-8.
    """
    expected = "a text file in UTF-8 with a line of glosses for each sentence"
    if (found := kind_of(path)) != FILE:
        raise InputError(f"{path}: {found} found, expected {expected}. Correct the path.")
    check_bounded(path, expected, LARGEST)
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}: byte {content[error.start]:#04x} is not UTF-8; expected "
            f"{expected}. Convert the file, for example with iconv."
        ) from None
    # Not splitlines, which also splits at other characters, such as U+2028.
    lines = text.removesuffix("\n").split("\n") if text else []
    return [composed(line) for line in lines]
