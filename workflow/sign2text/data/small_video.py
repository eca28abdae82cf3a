"""A clip as a small H.264 video in memory, for display on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import numpy as np

KEYFRAMES = 50  # frames between key frames: the most a browser decodes after a jump
POSTER_QUALITY = 55  # JPEG quality; the poster shows until the video plays


class SmallVideo(NamedTuple):
    """The bytes of an MP4 file and of a JPEG of its middle frame, and their size in pixels."""

    video: bytes
    poster: bytes
    width: int
    height: int


def small_size(width: int, height: int, highest: int) -> tuple[int, int]:
    """Scale (width, height) down to the height `highest` if needed; make both even for H.264.

    >>> small_size(1280, 720, 240)
    (426, 240)
    """
    scale = min(1.0, highest / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def encode_small(
    video: str | Path, frames: int, rate: float, *, highest: int, quality: int
) -> SmallVideo:
    """Read a clip (`read_frames`) and encode it again at the same frame rate.

    Args:
        video: a video file, a part of one, or a folder of images.
        frames: expected number of frames; the middle one becomes the poster.
        rate: frames per second.
        highest: maximum height in pixels; smaller clips keep their size.
        quality: x264's constant rate factor; lower values give better and larger videos.

    Raises:
        InputError: the clip is missing, empty, truncated or damaged, or the rate is impossible.
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
    """Write the frames, scaled if they are too large, and yield each as written."""
    import av
    import cv2

    cv2.setNumThreads(1)  # several processes encode clips at the same time
    options = {"crf": str(quality), "preset": "medium", "g": str(KEYFRAMES)}
    # One thread makes x264's bytes the same on every run; without mbtree, on every processor.
    options["x264-params"] = "mbtree=0"
    stream = None
    # faststart puts the index before the frames, so players need not read to the end first.
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
