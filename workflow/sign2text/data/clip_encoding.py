"""Decode a clip and compress its frames for the frame store, or report why that fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sign2text.data.frame_format import FrameFormat
from sign2text.data.frames_at_rate import clip_rate, is_folder, read_at_rate
from sign2text.data.video import count_frames, split_fragment
from sign2text.ground.errors import InputError, MemoryShortError
from sign2text.ground.terminal import visible


class Clip(NamedTuple):
    """A clip of the manifest and its storage settings: the input of an encoding process."""

    where: str
    """Manifest, line and id, for messages."""
    video: str
    frames: int
    """Number of frames in the manifest."""
    rate: float
    """Frames per second in the manifest."""
    fps: float | None
    """Target rate in frames per second; None keeps the clip's own frames."""
    format: FrameFormat
    skips: bool
    """True if the clip may be left out."""


class Encoded(NamedTuple):
    """A clip's compressed frames, and a note if fewer frames decode than the video declares."""

    images: list[bytes]
    note: str = ""


class LeftOut(NamedTuple):
    """The reason why a clip was left out, on one line."""

    reason: str


def encode_clip(clip: Clip) -> Encoded | LeftOut:
    """Compress all frames of a clip and check their number against the manifest.

    Fewer frames may decode if the video declares as many as the manifest: a packet may be damaged.
    A frame shown several times, as after resampling to a higher rate, is compressed once.

    Raises:
        InputError: the clip cannot be decoded, or has another number of frames, and may not be left
            out; or its file is gone.
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
        # make_manifest saw this file. If its disk is gone, all other clips are gone too.
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
    """Counter of the frames that pass through an iterator."""

    def __init__(self) -> None:
        self.frames = 0

    def count(self, frames: Iterable[Any]) -> Iterator[Any]:
        for each in frames:
            self.frames += 1
            yield each


def _check_number(clip: Clip, found: int) -> str:
    """Return a note if fewer frames decode than declared; InputError for another difference."""
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
