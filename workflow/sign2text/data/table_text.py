"""Decode tables in any encoding that a spreadsheet chose; refuse files that are not text tables."""

from __future__ import annotations

import re
from pathlib import Path

from sign2text.data.annotation_file import decode_utf8, read_bytes
from sign2text.ground.errors import InputError

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".fods", ".numbers")
"""Suffixes of the spreadsheets' own file formats."""
SAVE_AS = (
    'Open it in the spreadsheet, save or export it as "CSV UTF-8" (in LibreOffice: Text CSV with '
    "the character set Unicode (UTF-8)), and name that file as the table."
)
_MARKS = (  # UTF-32 first, since its mark begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_BEGINNING = 2**16
_OUTSIDE = re.compile('"[^"]*"')  # removes quoted fields, to look at the text outside them


def read_table_text(path: Path) -> str:
    """Read the text of a table without its byte-order mark.

    The encoding is UTF-8, or UTF-16 or UTF-32 with a mark; Excel's "Unicode text" is UTF-16.

    Raises:
        InputError: the file is missing, empty, a spreadsheet, not text, or in another encoding.
    """
    data = read_bytes(path)
    if kind := _kind_of(data):
        raise InputError(f"{path}: is {kind}, expected a table in text, a row a clip. {SAVE_AS}")
    text = _decode(path, data).lstrip("\ufeff")
    if not text.strip():
        raise InputError(f"{path}: the file is empty. {SAVE_AS}")
    return text


def lines_of(text: str) -> list[str]:
    """Split text at LF or CR LF, or at CR if no line ends with LF, as on an old Mac.

    Any other CR or LF becomes a space.
    """
    if "\r" not in text:
        return text.split("\n")
    if "\n" not in _OUTSIDE.sub("", text):
        return text.replace("\n", " ").split("\r")
    return [line.removesuffix("\r").replace("\r", " ") for line in text.split("\n")]


def _kind_of(data: bytes) -> str | None:
    """Name the kind of a file by its first bytes; None if it may be a text table."""
    beginning = data[:_BEGINNING]
    start = beginning.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if beginning.startswith(b"PK\x03\x04"):
        if b"opendocument.spreadsheet" in beginning:
            return "a spreadsheet of LibreOffice or OpenOffice (.ods)"
        if b"Index/" in beginning:
            return "a spreadsheet of Numbers (.numbers)"
        if b"[Content_Types].xml" in beginning or b"xl/" in beginning:
            return "a spreadsheet of Excel (.xlsx)"
        return "a zip archive"
    if beginning.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "a spreadsheet of Excel (.xls)"
    if start.startswith((b"<!doctype html", b"<html", b"<table")):
        return "a web page (HTML), as some programs write under the name .xls"
    if start.startswith(b"<?xml"):
        return "an XML file (a spreadsheet's, or of an annotation program)"
    if start.startswith(b"{\\rtf"):
        return "a document of a word processor (RTF)"
    if beginning.startswith(b"%PDF"):
        return "a PDF"
    if beginning.startswith(b"\x1f\x8b"):
        return "a gzip archive"
    return None


def _decode(path: Path, data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                raise InputError(
                    f"{path}: begins as {encoding.upper()} and is not all of it; the file was cut "
                    f"or damaged. {SAVE_AS}"
                ) from None
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise InputError(
            f"{path}, line {line}: found a byte that is 0, which no text has; the file is damaged, "
            f"or in UTF-16 without a byte-order mark. {SAVE_AS}"
        )
    return decode_utf8(path, data)
