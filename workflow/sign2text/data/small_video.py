"""A clip as a small H.264 video in memory, for a page that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import numpy as np

KEYFRAMES = 50  # frames between key frames: what a browser decodes at most when one jumps
POSTER_QUALITY = 55  # of JPEG; the picture is seen until the video plays


class SmallVideo(NamedTuple):
    """The bytes of an MP4 file and of a JPEG of its middle frame, and the size of both."""

    video: bytes
    poster: bytes
    width: int
    height: int


def small_size(width: int, height: int, highest: int) -> tuple[int, int]:
    """Width and height, scaled down to `highest` where needed, both even as H.264 needs them.

    >>> small_size(1280, 720, 240)
    (426, 240)
    """
    scale = min(1.0, highest / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def encode_small(
    video: str | Path, frames: int, rate: float, *, highest: int, quality: int
) -> SmallVideo:
    """Read a clip (`read_frames`) and encode it again, with as many frames a second.

    Args:
        video: a video file, a part of one, or a folder of images.
        frames: how many it should have; the middle one becomes the poster.
        rate: frames a second.
        highest: height in pixels at most; nothing is made larger.
        quality: x264's constant rate factor; smaller is better and larger.

    Raises:
        InputError: the clip is missing, empty, cut or damaged, or the rate is no video's.
    """
    from sign2text.data.video import read_frames
    from sign2text.untrusted.video_header import FASTEST, SLOWEST

    if not SLOWEST <= rate <= FASTEST:
        raise InputError(
            f"{video}: {rate} frames a second found, {float(SLOWEST):g} to {float(FASTEST):g} "
            "expected. Correct its fps in the annotations."
        )

    with TemporaryDirectory(prefix="sign2text-") as folder:
        path = Path(folder) / "clip.mp4"
        poster = None
        for number, frame in enumerate(_encoded(read_frames(video), path, rate, highest, quality)):
            if number <= frames // 2:
                poster = frame
        if poster is None:
            raise InputError(f"{video}: the clip has no frames. Fetch or make it again.")
        height, width = poster.shape[:2]
        return SmallVideo(path.read_bytes(), _jpeg(poster), width, height)


def _encoded(
    frames: Iterable[np.ndarray], path: Path, rate: float, highest: int, quality: int
) -> Iterator[np.ndarray]:
    """Write the frames, and yield each as it was written: scaled."""
    import av
    import cv2

    cv2.setNumThreads(1)  # clips are encoded side by side, a process each
    options = {"crf": str(quality), "preset": "medium", "g": str(KEYFRAMES)}
    # With one thread x264 gives the same bytes on every run, but not on all processors with mbtree.
    options["x264-params"] = "mbtree=0"
    stream = None
    # The index stands before the frames (faststart), so a player need not read to the end first.
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        for frame in frames:
            if stream is None:
                size = small_size(frame.shape[1], frame.shape[0], highest)
                rational = Fraction(rate).limit_denominator(1001)
                stream = container.add_stream("libx264", rate=rational, options=options)
                stream.width, stream.height = size
                stream.pix_fmt = "yuv420p"
                stream.thread_count = 1
            if (frame.shape[1], frame.shape[0]) != size:
                frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            yield frame
        if stream is not None:
            container.mux(stream.encode(None))


def _jpeg(frame: np.ndarray) -> bytes:
    import numpy as np
    import simplejpeg

    return simplejpeg.encode_jpeg(
        np.ascontiguousarray(frame), quality=POSTER_QUALITY, colorsubsampling="420"
    )
