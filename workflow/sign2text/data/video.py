"""Read the frames of a clip: a video file, a part of one, or a folder of numbered images.

If the clip names a part of the picture (`#xywh=`), frames are cropped to it.

A part of a video is a media fragment, `lecture.mp4#t=12.30,15.61` (data/fragments.py): the frames
with a time in [start, end). A frame's time comes from its own time stamp, in seconds after the
first displayed frame of the video.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.clip_length import check_length
from sign2text.data.decord_reader import DecordError, read_with_decord, suits_decord
from sign2text.data.fragments import Box, split_box, split_fragment
from sign2text.data.image_folder import count_images, read_images
from sign2text.data.libav_reader import Decoder
from sign2text.data.part_reader import read_part
from sign2text.data.timeline import Timeline, fewer, none_decodes, read_timeline
from sign2text.ground.errors import InputError
from sign2text.ground.files import FILE, FOLDER, NOTHING, kind_of
from sign2text.untrusted.video_header import Header, read_header

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "count_frames",
    "frame_rate",
    "frame_times",
    "has_even_times",
    "read_frames",
    "read_timed_frames",
    "split_fragment",
]

log = logging.getLogger(__name__)


def count_frames(video: str | Path) -> int:
    """Count the frames of a clip, from the folder's list or the container's packets.

    Nothing is decoded if the packets show how many frames are displayed (`Header.exact`): they
    begin with a key frame, each has its own stamp, and none is hidden. Complete files of cameras,
    phones, browsers and editors are like that. Any other video is decoded once, and the result
    cached for its other parts. A clip with too many packets is refused before that.

    Raises:
        InputError: the clip is missing, empty or truncated, nothing of it decodes, an image is
            empty or truncated, or the images' numbering has a gap.
    """
    path, times = split_fragment(video)
    if _is_folder(path, times):
        return count_images(path)
    _check_there(path)
    if times is not None:
        return len(_span(path, times, read_timeline(path)))
    header = read_header(path)
    check_length(path, header.frames)
    return header.frames if header.exact else len(read_timeline(path).stamps)


def frame_rate(video: str | Path) -> float:
    """Return the container's frames per second. Raises InputError for a folder of images."""
    path, _ = split_fragment(video)
    if kind_of(path) == FOLDER:
        raise InputError(
            f"{path}: a folder of images does not say its frame rate; the annotations must."
        )
    _check_there(path)
    return float(read_header(path).rate)


def has_even_times(video: str | Path) -> bool:
    """Return whether the frames of a clip's file come at even intervals, by its container.

    Nothing is decoded. A folder of images is even. Raises InputError for an unreadable file.
    """
    path, _ = split_fragment(video)
    if path.is_dir():
        return True
    _check_there(path)
    return read_header(path).even


def frame_times(video: str | Path) -> tuple[Fraction, ...]:
    """Return the times of a clip's frames, in seconds after the video's first displayed frame.

    If the container has no stamps, they are number / frame rate. Raises InputError as
    `count_frames` does, and for a folder of images, which has no times.
    """
    path, times = _file_of(video)
    timeline = read_timeline(path)
    return tuple(timeline.time(timeline.stamps[n]) for n in _span(path, times, timeline))


def read_frames(video: str | Path) -> Iterator[np.ndarray]:
    """Yield a clip's frames in order, uint8 [H, W, 3] RGB, oriented by the display matrix.

    A part has the frames with a time in [start, end). Images of a folder come in the order of their
    numbers (PHOENIX-2014T and CSL-Daily are published that way). If fewer frames of a video decode
    than its container declares, these are yielded, and the log warns.

    Raises:
        InputError: the clip is missing, unreadable or truncated; no frame of it decodes, or a frame
            of the part does not; the part of the picture lies outside the picture.
    """
    video, box = split_box(video)
    frames = _read(video)
    yield from frames if box is None else (_cropped(video, frame, box) for frame in frames)


