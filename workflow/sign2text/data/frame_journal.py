"""Read the journal of an incomplete frame store (format: data/frame_store_writer.py).

Another user or program may have written it, so clips are kept up to the first invalid line.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

LONGEST_LINE = 2**26
"""Maximum bytes of a clip's line; the line of a clip with 2**18 frames has about 5 MB."""
_LARGEST_SIZE = 2**31 - 1  # bytes of a frame; the index holds int32


def can_be_continued(*paths: Path) -> bool:
    """Return whether all paths are regular files, without following links.

    The writer must not read, truncate or wait for the target of a link or a pipe.
    """
    return all(path.is_file() and not path.is_symlink() for path in paths)


def take_away(*paths: Path) -> None:
    """Remove links, pipes and other special files; keep regular files and folders."""
    for path in paths:
        special = path.exists() and not (path.is_file() or path.is_dir())
        if path.is_symlink() or special:
            path.unlink()


def read_records(lines: BinaryIO) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the records of a journal, with the lengths of their lines in bytes.

    Stops at an invalid line and at the incomplete line of a process that was killed.
    """
    while (line := lines.readline(LONGEST_LINE)).endswith(b"\n"):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(record, dict):
            return
        yield record, len(line)


def is_whole(record: dict[str, Any], clip: str, source: str | None, start: int) -> bool:
    """Return whether a record is a valid entry of `clip`, with bytes that begin at `start`.

    `source` changes with the clip's video; None if unknown.
    """
    if record.get("id") != clip or source not in (None, record.get("source")):
        return False
    end, offsets, sizes = (record.get(key) for key in ("end", "offsets", "sizes"))
    if not (_are_numbers([end, record.get("crc32")]) and isinstance(offsets, list)):
        return False
    if not (isinstance(sizes, list) and len(sizes) == len(offsets)):
        return False
    return _are_numbers(offsets + sizes) and _follow(offsets, sizes, start, end)


def is_left_out(record: dict[str, Any], clip: str, source: str | None) -> bool:
    """Return whether a record leaves `clip` out, with a reason that fits into one line of a table.

    `source`: as in `is_whole`.
    """
    reason = record.get("left_out")
    if record.get("id") != clip or source not in (None, record.get("source")):
        return False
    return isinstance(reason, str) and "" != reason == " ".join(reason.split())


def is_stored(record: dict[str, Any], start: int, part: BinaryIO, held: int) -> bool:
    """Return whether the tar, of `held` bytes and read up to `start`, has the record's clip."""
    if record["end"] > held:
        return False
    size = record["end"] - start
    data = part.read(size)
    return len(data) == size and zlib.crc32(data) == record["crc32"]


def _are_numbers(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {int}


def _follow(offsets: list[int], sizes: list[int], start: int, end: int) -> bool:
    """Return whether the frames lie one after the other in [start, end)."""
    at = start
    for offset, size in zip(offsets, sizes, strict=True):
        if offset < at or not 0 < size <= _LARGEST_SIZE:
            return False
        at = offset + size
    return start < at <= end
