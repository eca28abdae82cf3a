"""Reading of a tar's members in one pass, with bounded memory and time.

tarfile only parses the header blocks. Its loop over members is unsuitable: before Python 3.11.10 it
searches extended headers in quadratic time, reads a header of a gigabyte into memory, and fills
sparse files with terabytes of zeros.
"""

from __future__ import annotations

import math
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

BLOCK = tarfile.BLOCKSIZE
LONGEST_HEADER = 2**20
"""Bytes of an extended header: a path has 4,096, a Mac's attributes may have 100,000."""
MOST_HEADERS = 8  # extended headers in front of a member; archivers write two at most
_LATEST = 2.0**33  # seconds since 1970, in the year 2242: about the limit of file systems
_LONG = {tarfile.GNUTYPE_LONGNAME: "name", tarfile.GNUTYPE_LONGLINK: "target"}
_EXTENDED = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_PAX = {b"path": "name", b"linkpath": "target", b"size": "size", b"mtime": "mtime"}


@dataclass
class TarMember:
    """A member, as its headers describe it."""

    name: str
    type: bytes
    """One of tarfile's types; the caller must refuse FIFOs, devices and the like."""
    size: int
    """Bytes of its content; only files have content."""
    target: str
    """Target of a link."""
    mtime: float | None
    """Seconds since 1970; None if the archive has no valid file time."""

    @property
    def is_file(self) -> bool:
        return self.type in tarfile.REGULAR_TYPES and not self.is_sparse

    @property
    def is_sparse(self) -> bool:
        return self.type == tarfile.GNUTYPE_SPARSE


class TarReader:
    """An iterator over the members; read a member's content before advancing to the next.

    Raises tarfile.TarError and EOFError for damaged or truncated archives.
    """

    def __init__(self, file: IO[bytes], count: Callable[[int], object]) -> None:
        """Read from `file`, and call `count` with bytes of headers, padding and skipped content."""
        self._file, self._count = file, count
        self._left = self._padding = 0  # unread bytes of the current member

    def __iter__(self) -> Iterator[TarMember]:
        while (member := self._next()) is not None:
            if member.is_file or member.type not in tarfile.SUPPORTED_TYPES:
                self._left, self._padding = member.size, -member.size % BLOCK
            yield member

    def content(self, most: int) -> bytes:
        """Read up to `most` more bytes of the current member's content; b"" at its end."""
        data = self._exactly(min(most, self._left))
        self._left -= len(data)
        return data

    def _next(self) -> TarMember | None:
        """Return the next member, or None after the last one."""
        self._skip()
        changes: dict[str, str | int | float | None] = {}
        for _ in range(MOST_HEADERS + 1):
            block = self._header(BLOCK)
            if not block.strip(b"\0"):
                self._check_end()
                return None
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            if info.type in _LONG:
                text = self._extended(info).rstrip(b"\0")
                changes[_LONG[info.type]] = text.decode("utf-8", "surrogateescape")
            elif info.type in _EXTENDED:
                changes |= _read_pax(self._extended(info))
            elif info.type == tarfile.XGLTYPE:
                if _read_pax(self._extended(info)).keys() - {"mtime"}:
                    raise tarfile.ReadError("a global header names or sizes all members")
            else:
                return _member(info, changes)
        raise tarfile.ReadError(f"more than {MOST_HEADERS} headers in front of one member")

    def _extended(self, info: tarfile.TarInfo) -> bytes:
        if not 0 <= info.size <= LONGEST_HEADER:
            raise tarfile.ReadError(
                f"a header of {info.size} bytes found, at most {LONGEST_HEADER} expected"
            )
        return self._header(info.size + -info.size % BLOCK)[: info.size]

    def _skip(self) -> None:
        """Skip the unread content of the current member."""
        while self._left:
            self._count(len(self.content(2**20)))
        self._header(self._padding)
        self._padding = 0

    def _header(self, size: int) -> bytes:
        self._count(size)
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        while len(data) < size:
            more = self._file.read(size - len(data))
            if not more:
                raise EOFError("the end of the archive is missing")
            data += more
        return data

    def _check_end(self) -> None:
        """Check that only zeros follow the end, since a damaged header can look like the end."""
        while block := self._file.read(2**20):
            self._count(len(block))
            if block.strip(b"\0"):
                raise tarfile.ReadError("there is more after what looks like the end")


def _member(info: tarfile.TarInfo, changes: dict[str, str | int | float | None]) -> TarMember:
    size = changes.get("size", info.size)
    if size < 0:
        raise tarfile.ReadError(f"a member of {size} bytes")
    mtime = changes.get("mtime", info.mtime)
    return TarMember(
        name=changes.get("name", info.name),
        type=info.type if "sparse" not in changes else tarfile.GNUTYPE_SPARSE,
        size=size,
        target=changes.get("target", info.linkname),
        mtime=mtime if mtime is not None and 0 <= mtime <= _LATEST else None,
    )


def _read_pax(data: bytes) -> dict[str, str | int | float | None]:
    """Parse an extended header: a member's name, target, size, time, and whether it is sparse.

    A record consists of its length in digits, a space, a key, an equals sign, a value and a
    newline.
    """
    found: dict[str, str | int | float | None] = {}
    position = 0
    while position < len(data) and data[position]:
        digits = data[position : position + 8].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        record = data[position + len(digits) + 1 : position + length]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n") or position + length > len(data):
            raise tarfile.ReadError("an extended header of another form")
        if key.startswith(b"GNU.sparse."):
            found["sparse"] = None
        elif key in _PAX:
            found[_PAX[key]] = _pax_value(key, value[:-1])
        position += length
    return found


def _pax_value(key: bytes, value: bytes) -> str | int | float | None:
    if key == b"size":
        if not value.isdigit() or len(value) > 19:
            raise tarfile.ReadError(f"a size of {value[:20]!r}")
        return int(value)
    if key == b"mtime":
        try:
            time = float(value[:40])
        except ValueError:
            return None
        return time if math.isfinite(time) else None
    return value.decode("utf-8", "surrogateescape")