def _read(video: str) -> Iterator[np.ndarray]:
    """Yield a clip's frames, uncropped."""
    path, times = split_fragment(video)
    if _is_folder(path, times):
        yield from read_images(path)
        return
    _check_there(path)
    if times is not None:
        timeline = read_timeline(path)
        yield from (frame for _, frame in read_part(path, timeline, _span(path, times, timeline)))
        return
    header = read_header(path)
    check_length(path, header.frames)
    given = 0
    if suits_decord(path, header):
        try:
            for frame in read_with_decord(path, header):
                yield frame
                given += 1
            return
        except DecordError as error:
            log.debug("%s: read with libav from frame %d on (%s)", path, given, error)
    yield from (frame for _, frame in islice(_read_whole(path, header), given, None))


def read_timed_frames(video: str | Path) -> Iterator[tuple[Fraction, np.ndarray]]:
    """Yield the frames of `read_frames`, each with its time as in `frame_times`.

    Raises InputError as `read_frames` does, and for a folder of images, which has no times.
    """
    video, box = split_box(video)
    for time, frame in _read_timed(video):
        yield time, frame if box is None else _cropped(video, frame, box)


def _cropped(video: str, frame: np.ndarray, box: Box) -> np.ndarray:
    """Crop a frame to a box; the parts of the box outside the picture are left out."""
    part = frame[box.y : box.y + box.height, box.x : box.x + box.width]
    if not part.size:
        height, width = frame.shape[:2]
        raise InputError(
            f"{video}: no pixel of its {width} x {height} lies in the box "
            f"{','.join(map(str, box))} (left, top, width, height). The box is of another video, "
            "or of one of another size: fetch the original, or take the clip out."
        )
    return part


def _read_timed(video: str) -> Iterator[tuple[Fraction, np.ndarray]]:
    path, times = _file_of(video)
    timeline = read_timeline(path)
    if times is not None:
        yield from read_part(path, timeline, _span(path, times, timeline))
        return
    header = read_header(path)
    check_length(path, len(timeline.stamps))
    for number, (stamp, frame) in enumerate(_read_whole(path, header)):
        if timeline.numbered:
            stamp = number
        elif stamp is None:  # the decoder does not identify the frame
            stamp = timeline.stamps[min(number, len(timeline.stamps) - 1)]
        yield timeline.time(stamp), frame


def _is_folder(path: Path, times: tuple[float, float] | None) -> bool:
    """Return whether a path is a folder of images; InputError for a part of a folder."""
    is_folder = kind_of(path) == FOLDER
    if times is not None and is_folder:
        raise InputError(
            f"{path}: times found after a folder of images, which has none. Name the folder "
            "without '#t=', and put the images of a part into a folder."
        )
    return is_folder


def _file_of(video: str | Path) -> tuple[Path, tuple[float, float] | None]:
    """Return the video file and times of a clip; InputError for a folder of images."""
    path, times = split_fragment(video)
    if kind_of(path) == FOLDER:
        raise InputError(
            f"{path}: a folder of images does not say when each is shown; a video file is expected."
        )
    _check_there(path)
    return path, times


def _check_there(path: Path) -> None:
    if (kind := kind_of(path)) == NOTHING:
        raise InputError(
            f"{path}: no such video file or folder of frames. Check the path that names it, and "
            "that the corpus was unpacked whole."
        )
    if kind != FILE:
        raise InputError(
            f"{path}: {kind} found, a video file or folder of frames expected. Check the path that "
            "names it."
        )


def _span(path: Path, times: tuple[float, float] | None, timeline: Timeline) -> range:
    """Return the range of a video's frames in [start, end); all frames without times."""
    count = len(timeline.stamps)
    span = range(count) if times is None else timeline.span(*times)
    if not span:
        seconds = timeline.time(timeline.stamps[-1]) + 1 / read_header(path).rate
        raise InputError(
            f"{path}: no frame lies from {times[0]:g} s to {times[1]:g} s; the video has {count} "
            f"frames, {float(seconds):.2f} s. Correct the times, or fetch the video again."
        )
    check_length(path, len(span))
    return span


def _read_whole(path: Path, header: Header) -> Iterator[tuple[int | None, np.ndarray]]:
    """Yield stamps and pictures of all frames of a video."""
    decoder, number = Decoder(path), 0
    for number, (stamp, picture) in enumerate(decoder.pictures(), 1):
        check_length(path, number)
        yield stamp, picture
    if not number:
        raise none_decodes(path, decoder.reason)
    if header.exact and number < header.frames:
        log.warning("%s", fewer(path, number, header.frames, decoder.reason))
