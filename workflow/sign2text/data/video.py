"""Read the frames of one clip: a video file, a part of one, or a folder of numbered images.

A part is written as a media fragment (W3C): `lecture.mp4#t=12.30,15.61` is what lies between these
two times, in seconds.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from sign2text.data.clip_length import check_length
from sign2text.data.image_folder import count_images, read_images
from sign2text.ground.errors import InputError, MemoryShortError
from sign2text.ground.memory import enough_memory, shortage
from sign2text.untrusted.video_container import MOST_PIXELS, open_container
from sign2text.untrusted.video_header import Header, read_header

FRAMES_AT_ONCE = 64  # decoded frames held in memory while a clip is read
_BYTES_AT_ONCE = 2**29  # of them; fewer than 64 are held where they are larger than 1080p
_DECORD_PIXELS = 4096 * 2304
"""A larger frame is decoded by libav alone: decord keeps some 30 of them, 1 GB at this size."""
_FRAGMENT = re.compile(r"(?P<path>.+)#t=(?P<start>\d+(?:\.\d+)?),(?P<end>\d+(?:\.\d+)?)")


def split_fragment(video: str | Path) -> tuple[Path, tuple[float, float] | None]:
    """The file or folder of a clip, and its (start, end) in seconds where it is a part of it.

    Raises InputError where there is a `#t=` that does not give two times.
    """
    text = str(video)
    if match := _FRAGMENT.fullmatch(text):
        times = float(match["start"]), float(match["end"])
        if math.isfinite(times[0]) and math.isfinite(times[1]):  # 400 digits make an infinite time
            return Path(match["path"]), times
    if "#t=" in text:
        raise InputError(
            f"{text}: found '#t={text.rpartition('#t=')[2]}', expected start and end in seconds, "
            "such as '#t=12.30,15.61'. Correct the times, or take the clip out."
        )
    return Path(text), None


def count_frames(video: str | Path) -> int:
    """Number of frames of a clip, from the folder's list or the container's header.

    Nothing is decoded. Raises InputError with the reason when the clip is missing, empty or cut,
    when an image is empty or cut, or when the images' numbering has a gap.
    """
    path, times = split_fragment(video)
    if path.is_dir():
        return count_images(path)
    _check_there(path)
    header = read_header(path)
    return len(_span(path, times, header.frames))


def frame_rate(video: str | Path) -> float:
    """Frames a second, by the container. Raises InputError for a folder of images."""
    path, _ = split_fragment(video)
    if path.is_dir():
        raise InputError(
            f"{path}: a folder of images does not say its frame rate; the annotations must."
        )
    _check_there(path)
    return float(read_header(path).rate)


def read_frames(video: str | Path) -> Iterator[np.ndarray]:
    """Yield a clip's frames in order, uint8 [H, W, 3] RGB.

    Of a media fragment these are the frames whose time, number / frame rate of the container, lies
    in [start, end). Images of a folder are in the order of their numbers (PHOENIX-2014T and
    CSL-Daily are published that way).

    Raises:
        InputError: nothing is there, it cannot be read, it was cut, or it holds no frame.
    """
    path, times = split_fragment(video)
    if path.is_dir():
        yield from read_images(path)
    else:
        _check_there(path)
        header = read_header(path)
        # decord counts frames that are stored and not shown, and takes no name but in UTF-8.
        suits_decord = (
            not header.trimmed
            and header.width * header.height <= _DECORD_PIXELS
            and str(path.absolute()).encode(errors="replace") == os.fsencode(path.absolute())
        )
        read = _read_with_decord if suits_decord else _read_with_libav
        yield from read(path, times, header)


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            f"{path}: no such video file or folder of frames. Check the path that names it, and "
            "that the corpus was unpacked whole."
        )


def _span(path: Path, times: tuple[float, float] | None, count: int) -> range:
    """Which of the `count` frames of a video lie in [start, end); all without times."""
    if times is None:
        check_length(path, count)
        return range(count)
    rate = read_header(path).rate
    # Exact: in floating point, 0.28 s at 25 frames a second would be frame 8 instead of 7.
    start, end = (math.ceil(Fraction(repr(time)) * rate) for time in times)
    span = range(start, min(end, count))
    if not span:
        raise InputError(
            f"{path}: no frame lies from {times[0]:g} s to {times[1]:g} s; the video has {count} "
            f"frames, {float(count / rate):.2f} s. Correct the times, or fetch the video again."
        )
    check_length(path, len(span))
    return span


def _read_with_decord(
    path: Path, times: tuple[float, float] | None, header: Header
) -> Iterator[np.ndarray]:
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    # An assertion is how it says that it found no frame.
    known = (RuntimeError, AssertionError, decord.DECORDError)
    try:
        # Threads inside one short clip do not help; whoever reads many clips runs many processes.
        # The whole path, since a part of a relative one could be taken for a protocol.
        reader = decord.VideoReader(str(path.absolute()), num_threads=1)
        count = len(reader)
    except known as error:
        raise _decord_error(
            path,
            error,
            f"{path}: not a readable video ({_first_line(error)}). The file may have been cut "
            "while it was copied or written; fetch or make it again.",
        ) from error
    if count == 0:
        raise InputError(f"{path}: the video has no frames. Fetch or make it again.")
    span = _span(path, times, count)
    step = max(1, min(FRAMES_AT_ONCE, _BYTES_AT_ONCE // (3 * header.width * header.height)))
    for start in range(span.start, span.stop, step):
        wanted = list(range(start, min(start + step, span.stop)))
        try:
            # The reader goes to the key frame before the first one, not through all before it.
            yield from reader.get_batch(wanted).asnumpy()
        except known as error:
            raise _decord_error(
                path,
                error,
                f"{path}: cannot decode frames {wanted[0]} to {wanted[-1]} of {count} "
                f"({_first_line(error)}). The file is damaged; fetch or make it again.",
            ) from error


def _read_with_libav(
    path: Path, times: tuple[float, float] | None, header: Header
) -> Iterator[np.ndarray]:
    """As `_read_with_decord`, from the file's beginning one frame after the other."""
    import av

    span = _span(path, times, header.frames)
    try:
        with enough_memory(path), open_container(path) as container:
            stream = container.streams.video[0]
            # The frames may be of another size than the header states.
            stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
            for frame in islice(container.decode(stream), span.start, span.stop):
                # decord turns a picture as the display matrix says, libav does not.
                picture = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
                yield np.ascontiguousarray(picture)
    except (av.FFmpegError, IndexError) as error:  # the latter: a stream named late
        raise InputError(
            f"{path}: cannot decode all of {header.frames} frames "
            f"({getattr(error, 'strerror', None) or error}). The file is damaged; fetch or make it "
            "again."
        ) from error


def _decord_error(path: Path, error: Exception, message: str) -> InputError:
    """An InputError of that message, unless memory ran out: decord says so in its text alone."""
    if told := shortage(RuntimeError(str(error)), path):
        return MemoryShortError(told)
    return InputError(message)


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__
