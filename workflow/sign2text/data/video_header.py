"""What a video's container says about it: how many frames, and how many a second."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.errors import InputError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


@dataclass(frozen=True)
class Header:
    """Number of frames that are shown, frames a second, and whether others are stored too.

    A file is `trimmed` when somebody cut it without encoding it anew: what is needed to decode the
    first frame is still there, and the container says that it is not to be shown.
    """

    frames: int
    rate: Fraction
    trimmed: bool


def read_header(path: Path) -> Header:
    """The header of a video file; nothing is decoded.

    Raises InputError when the file is no video, was cut, or holds no picture.
    """
    status = path.stat()
    return _read_header(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=4096)  # many clips of a corpus may be parts of one file
def _read_header(path: Path, size: int, _changed: int) -> Header:
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise InputError(f"{path}: not a readable video: it holds no picture.")
            stream = container.streams.video[0]
            frames, stored = _count(path, container, stream, size)
            rate = stream.average_rate or stream.guessed_rate
    except (av.FFmpegError, OSError) as error:
        raise InputError(
            f"{path}: not a readable video ({error.strerror or error}). The file may have been cut "
            "while it was copied or written; fetch or make it again."
        ) from error
    if not frames or not rate:
        raise InputError(
            f"{path}: not a readable video: {frames} frames, {rate or 0} a second. Fetch or make "
            "it again."
        )
    return Header(frames, Fraction(rate), trimmed=stored > frames)


def _count(
    path: Path, container: InputContainer, stream: VideoStream, size: int
) -> tuple[int, int]:
    """Frames that are shown, and frames that are stored.

    The container's index tells where it is whole (mp4), else all packets are gone through. The
    index also says where each frame's bytes are, so a file that was cut is found out even when
    its header came first.
    """
    index = stream.index_entries
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
    shown = [not packet.is_discard for packet in container.demux(stream) if packet.size]
    return sum(shown), len(shown)
