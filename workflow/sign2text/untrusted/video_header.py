"""Header of a video's container: number of frames, frame rate, size and codec."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.intervals import are_even
from sign2text.ground.memory import enough_memory
from sign2text.untrusted.pictures import MOST_SIDE
from sign2text.untrusted.video_container import (
    MOST_PIXELS,
    open_container,
    picture_stream,
    reason_of,
)
from sign2text.untrusted.video_packets import (
    NO_TIME,
    REORDERED,
    check_number,
    has_fields,
    read_packets,
)

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


SLOWEST, FASTEST = Fraction(1, 100), Fraction(1000)
"""Frames per second, from a slide show to a camera for slow motion."""
MOST_SECONDS = 10**7
"""Four months; no recording is longer."""


@dataclass(frozen=True)
class Header:
    """Properties that a container declares of its video, before anything is decoded."""

    frames: int
    """Number of declared and shown frames."""
    exact: bool
    """True if exactly these frames are decoded and shown; otherwise only decoding can tell."""
    rate: Fraction
    """Frames per second, on average."""
    even: bool
    """False if the frames' times show uneven intervals."""
    width: int
    height: int
    """Pixels, as stored: a display matrix may turn the pictures."""
    container: str
    codec: str
    pixels: str | None
    """Pixel format, such as yuv420p. All three are libav's names, for a container the first."""
    reordered: bool
    """True if frames are not stored in display order (B-frames)."""


def read_header(path: Path) -> Header:
    """Read the header of a video file without decoding.

    Raises InputError if the file is not a video in a known container, is truncated, has no picture,
    or states a size, rate, duration or number of frames that no recording has.
    """
    status = path.stat()
    return _read_header(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=4096)  # many clips of a corpus may be parts of one file
def _read_header(path: Path, size: int, _changed: int) -> Header:
    import av

    try:
        with enough_memory(path), open_container(path) as container:
            stream = picture_stream(path, container)
            if stream.codec_context is None:
                raise InputError(
                    f"{path}: not a readable video: no decoder is known for its pictures. Convert "
                    "it to H.264 in mp4, or fetch or make it again."
                )
            _check_stated(path, container, stream, size)
            # Read the size before demuxing updates the stream: it must be the container's.
            found = {"width": stream.width, "height": stream.height}
            found["container"] = container.format.name.partition(",")[0]
            found["codec"] = stream.codec_context.codec.canonical_name
            found["pixels"] = stream.codec_context.pix_fmt
            found["reordered"] = stream.codec_context.reorder_depth > 0
            frames, exact, own_rate, even = _count(path, stream, size)
            rate = _rate(path, container, stream, own_rate)
    except (av.FFmpegError, OSError, IndexError) as error:  # IndexError: a late stream
        raise InputError(
            f"{path}: not a readable video ({reason_of(error)}). The file "
            "may have been cut while it was copied or written; fetch or make it again."
        ) from error
    if not frames or not rate:
        raise InputError(
            f"{path}: not a readable video: {frames} frames, {rate or 0} a second. Fetch or make "
            "it again."
        )
    return Header(frames, exact, rate, even, **found)


def _check_stated(path: Path, container: InputContainer, stream: VideoStream, size: int) -> None:
    """Raise InputError for a picture size, a duration or a number of frames beyond the bounds."""
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


def _rate(
    path: Path, container: InputContainer, stream: VideoStream, own: Fraction | None
) -> Fraction:
    """Return frames per second from the container, else from the stamps (`own`), else 0."""
    rate = Fraction(stream.average_rate or stream.guessed_rate or own or 0)
    if container.format.name == "dv" and stream.guessed_rate:
        rate = stream.guessed_rate  # libav's average is the time base's: 60000
    if rate and not SLOWEST <= rate <= FASTEST:
        raise InputError(
            f"{path}: not a readable video: its header states {float(rate):g} frames a second, "
            f"{float(SLOWEST):g} to {float(FASTEST):g} expected. Fetch or make it again."
        )
    return rate


def _count(path: Path, stream: VideoStream, size: int) -> tuple[int, bool, Fraction | None, bool]:
    """Return `frames`, `exact`, the stamps' rate (None if unread) and `even`, as in `Header`.

    They come from the container's index if it is complete (mp4), else from all packets. The index
    also has the place of each frame's bytes, so a truncated file is detected even if its header
    comes first.
    """
    index = stream.index_entries
    check_number(path, len(index))
    if stream.frames and len(index) >= stream.frames:
        frames, end, exact, times = 0, 0, index[0].is_keyframe, []
        for entry in index:
            frames += not entry.is_discard
            end = max(end, entry.pos + entry.size)
            exact = exact and (not times or entry.timestamp > times[-1])
            times.append(entry.timestamp)
        if end > size:
            raise InputError(
                f"{path}: not a readable video: its header speaks of {end} bytes, the file has "
                f"{size}. It was cut while it was copied or written; fetch or make it again."
            )
        # The index is in decoding order. A frame shown before the first key frame comes early.
        exact = exact and frames == len(index) and not has_fields(stream)
        if exact and stream.codec_context.reorder_depth:
            exact = read_packets(path, stream, REORDERED).give_each_a_frame()
        # These are decoding times, which are as even as display times.
        return frames, exact, None, are_even(times)
    packets = read_packets(path, stream)
    exact = bool(packets.pts) and packets.give_each_a_frame() and not has_fields(stream)
    times = sorted(time for time in packets.pts if time != NO_TIME)
    return len(packets.pts), exact, _own_rate(times, stream), are_even(times)


def _own_rate(times: list[int], stream: VideoStream) -> Fraction | None:
    """Return frames per second from the packets' stamps; None if they do not tell."""
    seconds = (times[-1] - times[0]) * stream.time_base if len(times) > 1 else 0
    return Fraction(len(times) - 1) / seconds if seconds else None
