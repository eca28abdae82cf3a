"""Detection of rotated pictures from an mp4's header, without decoding."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from sign2text.untrusted.mp4_samples import read_headers

# Offset of the matrix in the content of a track's or a movie's header, by the header's version.
_OFFSETS = {b"tkhd": (40, 52), b"mvhd": (36, 48)}
_UPRIGHT = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_TURNS = slice(0, 20)  # bytes of the matrix before its translation, which only moves the picture


def may_be_turned(path: Path) -> bool:
    """Return whether a display matrix in an mp4 or mov file may turn, flip or scale the pictures.

    The matrix of a track without pictures counts too.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return any(_turns(header) for header in read_headers(path, file, size))


def _turns(header: bytes) -> bool:
    for name, offsets in _OFFSETS.items():
        at = header.find(name)
        while at >= 0:
            version = header[at + 4] if at + 4 < len(header) else 0
            begin = at + 4 + offsets[min(version, 1)]
            matrix = header[begin : begin + 36]
            if matrix and matrix[_TURNS] != _UPRIGHT[_TURNS]:
                return True
            at = header.find(name, at + 4)
    return False
