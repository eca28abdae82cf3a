"""Read a whole video with decord if decord is known to give each frame once and in order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import MemoryShortError
from sign2text.ground.memory import shortage
from sign2text.untrusted.display_matrix import may_be_turned

if TYPE_CHECKING:
    import numpy as np

    from sign2text.untrusted.video_header import Header

FRAMES_AT_ONCE = 64  # decoded frames held in memory while a clip is read
_BYTES_AT_ONCE = 2**29  # limit for these: fewer than 64 if they are larger than 1080p
_DECORD_PIXELS = 4096 * 2304
"""Maximum pixels of a frame for decord, which keeps about 30 frames: 1 GB at this size."""
PROVEN = frozenset({("mov", "h264")})  # mp4 and mov
"""Containers and codecs that decord reads exactly, as tests/unit/test_exact_frames.py shows.

Decord addresses frames by number and returns the next one for a missing one. In MPEG-TS, for
example, it repeats the last frame for those that its seek skipped.
"""
_PIXELS = frozenset({"yuv420p", "yuvj420p"})
"""Pixel formats with exact colours; for others, such as 10 bits, decord differs from libav."""
_NO_REPEATS = 1e-9  # share of frames that decord may replace


class DecordError(Exception):
    """Error for a file that decord cannot read, although libav may."""


def suits_decord(path: Path, header: Header) -> bool:
    """Return whether decord reads a video exactly."""
    return (
        (header.container, header.codec) in PROVEN
        # Decord counts stored frames that are not shown.
        and header.exact
        and header.pixels in _PIXELS
        and header.width * header.height <= _DECORD_PIXELS
        # Decord opens only names in UTF-8.
        and str(path.absolute()).encode(errors="replace") == os.fsencode(path.absolute())
        # Decord rotates pictures, but mistakes mirrored ones for rotated ones.
        and not may_be_turned(path)
    )


def read_with_decord(path: Path, header: Header) -> Iterator[np.ndarray]:
    """Yield the frames of a video, uint8 [H, W, 3] RGB.

    Raises DecordError if the file is damaged or decord cannot read it, and MemoryShortError.
    """
    import decord
    from decord._ffi.base import DECORDLimitReachedError  # not a DECORDError

    decord.logging.set_level(decord.logging.QUIET)
    # Decord raises AssertionError if it finds no frame.
    known = (RuntimeError, AssertionError, decord.DECORDError, DECORDLimitReachedError)
    step = max(1, min(FRAMES_AT_ONCE, _BYTES_AT_ONCE // (3 * header.width * header.height)))
    try:
        # Threads do not help within a short clip, and callers with many clips run many processes.
        # The path is absolute, since part of a relative one could be taken for a protocol.
        reader = decord.VideoReader(str(path.absolute()), num_threads=1, fault_tol=_NO_REPEATS)
        if len(reader) != header.frames:
            raise DecordError(f"{len(reader)} of {header.frames} frames found")
        for start in range(0, header.frames, step):
            wanted = list(range(start, min(start + step, header.frames)))
            yield from reader.get_batch(wanted).asnumpy()
    except known as error:
        if told := shortage(RuntimeError(str(error)), path):  # decord's message is the only sign
            raise MemoryShortError(told) from error
        raise DecordError(str(error)) from error
