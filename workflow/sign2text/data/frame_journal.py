"""Read the journal of a frame store that was not finished; its form: data/frame_store_writer.py.

Another user or program may have written it, so a line of another form ends what is continued.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

LONGEST_LINE = 2**26
"""Bytes of a clip's line; one of 2**18 frames has about 5 MB."""
_LARGEST_SIZE = 2**31 - 1  # bytes of a frame, as the index holds them


def can_be_continued(*paths: Path) -> bool:
    """True where all are regular files, links unfollowed.

    What a link or a pipe leads to is not the writer's to read, to cut or to wait for.
    """
    return all(path.is_file() and not path.is_symlink() for path in paths)


def take_away(*paths: Path) -> None:
    """Remove links, pipes and other special files; regular ones and folders stay."""
    for path in paths:
        special = path.exists() and not (path.is_file() or path.is_dir())
        if path.is_symlink() or special:
            path.unlink()


def read_records(lines: BinaryIO) -> Iterator[tuple[dict[str, Any], int]]:
    """The objects of a journal, with the lengths of their lines in bytes.

    It ends at a line that was being written when the process died, or has another form.
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
    """True for the line of a clip whose bytes begin at `start` in the tar.

    `source`: what changes with the clip's video; None: nothing is known of it.
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
    """True for the line of a clip that was left out, with a reason that is one line of a table.

    `source`: as in `is_whole`.
    """
    reason = record.get("left_out")
    if record.get("id") != clip or source not in (None, record.get("source")):
        return False
    return isinstance(reason, str) and "" != reason == " ".join(reason.split())


def is_stored(record: dict[str, Any], start: int, part: BinaryIO, held: int) -> bool:
    """True where the tar, of `held` bytes and read up to `start`, has the clip of the record."""
    if record["end"] > held:
        return False
    size = record["end"] - start
    data = part.read(size)
    return len(data) == size and zlib.crc32(data) == record["crc32"]


def _are_numbers(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {int}


def _follow(offsets: list[int], sizes: list[int], start: int, end: int) -> bool:
    """True where frames lie one after the other in [start, end)."""
    at = start
    for offset, size in zip(offsets, sizes, strict=True):
        if offset < at or not 0 < size <= _LARGEST_SIZE:
            return False
        at = offset + size
    return start < at <= end
