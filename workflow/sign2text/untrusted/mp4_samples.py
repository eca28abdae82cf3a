"""Bounds on the sample tables of MP4 and QuickTime files, before libav allocates memory for them.

A table may state one size for all samples, and any number of samples: 2 kB become 4 GB.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from sign2text.ground.errors import InputError

_LARGEST_HEADER = 2**28
"""Bytes of a `moov` or `moof` box; for ten hours of video and sound it has about 30 MB."""
_ENTRIES = 2**24
"""Most samples times edits, about 0.4 GB; a large file may have two for each of its bytes."""
_HEADERS = (b"moov", b"moof")
_HIDING = (b"free", b"hoov")  # libav searches them for a header that a writer has voided
_FIRST = (b"mvhd", b"cmov")
# Offset of the number of entries within a box's content.
_TABLES = {b"stsz": 8, b"stz2": 8, b"trun": 4, b"elst": 4}
_BRANCHES = frozenset(b"moov trak mdia minf stbl edts mvex moof traf udta ilst free hoov".split())
# Boxes that contain no boxes and have long or random content.
_LEAVES = frozenset(
    b"stts ctts stss stsc stco co64 sdtp sbgp sgpd saiz saio senc tfhd tfdt mvhd tkhd mdhd hdlr "
    b"vmhd smhd covr".split()
)


def check_samples(path: Path, file: BinaryIO) -> None:
    """Raise InputError if the headers of a file state more samples than the file can hold.

    A sample has at least one byte. The file's other boxes are skipped unread.
    """
    size = os.fstat(file.fileno()).st_size
    samples = edits = 0
    for header in read_headers(path, file, size):
        # A search for table names finds all tables and more: if these fit, parsing is unnecessary.
        most = _sums(_named(header, 0, len(header)), samples, edits)
        if _fit(*most, size):
            samples, edits = most
            continue
        samples, edits = _sums(_tables(header), samples, edits)
        if samples > size:
            raise _absurd(path, f"{samples} samples in {size} bytes", "at most one a byte")
        if not _fit(samples, edits, size):
            raise _absurd(path, f"{edits} edits of {samples} samples", f"at most {_ENTRIES} in all")


def _fit(samples: int, edits: int, size: int) -> bool:
    """Return whether the samples and edits fit into a file of `size` bytes.

    libav lists all samples of a track once more for each edit that shows them.
    """
    return samples <= size and edits * samples <= max(_ENTRIES, 2 * size)


def _sums(tables: Iterable[tuple[bytes, int]], samples: int, edits: int) -> tuple[int, int]:
    """Add the stated samples and edits of `tables` to the counts of earlier headers."""
    for name, entries in tables:
        if name == b"elst":
            edits += entries
        else:
            samples += entries
    return samples, edits


def read_headers(path: Path, file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the contents of the boxes that may hold tables."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(24)
        if len(head) < 8:
            return
        length, name, begin = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), 16
        end = size if length == 0 else min(size, at + length)
        voided = name in _HIDING and head[begin + 4 : begin + 8] in _FIRST
        if name in _HEADERS or voided:
            if end - at > _LARGEST_HEADER:
                raise _absurd(path, f"a header of {end - at} bytes", f"at most {_LARGEST_HEADER}")
            file.seek(at + begin)
            content = file.read(end - at - begin)
            yield content
            yield _inflated(path, content)
        if length and length < begin:  # libav stops there too
            return
        at = end


def _inflated(path: Path, content: bytes) -> bytes:
    """Decompress a header that QuickTime compressed; return nothing for other headers."""
    at = content.find(b"cmvd")
    if at < 0:
        return b""
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(content[at + 8 :], _LARGEST_HEADER // 4)
    except zlib.error:
        return b""
    if inflater.unconsumed_tail:
        raise _absurd(path, "a compressed header", f"at most {_LARGEST_HEADER // 4} bytes of it")
    return found


def _tables(header: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the names and stated numbers of entries of all tables in a header.

    Inside unknown boxes, a table's name is enough: libav may look into them.
    """
    areas = [(0, len(header))]
    while areas:
        at, end = areas.pop()
        while at + 8 <= end:
            length, begin = _number(header, at), 8
            name = header[at + 4 : at + 8]
            if length == 1:
                length, begin = int.from_bytes(header[at + 8 : at + 16], "big"), 16
            after = end if length == 0 else min(end, at + max(begin, length))
            if name in _TABLES:
                yield name, _number(header, at + begin + _TABLES[name])
            elif name in _BRANCHES:
                areas.append((at + begin, after))
            elif name == b"meta":  # only MPEG-4 has a version here
                version = 0 if header[at + begin + 4 : at + begin + 8] == b"hdlr" else 4
                areas.append((at + begin + version, after))
            elif name not in _LEAVES:
                yield from _named(header, at + begin, after)
            at = after


def _named(header: bytes, begin: int, end: int) -> Iterator[tuple[bytes, int]]:
    for name, offset in _TABLES.items():
        at = header.find(name, begin, end)
        while at >= 0:
            shift = 8 if header[at - 4 : at] == b"\0\0\0\1" else 0
            yield name, _number(header, at + 4 + shift + offset)
            at = header.find(name, at + 4, end)


def _number(header: bytes, at: int) -> int:
    return int.from_bytes(header[at : at + 4], "big")


def _absurd(path: Path, found: str, expected: str) -> InputError:
    return InputError(
        f"{path}: not a readable video: its header states {found}, {expected} expected. The file "
        "is damaged or was made to do harm; fetch or make it again."
    )
