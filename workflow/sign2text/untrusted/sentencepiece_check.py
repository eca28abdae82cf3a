"""Checks of SentencePiece models and their character maps, before a library follows them.

A model is a protobuf message: fields with a number and a content. Only its outline is read here.
A library would create objects for all its content, and follow the map.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sign2text.ground.errors import InputError

LARGEST_MODEL = 64 * 2**20
"""Bytes; the largest published models have 5 MB."""
MOST_PIECES = 2**20
_OTHERS = 1000  # fields other than pieces; five are known
LONGEST_PIECE = 4096
"""Bytes; pieces are words or parts of words. The library tries all ways to cut them in two."""
LONGEST_WRITTEN = 64
"""Bytes of one character's replacement; the longest of Unicode's compatibility forms has 33."""
_PIECES, _NORMALIZER, _DENORMALIZER, _RULES = 1, 3, 5, 2  # field numbers
_BLOCK = 256
"""Units in a block of a map's tree (a double array, darts-clone): one for every byte."""


def check_sentencepiece(path: Path) -> None:
    """Raise InputError if a SentencePiece model is truncated or has invalid content."""
    if (size := path.stat().st_size) > LARGEST_MODEL:
        raise _no_model(path, f"{size} bytes found, at most {LARGEST_MODEL} expected")
    data = path.read_bytes()
    pieces = 0
    for number, (field, start, end) in enumerate(_fields(path, data, 0, len(data))):
        if number > MOST_PIECES + _OTHERS:
            raise _no_model(path, f"more than {number} fields found")
        if field == _PIECES:
            pieces += 1
            if end - start > LONGEST_PIECE or pieces > MOST_PIECES:
                raise _no_model(
                    path,
                    f"piece {pieces} has {end - start} bytes; at most {LONGEST_PIECE} bytes and "
                    f"{MOST_PIECES} pieces expected",
                )
        elif field in (_NORMALIZER, _DENORMALIZER):
            for inner, begin, stop in _fields(path, data, start, end):
                if inner == _RULES and begin < stop:
                    check_map(data[begin:stop], f"{path}: its character map")
    if not pieces:
        raise _no_model(path, "no pieces found")


def check_map(data: bytes, where: str) -> None:
    """Raise InputError if the rules for normalising text point outside their own data.

    The rules are a tree of characters, a double array of 32-bit units, followed by the characters'
    replacements, each ended by a zero. The library follows both without checks.

    Args:
        data: the rules as SentencePiece stores them (`precompiled_charsmap`).
        where: start of the message.
    """
    size = int.from_bytes(data[:4], "little")
    if len(data) < 4 or size % (4 * _BLOCK) or not 0 < size <= len(data) - 4:
        raise _no_map(where, f"its tree has {size} of {len(data)} bytes")
    units = np.frombuffer(data, "<u4", size // 4, 4).astype(np.int64)
    written = np.frombuffer(data, np.uint8, offset=4 + size)
    offsets = (units >> 10) << ((units & 512) >> 6)
    inner = units < 2**31  # the others are leaves, which hold an offset in the replacements
    places = np.arange(len(units)) ^ offsets
    if (places[inner] >= len(units)).any():
        raise _no_map(where, "a branch leads out of its tree")
    starts = units[places[inner & (units & 256 > 0)]] & (2**31 - 1)
    if (starts >= len(written)).any() or (written[starts] & 0xC0 == 0x80).any():
        raise _no_map(where, "a leaf leads out of what is written")
    ends = np.flatnonzero(np.append(written, 0) == 0)
    longest = int(np.diff(ends, prepend=-1).max()) - 1
    if longest > LONGEST_WRITTEN:
        raise _no_map(where, f"a character becomes {longest} bytes, at most {LONGEST_WRITTEN} do")


def _fields(path: Path, data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (number, start, end) of each field of a message."""
    while start < end:
        tag, start = _number(path, data, start, end)
        kind = tag & 7
        if kind == 0:
            length, (_, begin) = 0, _number(path, data, start, end)
        elif kind == 2:
            length, begin = _number(path, data, start, end)
        elif kind in (1, 5):
            length, begin = (8 if kind == 1 else 4), start
        else:
            raise _no_model(path, f"a field of kind {kind} found at byte {start}")
        if begin + length > end:
            raise _no_model(path, f"it ends within a field, at byte {end}")
        yield tag >> 3, begin, begin + length
        start = begin + length


def _number(path: Path, data: bytes, start: int, end: int) -> tuple[int, int]:
    """Read a number with seven bits per byte; return it and the position after it."""
    value = 0
    for place in range(start, min(start + 10, end)):
        value |= (data[place] & 127) << (7 * (place - start))
        if data[place] < 128:
            return value, place + 1
    raise _no_model(path, f"a number that does not end found at byte {start}")


def _no_model(path: Path, found: str) -> InputError:
    return InputError(
        f"{path}: is no SentencePiece model ({found}). Delete it and fetch the model again, or use "
        "another one."
    )


def _no_map(where: str, found: str) -> InputError:
    return InputError(
        f"{where} is none of SentencePiece ({found}). Fetch the model again, or use another one."
    )
