"""Check the head of an HTTP answer before anything of the file is kept."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sign2text.fetching.http_requests import BrokeOffError

_SIZE = re.compile(r"[0-9]{1,18}")
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,1000}")
_NO_CODING = ("", "identity", "none", "binary", "utf-8", "aws-chunked")
"""Content codings that change nothing, as some servers say; the last is of S3's uploads."""
_PACKED = {
    "gzip": (".gz", ".tgz"),
    "x-gzip": (".gz", ".tgz"),
    "bzip2": (".bz2", ".tbz2", ".tbz"),
    "x-bzip2": (".bz2", ".tbz2", ".tbz"),
    "xz": (".xz", ".txz"),
    "x-xz": (".xz", ".txz"),
    "zstd": (".zst",),
}
"""Codings that servers announce of files which are packed so themselves, by the names' ends."""


class ChangedError(BrokeOffError):
    """What came before is of another file, or cannot be trusted to be of this one."""


class AbsurdError(Exception):
    """The head contradicts itself or says what cannot be; another attempt would be of no use."""


@dataclass(frozen=True)
class Head:
    """A file, or the rest of it, as an answer announces it."""

    start: int
    """The first byte that comes."""
    end: int | None
    """The byte after the last one that comes; None where that is not announced."""
    total: int | None
    """Bytes of the whole file."""
    validator: str | None
    """What tells this version of the file from others."""


def read_head(
    response: http.client.HTTPResponse,
    asked: int,
    total: int | None,
    validator: str | None,
    name: str = "",
) -> Head:
    """Read the size that an answer of status 200 or 206 announces, from byte `asked` on.

    Args:
        response: its body is not read.
        asked: the first byte of the range that was asked for; 0: none was.
        total: bytes of the whole file, as they were announced when it was begun.
        validator: the version whose rest was asked for.
        name: of the file, by the address that was asked first.

    Raises:
        AbsurdError: sizes that are none or contradict each other, or bytes in a coding.
        ChangedError: the range is another one than was asked for, or of another version.
    """
    length, found = _length(response), find_validator(response)
    _check_coding(response, name)
    if response.status == 200:
        return Head(0, length, length, found)
    text = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", text)
    if not asked:
        raise ChangedError(f"it answers with a range ('{text[:60]}') where none was asked for")
    fits = match and int(match[1]) == asked and match[3] in ("*", str(total))
    if not fits or found not in (None, validator):
        raise ChangedError(f"the file at this address has changed (its range is now '{text[:60]}')")
    end = int(match[2]) + 1
    if end <= asked or (total is not None and end > total):
        raise ChangedError(f"its range '{text[:60]}' is none of {total} bytes")
    if length not in (None, end - asked):
        raise ChangedError(f"its range '{text[:60]}' comes with {length} bytes")
    return Head(asked, end, total, validator)


def find_validator(response: http.client.HTTPResponse) -> str | None:
    """The tag or time of a file's version; weak tags do not promise equal bytes."""
    tag = response.headers.get("ETag")
    found = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")
    return found if is_validator(found) else None


def is_validator(value: object) -> bool:
    """Whether a value can be sent back to a server as it is."""
    return isinstance(value, str) and _VALIDATOR.fullmatch(value) is not None


def _length(response: http.client.HTTPResponse) -> int | None:
    given = {
        each.strip()
        for text in response.headers.get_all("Content-Length", [])
        for each in text.split(",")
    }
    if not given:
        return None
    shown = ", ".join(sorted(given))[:60]
    if len(given) > 1:
        raise AbsurdError(f"several sizes (Content-Length: {shown})")
    if not _SIZE.fullmatch(shown):
        raise AbsurdError(f"a size that is none (Content-Length: {shown!r})")
    if _transfer(response):
        raise AbsurdError("a size and a transfer encoding, of which only one can be")
    return int(shown)


def _check_coding(response: http.client.HTTPResponse, name: str) -> None:
    """Refuse compression that was not asked for; that of the file itself is none."""
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    names = (name.lower(), unquote(urlsplit(response.url).path).lower())
    ends = _PACKED.get(coding, ())
    if coding not in _NO_CODING and not any(each.endswith(ends) for each in names):
        raise AbsurdError(f"bytes in the coding {coding[:40]!r}, though it was asked for none")
    transfer = _transfer(response)
    if transfer not in ("", "chunked"):
        raise AbsurdError(f"bytes in the transfer encoding {transfer[:40]!r}, expected chunked")


def _transfer(response: http.client.HTTPResponse) -> str:
    coding = response.headers.get("Transfer-Encoding", "").strip().lower()
    return "" if coding == "identity" else coding
