"""What a video's container says about it: how many frames, and how many a second."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.memory import enough_memory
from sign2text.untrusted.pictures import MOST_SIDE
from sign2text.untrusted.video_container import MOST_PIXELS, open_container

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


MOST_FRAMES = 2**22
"""Of one file: 19 hours at 60 frames a second. Each is a Python object while they are counted."""
SLOWEST, FASTEST = Fraction(1, 100), Fraction(1000)
"""Frames a second, from a slide show to a camera for slow motion."""
MOST_SECONDS = 10**7
"""Four months; what is longer is no recording."""


@dataclass(frozen=True)
class Header:
    """Number of frames shown, frames a second, whether others are stored too, and size in pixels.

    A file is `trimmed` when somebody cut it without encoding it anew: what is needed to decode the
    first frame is still there, and the container says that it is not to be shown.
    """

    frames: int
    rate: Fraction
    trimmed: bool
    width: int
    height: int


def read_header(path: Path) -> Header:
    """The header of a video file; nothing is decoded.

    Raises InputError when the file is no video of a known container, was cut, holds no picture, or
    states a size, rate, length or number of frames that no recording has.
    """
    status = path.stat()
    return _read_header(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=4096)  # many clips of a corpus may be parts of one file
def _read_header(path: Path, size: int, _changed: int) -> Header:
    import av

    try:
        with enough_memory(path), open_container(path) as container:
            if not container.streams.video:
                raise InputError(f"{path}: not a readable video: it holds no picture.")
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise InputError(
                    f"{path}: not a readable video: no decoder is known for its pictures. Convert "
                    "it to H.264 in mp4, or fetch or make it again."
                )
            _check_stated(path, container, stream, size)
            frames, stored = _count(path, container, stream, size)
            rate = _rate(path, container, stream)
            width, height = stream.width, stream.height
    except (av.FFmpegError, OSError, IndexError) as error:  # the last: a stream named late
        raise InputError(
            f"{path}: not a readable video ({getattr(error, 'strerror', None) or error}). The file "
            "may have been cut while it was copied or written; fetch or make it again."
        ) from error
    if not frames or not rate:
        raise InputError(
            f"{path}: not a readable video: {frames} frames, {rate or 0} a second. Fetch or make "
            "it again."
        )
    return Header(frames, rate, stored > frames, width, height)


def _check_stated(path: Path, container: InputContainer, stream: VideoStream, size: int) -> None:
    """Raise InputError for a picture's size, a length or a number of frames out of all bounds."""
    width, height = stream.width, stream.height
    seconds = (container.duration or 0) / 1_000_000
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and width * height <= MOST_PIXELS):
        found = f"{width} x {height} pixels" if width and height else "no size, or too large a one"
        expected = f"1 to {MOST_SIDE} a side and at most {MOST_PIXELS} in all"
    elif not 0 <= stream.frames <= size:
        found, expected = f"{stream.frames} frames in {size} bytes", "at most one a byte"
    elif not 0 <= seconds <= MOST_SECONDS:
        found, expected = f"{seconds:g} s", f"0 to {MOST_SECONDS} s"
    else:
        return
    raise InputError(
        f"{path}: not a readable video: its header states {found}, {expected} expected. Make it "
        "smaller or shorter, or fetch or make it again where it is neither."
    )


def _rate(path: Path, container: InputContainer, stream: VideoStream) -> Fraction:
    """Frames a second; 0 where the container says nothing."""
    rate = Fraction(stream.average_rate or stream.guessed_rate or 0)
    if container.format.name == "dv" and stream.guessed_rate:
        rate = stream.guessed_rate  # libav's average is that of the time base there: 60000
    if rate and not SLOWEST <= rate <= FASTEST:
        raise InputError(
            f"{path}: not a readable video: its header states {float(rate):g} frames a second, "
            f"{float(SLOWEST):g} to {float(FASTEST):g} expected. Fetch or make it again."
        )
    return rate


def _count(
    path: Path, container: InputContainer, stream: VideoStream, size: int
) -> tuple[int, int]:
    """Frames that are shown, and frames that are stored.

    The container's index tells where it is whole (mp4), else all packets are gone through. The
    index also says where each frame's bytes are, so a file that was cut is found out even when
    its header came first.
    """
    index = stream.index_entries
    if len(index) > MOST_FRAMES:
        raise _too_many(path)
    if stream.frames and len(index) >= stream.frames:
        frames, end = 0, 0
        for entry in index:
            frames += not entry.is_discard
            end = max(end, entry.pos + entry.size)
        if end > size:
            raise InputError(
                f"{path}: not a readable video: its header speaks of {end} bytes, the file has "
                f"{size}. It was cut while it was copied or written; fetch or make it again."
            )
        return frames, len(index)
    shown = []
    for packet in container.demux(stream):
        if packet.size:
            shown.append(not packet.is_discard)
            if len(shown) > MOST_FRAMES:
                raise _too_many(path)
    return sum(shown), len(shown)


def _too_many(path: Path) -> InputError:
    return InputError(
        f"{path}: more than {MOST_FRAMES} frames found, at most that many expected of a video. Cut "
        "it into shorter ones."
    )
