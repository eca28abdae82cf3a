"""Decode a clip and compress its frames for the frame store, or say why it cannot be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sign2text.data.frame_format import FrameFormat
from sign2text.data.frames_at_rate import clip_rate, is_folder, read_at_rate
from sign2text.data.video import count_frames, split_fragment
from sign2text.ground.errors import InputError, MemoryShortError
from sign2text.ground.terminal import visible


class Clip(NamedTuple):
    """A clip of the manifest and how it is stored: what a process is given to encode it."""

    where: str
    """Manifest, line and id, for messages."""
    video: str
    frames: int
    """As the manifest says."""
    rate: float
    """Frames a second, as the manifest says."""
    fps: float | None
    """Frames a second that it is resampled to; None: its frames are kept as they are."""
    format: FrameFormat
    skips: bool
    """It may be left out."""


class Encoded(NamedTuple):
    """A clip's compressed frames, and a note where fewer of its own decode than it declares."""

    images: list[bytes]
    note: str = ""


class LeftOut(NamedTuple):
    """The reason why a clip was left out, on one line."""

    reason: str


def encode_clip(clip: Clip) -> Encoded | LeftOut:
    """Compress all frames of a clip; the number of its own must be the manifest's.

    Of a video that declares as many as the manifest says, fewer may decode, as where a packet is
    damaged. A frame that is shown several times, as where the clip is resampled to a higher rate,
    is compressed once.

    Raises:
        InputError: the clip cannot be decoded and may not be left out, or it is gone.
        MemoryShortError: memory ran out, which says nothing about the clip.
    """
    import cv2

    cv2.setNumThreads(1)
    images: list[bytes] = []
    own = _Counter()
    try:
        rate = None if clip.fps is None else clip_rate(clip.video, clip.rate)
        for frame, times in read_at_rate(clip.video, clip.fps, rate, own.count):
            images += [clip.format.encode(frame)] * times
        note = _check_number(clip, own.frames)
    except MemoryShortError as error:
        raise MemoryShortError(f"{clip.where}: {error}") from error
    except InputError as error:
        # It was there when make_manifest looked: a disk that has gone takes all other clips along.
        if not split_fragment(clip.video)[0].exists():
            raise InputError(f"{clip.where}: {error}") from error
        if clip.skips:
            return LeftOut(visible(" ".join(str(error).split())))
        raise InputError(
            f"{clip.where}: {error} Or set on_bad_clip: skip under this data set's "
            "stages.make_manifest: clips that cannot be decoded are then left out, and listed."
        ) from error
    return Encoded(images, note)


class _Counter:
    """Count frames as they pass."""

    def __init__(self) -> None:
        self.frames = 0

    def count(self, frames: Iterable[Any]) -> Iterator[Any]:
        for each in frames:
            self.frames += 1
            yield each


def _check_number(clip: Clip, found: int) -> str:
    """Note that fewer frames decoded than the video declares; InputError for another number."""
    if found == clip.frames:
        return ""
    if (
        found < clip.frames
        and not is_folder(clip.video)
        and count_frames(clip.video) == clip.frames
    ):
        return f"{found} of {clip.frames} frames decode, and are taken; the video is damaged"
    raise InputError(
        f"{clip.video} has {found} frames, the manifest says {clip.frames}. The video was cut or "
        "exchanged; fetch or make it again, or correct the manifest."
    )
