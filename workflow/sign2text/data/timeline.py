"""Display times of a video's frames, and the key frames at which decoding can begin.

Times are the stamps of the container's packets if each packet gives a frame (`Header.exact`).
Otherwise the video is decoded once: a file that was not cut at a key frame, or has first frames
that its container hides, shows fewer frames than it has packets.
"""

from __future__ import annotations

import functools
import logging
import math
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from sign2text.data.libav_reader import Decoder, Key
from sign2text.ground.errors import InputError
from sign2text.ground.memory import enough_memory
from sign2text.untrusted.video_container import open_container, picture_stream, reason_of
from sign2text.untrusted.video_header import Header, read_header
from sign2text.untrusted.video_packets import NO_TIME, REORDERED, Packets, read_packets

log = logging.getLogger(__name__)

BEGUN_AT_KEYS = frozenset(
    {
        *("av1", "h264", "hevc", "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "prores"),
        *("vp8", "vp9", "wmv1", "wmv2"),
    }
)
"""Codecs, by libav's names, that need no frame before a key frame to decode the frames after it.

tests/unit/test_exact_frames.py shows this for each. In contrast, a GIF's frames are painted over
the previous ones.
"""
_UNSTAMPED = frozenset({"avi", "h264", "hevc", "m4v", "mpegvideo"})
"""Containers, by libav's names, without display times: libav guesses them for B-frames."""


@dataclass(frozen=True)
class Timeline:
    """Stamps of a video's displayed frames, ascending, in units of `unit` seconds.

    If the container has no ascending stamps, the frames are `numbered` instead, at the container's
    frame rate.
    """

    stamps: Sequence[int]
    unit: Fraction
    keys: tuple[Key, ...]
    """Key frames by ascending stamps; in file order if the frames are numbered."""
    numbered: bool

    def time(self, stamp: int) -> Fraction:
        """Return the seconds from the first displayed frame to a stamp."""
        return (stamp - self.stamps[0]) * self.unit

    def span(self, start: float, end: float) -> range:
        """Return the range of frames in [start, end), seconds after the first displayed frame."""
        return range(self._first_from(start), self._first_from(end))

    def keys_before(self, stamp: int) -> tuple[Key, ...]:
        """Return the last two key frames shown at or before a stamp, the last one first."""
        end = bisect_right(self.keys, stamp, key=lambda key: key.pts)
        return self.keys[max(0, end - 2) : end][::-1]

    def keys_around(self, number: int) -> tuple[Key, Key] | None:
        """Return two consecutive key frames before a numbered frame; None if there are none.

        The second one is also shown before that frame, however frames are reordered.
        """
        end = bisect_right(self.keys, number - REORDERED, key=lambda key: key.number)
        return (self.keys[end - 2], self.keys[end - 1]) if end > 1 else None

    def _first_from(self, seconds: float) -> int:
        if math.isinf(seconds):
            return len(self.stamps)
        # Fractions are exact: in floating point, 0.28 s at 25 frames a second is frame 8, not 7.
        stamp = self.stamps[0] + math.ceil(Fraction(repr(seconds)) / self.unit)
        return bisect_left(self.stamps, stamp)


def read_timeline(path: Path) -> Timeline:
    """Read the timeline of a video file; decode the file if its packets do not suffice.

    See `Header.exact` for the condition. Raises InputError if the file is not a readable video,
    or nothing of it decodes.
    """
    status = path.stat()
    with _lock_of(path):  # if the file must be decoded, one thread does it for all
        return _read_timeline(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _lock_of(_path: Path) -> threading.Lock:
    return threading.Lock()


@functools.lru_cache(maxsize=256)  # many clips of a corpus may be parts of one file
def _read_timeline(path: Path, _size: int, _changed: int) -> Timeline:
    header = read_header(path)
    packets, unit = _packets_of(path)
    keys = _keys_of(packets) if header.codec in BEGUN_AT_KEYS else []
    exact = header.exact and packets.give_each_a_frame()
    stamps = sorted(packets.pts) if exact else _decoded_stamps(path, header, packets)
    if not _is_stamped(header) or not _ascend(stamps):
        counted = tuple(keys) if exact else ()
        return Timeline(range(len(stamps)), 1 / header.rate, counted, numbered=True)
    stamped = sorted(key for key in keys if NO_TIME not in key[:2])
    return Timeline(_compact(stamps), unit, tuple(stamped), numbered=False)


def _is_stamped(header: Header) -> bool:
    """Return whether all frames have display stamps that the file's producer wrote.

    MPEG program streams have them for some frames only.
    """
    if header.container == "mpeg":
        return False
    return not (header.reordered and header.container in _UNSTAMPED)


def _ascend(stamps: Sequence[int]) -> bool:
    return NO_TIME not in stamps and all(low < high for low, high in pairwise(stamps))


def _packets_of(path: Path) -> tuple[Packets, Fraction]:
    import av

    try:
        with enough_memory(path), open_container(path) as container:
            stream = picture_stream(path, container)
            return read_packets(path, stream), stream.time_base
    except (av.FFmpegError, IndexError) as error:  # IndexError: a stream appeared late in the file
        raise InputError(
            f"{path}: not a readable video ({reason_of(error)}). The file "
            "may have been cut while it was copied or written; fetch or make it again."
        ) from error


def _keys_of(packets: Packets) -> list[Key]:
    return [
        Key(packets.pts[number], packets.dts[number], number, crc)
        for number, crc in zip(packets.keys, packets.sums, strict=True)
    ]


def _decoded_stamps(path: Path, header: Header, packets: Packets) -> array[int]:
    """Decode the file and return the stamps of its frames, in the decoder's order."""
    decoder = Decoder(path)
    stamps = array("q", (_stamp(frame.pts) for frame in decoder.frames()))
    if not stamps:
        raise none_decodes(path, decoder.reason)
    if len(stamps) < header.frames and (decoder.reason or packets.keys[:1] != [0]):
        log.warning("%s", fewer(path, len(stamps), header.frames, decoder.reason))
    return stamps


def _stamp(pts: int | None) -> int:
    return NO_TIME if pts is None else pts


def _compact(stamps: Sequence[int]) -> Sequence[int]:
    """Return the same stamps; evenly spaced ones become a range, which takes no memory."""
    step = stamps[1] - stamps[0] if len(stamps) > 1 else 1
    if all(later - earlier == step for earlier, later in pairwise(stamps)):
        return range(stamps[0], stamps[-1] + 1, step)
    return array("q", stamps)


def none_decodes(path: Path, reason: str) -> InputError:
    """Build the error about a video without a single decodable frame."""
    told = f" ({reason})" if reason else ": it has no key frame, at which decoding could begin"
    return InputError(
        f"{path}: cannot decode any frame of the video{told}. Fetch or make it again, or take the "
        "clip out."
    )


def fewer(path: Path, found: int, declared: int, reason: str) -> str:
    """Build the note about a video with fewer decodable frames than its container declares."""
    told = f" ({reason})" if reason else ""
    return (
        f"{path}: {found} of {declared} frames decode{told}, and are taken. The file was cut or is "
        "damaged."
    )
