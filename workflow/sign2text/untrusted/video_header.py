"""What a video's container says about it: how many frames, and how many a second."""

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
"""Frames a second, from a slide show to a camera for slow motion."""
MOST_SECONDS = 10**7
"""Four months; what is longer is no recording."""


@dataclass(frozen=True)
class Header:
    """What a container declares of its video, before anything is decoded."""

    frames: int
    """Frames that are declared and shown."""
    exact: bool
    """True where just these frames are decoded and shown; otherwise only decoding tells."""
    rate: Fraction
    """Frames a second, on average."""
    even: bool
    """False where the frames' times show that they come at uneven intervals."""
    width: int
    height: int
    """In pixels, as stored: a display matrix may turn the pictures."""
    container: str
    codec: str
    pixels: str | None
    """libav's names of these, of a container the first; `pixels` is such as yuv420p."""
    reordered: bool
    """True where frames are not stored in the order in which they are shown (B-frames)."""


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
            stream = picture_stream(path, container)
            if stream.codec_context is None:
                raise InputError(
                    f"{path}: not a readable video: no decoder is known for its pictures. Convert "
                    "it to H.264 in mp4, or fetch or make it again."
                )
            _check_stated(path, container, stream, size)
            # Of what demuxing adds to the stream, the size is to be what the container states.
            found = {"width": stream.width, "height": stream.height}
            found["container"] = container.format.name.partition(",")[0]
            found["codec"] = stream.codec_context.codec.canonical_name
            found["pixels"] = stream.codec_context.pix_fmt
            found["reordered"] = stream.codec_context.reorder_depth > 0
            frames, exact, own_rate, even = _count(path, stream, size)
            rate = _rate(path, container, stream, own_rate)
    except (av.FFmpegError, OSError, IndexError) as error:  # the last: a stream named late
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


def _rate(
    path: Path, container: InputContainer, stream: VideoStream, own: Fraction | None
) -> Fraction:
    """Frames a second; where the container says nothing, by the stamps (`own`), and 0 without."""
    rate = Fraction(stream.average_rate or stream.guessed_rate or own or 0)
    if container.format.name == "dv" and stream.guessed_rate:
        rate = stream.guessed_rate  # libav's average is that of the time base there: 60000
    if rate and not SLOWEST <= rate <= FASTEST:
        raise InputError(
            f"{path}: not a readable video: its header states {float(rate):g} frames a second, "
            f"{float(SLOWEST):g} to {float(FASTEST):g} expected. Fetch or make it again."
        )
    return rate


def _count(path: Path, stream: VideoStream, size: int) -> tuple[int, bool, Fraction | None, bool]:
    """Frames that are shown, and as in `Header` exact, rate where it is looked at, and even.

    The container's index tells where it is whole (mp4), else all packets are gone through. The
    index also says where each frame's bytes are, so a file that was cut is found out even when
    its header came first.
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
        # The index has the order of decoding. What is shown before the first key frame comes soon.
        exact = exact and frames == len(index) and not has_fields(stream)
        if exact and stream.codec_context.reorder_depth:
            exact = read_packets(path, stream, REORDERED).give_each_a_frame()
        # Times of decoding, which are as even as those of showing.
        return frames, exact, None, are_even(times)
    packets = read_packets(path, stream)
    exact = bool(packets.pts) and packets.give_each_a_frame() and not has_fields(stream)
    times = sorted(time for time in packets.pts if time != NO_TIME)
    return len(packets.pts), exact, _own_rate(times, stream), are_even(times)


def _own_rate(times: list[int], stream: VideoStream) -> Fraction | None:
    """Frames a second by the packets' stamps; None where these do not tell."""
    seconds = (times[-1] - times[0]) * stream.time_base if len(times) > 1 else 0
    return Fraction(len(times) - 1) / seconds if seconds else None
