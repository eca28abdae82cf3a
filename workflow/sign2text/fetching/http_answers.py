"""Checks of an HTTP response's head before any of the file is kept."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sign2text.fetching.http_requests import BrokeOffError

_SIZE = re.compile(r"[0-9]{1,18}")
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,1000}")
_NO_CODING = ("", "identity", "none", "binary", "utf-8", "aws-chunked")
"""Content codings from servers that change nothing; the last one comes from S3's uploads."""
_PACKED = {
    "gzip": (".gz", ".tgz"),
    "x-gzip": (".gz", ".tgz"),
    "bzip2": (".bz2", ".tbz2", ".tbz"),
    "x-bzip2": (".bz2", ".tbz2", ".tbz"),
    "xz": (".xz", ".txz"),
    "x-xz": (".xz", ".txz"),
    "zstd": (".zst",),
}
"""Codings that servers announce for files that are compressed themselves, with their endings."""


class ChangedError(BrokeOffError):
    """A changed file: the bytes received before belong, or may belong, to another version."""


class AbsurdError(Exception):
    """A contradictory or impossible head; another attempt would not help."""


@dataclass(frozen=True)
class Head:
    """A file, or the rest of it, as a response announces it."""

    start: int
    """Position of the first byte in the response."""
    end: int | None
    """Position after the last byte in the response; None if it is not announced."""
    total: int | None
    """Bytes of the complete file."""
    validator: str | None
    """ETag or time that identifies the file's version."""


def read_head(
    response: http.client.HTTPResponse,
    asked: int,
    total: int | None,
    validator: str | None,
    name: str = "",
) -> Head:
    """Read the size and range that a response with status 200 or 206 announces.

    Args:
        response: the response; its body is not read.
        asked: first byte of the requested range; 0: no range was requested.
        total: bytes of the complete file, as announced in the first attempt.
        validator: version of the file in the request for the rest.
        name: path of the file in the first requested address.

    Raises:
        AbsurdError: sizes are invalid or contradictory, or the bytes are encoded.
        ChangedError: the range differs from the requested one, or belongs to another version.
    """
    length, found = _length(response), find_validator(response)
    _check_coding(response, name)
    if response.status == 200:
        return Head(0, length, length, found)
    text = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", text)
    if not asked:
        raise ChangedError(f"it answers with a range ('{text[:60]}') without a request for one")
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
    """Return the ETag or time of a file's version; weak tags do not guarantee equal bytes."""
    tag = response.headers.get("ETag")
    found = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")
    return found if is_validator(found) else None


def is_validator(value: object) -> bool:
    """Return whether a value can be sent back to a server unchanged."""
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
        raise AbsurdError(f"an invalid size (Content-Length: {shown!r})")
    if _transfer(response):
        raise AbsurdError("a size and a transfer encoding, of which only one can be")
    return int(shown)


def _check_coding(response: http.client.HTTPResponse, name: str) -> None:
    """Raise AbsurdError for unrequested compression, unless the file itself is compressed."""
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    names = (name.lower(), unquote(urlsplit(response.url).path).lower())
    ends = _PACKED.get(coding, ())
    if coding not in _NO_CODING and not any(each.endswith(ends) for each in names):
        raise AbsurdError(f"bytes in the coding {coding[:40]!r}, though none was requested")
    transfer = _transfer(response)
    if transfer not in ("", "chunked"):
        raise AbsurdError(f"bytes in the transfer encoding {transfer[:40]!r}, expected chunked")


def _transfer(response: http.client.HTTPResponse) -> str:
    coding = response.headers.get("Transfer-Encoding", "").strip().lower()
    return "" if coding == "identity" else coding
