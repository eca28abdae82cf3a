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

from sign2text.data.video_header import read_header
from sign2text.errors import InputError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
FRAMES_AT_ONCE = 64  # decoded frames held in memory while a clip is read
_FRAGMENT = re.compile(r"(?P<path>.+)#t=(?P<start>\d+(?:\.\d+)?),(?P<end>\d+(?:\.\d+)?)")
_NUMBER = re.compile(r"\d+(?=\D*$)")
_TAIL = 32  # bytes of an image's end that are looked at
_PADDING = b"\0\xff\t\n\r "  # what some writers put behind an image
_JPEG_START, _JPEG_SCAN, _JPEG_END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


def split_fragment(video: str | Path) -> tuple[Path, tuple[float, float] | None]:
    """The file or folder of a clip, and its (start, end) in seconds where it is a part of it.

    Raises InputError where there is a `#t=` that does not give two times.
    """
    text = str(video)
    if match := _FRAGMENT.fullmatch(text):
        return Path(match["path"]), (float(match["start"]), float(match["end"]))
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
        return _count_images(path)
    _check_there(path)
    header = read_header(path)
    return header.frames if times is None else len(_span(path, times, header.frames))


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
        yield from _read_images(path)
    else:
        _check_there(path)
        read = _read_trimmed if read_header(path).trimmed else _read_video
        yield from read(path, times)


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            f"{path}: no such video file or folder of frames. Check the path that names it, and "
            "that the corpus was unpacked whole."
        )


def _span(path: Path, times: tuple[float, float], count: int) -> range:
    """Which of the `count` frames of a video lie in [start, end)."""
    rate = read_header(path).rate
    # Exact: in floating point, 0.28 s at 25 frames a second would be frame 8 instead of 7.
    start, end = (math.ceil(Fraction(repr(time)) * rate) for time in times)
    span = range(start, min(end, count))
    if not span:
        raise InputError(
            f"{path}: no frame lies from {times[0]:g} s to {times[1]:g} s; the video has {count} "
            f"frames, {float(count / rate):.2f} s. Correct the times, or fetch the video again."
        )
    return span


def _images(folder: Path) -> list[Path]:
    """The images of a folder in the order of their numbers, those without one by name."""

    def order(path: Path) -> tuple[int, str]:
        number = _NUMBER.search(path.stem)
        return (int(number[0]) if number else -1, path.name)

    found = [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES]
    paths = sorted((p for p in found if not p.name.startswith(".")), key=order)
    if not paths:
        raise InputError(
            f"{folder}: the folder holds no frame; expected images named in order of time "
            f"({', '.join(IMAGE_SUFFIXES)}). Unpack the clip again."
        )
    return paths


def _count_images(folder: Path) -> int:
    paths = _images(folder)
    numbers = [_NUMBER.search(path.stem) for path in paths]
    if None in numbers:
        name = paths[numbers.index(None)].name
        raise InputError(f"{folder}: {name} has no number; expected names such as 000001.png.")
    expected = min(1, int(numbers[0][0]))  # some count from 0, some from 1
    for number, path in zip(numbers, paths, strict=True):
        if int(number[0]) != expected:
            problem = "stands twice" if int(number[0]) < expected else "is missing"
            raise InputError(
                f"{folder}: frame {min(expected, int(number[0]))} {problem}, {path.name} found; "
                "expected numbers without a gap, from 0 or 1. Unpack the clip again."
            )
        expected += 1
    for path in paths:
        _check_whole(path)
    return len(paths)


def _check_whole(path: Path) -> None:
    """Raise InputError when an image is empty, cut or none; of a whole one only the end is read.

    libjpeg gives grey rows for what is missing and no error, so decoding does not find it out.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            end = file.read().rstrip(_PADDING)
        whole = end.endswith((_JPEG_END, _PNG_END)) or (size > 0 and _has_end(path))
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}). Check its rights and its disk."
        ) from error
    if size == 0:
        raise InputError(f"{path}: the image has no bytes. Unpack the clip again.")
    if not whole:
        raise InputError(
            f"{path}: the image was cut: its end is not that of a JPEG or PNG. Unpack or copy the "
            "clip again."
        )


def _has_end(path: Path) -> bool:
    """Whether an image with something behind it has an end; of other formats it is not known.

    Raises InputError when the file is no image.
    """
    import cv2

    data = path.read_bytes()
    if data.startswith(_PNG_START):
        return _PNG_END in data
    if data.startswith(_JPEG_START):
        # The end that stands before the last scan is that of a thumbnail in the header.
        return data.rfind(_JPEG_END) > data.rfind(_JPEG_SCAN)
    if not cv2.haveImageReader(str(path)):
        raise _not_readable(path)
    return True


def _not_readable(path: Path) -> InputError:
    return InputError(f"{path}: not a readable image. Unpack or copy the clip again.")


def _read_images(folder: Path) -> Iterator[np.ndarray]:
    import cv2

    for path in _images(folder):
        _check_whole(path)
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise _not_readable(path)
        yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _read_video(path: Path, times: tuple[float, float] | None) -> Iterator[np.ndarray]:
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    try:
        # Threads inside one short clip do not help; whoever reads many clips runs many processes.
        reader = decord.VideoReader(str(path), num_threads=1)
        count = len(reader)
    except (RuntimeError, decord.DECORDError) as error:
        raise InputError(
            f"{path}: not a readable video ({_first_line(error)}). The file may have been cut "
            "while it was copied or written; fetch or make it again."
        ) from error
    if count == 0:
        raise InputError(f"{path}: the video has no frames. Fetch or make it again.")
    span = range(count) if times is None else _span(path, times, count)
    for start in range(span.start, span.stop, FRAMES_AT_ONCE):
        wanted = list(range(start, min(start + FRAMES_AT_ONCE, span.stop)))
        try:
            # The reader goes to the key frame before the first one, not through all before it.
            yield from reader.get_batch(wanted).asnumpy()
        except (RuntimeError, decord.DECORDError) as error:
            raise InputError(
                f"{path}: cannot decode frames {wanted[0]} to {wanted[-1]} of {count} "
                f"({_first_line(error)}). The file is damaged; fetch or make it again."
            ) from error


def _read_trimmed(path: Path, times: tuple[float, float] | None) -> Iterator[np.ndarray]:
    """As `_read_video`, for a file that stores frames which are not shown: decord counts them."""
    import av

    count = read_header(path).frames
    span = range(count) if times is None else _span(path, times, count)
    with av.open(str(path)) as container:
        shown = islice(container.decode(video=0), span.start, span.stop)
        try:
            for frame in shown:
                yield frame.to_ndarray(format="rgb24")
        except av.FFmpegError as error:
            raise InputError(
                f"{path}: cannot decode all of {count} frames ({error.strerror}). The file is "
                "damaged; fetch or make it again."
            ) from error


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__
