"""Read a whole video with decord, where it is known to give each frame once and in order."""

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
_BYTES_AT_ONCE = 2**29  # of them; fewer than 64 are held where they are larger than 1080p
_DECORD_PIXELS = 4096 * 2304
"""A larger frame is decoded by libav alone: decord keeps some 30 of them, 1 GB at this size."""
PROVEN = frozenset({("mov", "h264")})  # mp4 and mov
"""Containers and codecs that decord reads exactly, as tests/unit/test_exact_frames.py shows.

It goes by frame numbers and takes the next frame for a missing one: in MPEG-TS, for example, it
gives the last frame again for those that its search had passed by.
"""
_PIXELS = frozenset({"yuv420p", "yuvj420p"})
"""Of others, such as those of 10 bits, decord makes slightly other colours than libav."""
_NO_REPEATS = 1e-9  # share of the frames for which decord may give another one


class DecordError(Exception):
    """Decord does not read a file; libav may."""


def suits_decord(path: Path, header: Header) -> bool:
    """Return whether decord reads a video exactly."""
    return (
        (header.container, header.codec) in PROVEN
        # It counts frames that are stored and not shown.
        and header.exact
        and header.pixels in _PIXELS
        and header.width * header.height <= _DECORD_PIXELS
        # It takes no name but in UTF-8.
        and str(path.absolute()).encode(errors="replace") == os.fsencode(path.absolute())
        # It knows turned pictures, and takes mirrored ones for turned.
        and not may_be_turned(path)
    )


def read_with_decord(path: Path, header: Header) -> Iterator[np.ndarray]:
    """Yield the frames of a video, uint8 [H, W, 3] RGB.

    Raises DecordError where the file is damaged or decord cannot read it, and MemoryShortError.
    """
    import decord
    from decord._ffi.base import DECORDLimitReachedError  # no DECORDError

    decord.logging.set_level(decord.logging.QUIET)
    # An assertion is how it says that it found no frame.
    known = (RuntimeError, AssertionError, decord.DECORDError, DECORDLimitReachedError)
    step = max(1, min(FRAMES_AT_ONCE, _BYTES_AT_ONCE // (3 * header.width * header.height)))
    try:
        # Threads inside one short clip do not help; whoever reads many clips runs many processes.
        # The whole path, since a part of a relative one could be taken for a protocol.
        reader = decord.VideoReader(str(path.absolute()), num_threads=1, fault_tol=_NO_REPEATS)
        if len(reader) != header.frames:
            raise DecordError(f"{len(reader)} of {header.frames} frames found")
        for start in range(0, header.frames, step):
            wanted = list(range(start, min(start + step, header.frames)))
            yield from reader.get_batch(wanted).asnumpy()
    except known as error:
        if told := shortage(RuntimeError(str(error)), path):  # it says so in its text alone
            raise MemoryShortError(told) from error
        raise DecordError(str(error)) from error
