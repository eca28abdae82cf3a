"""Decode a part of a video, starting at the key frame before it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.libav_reader import Converter, Decoder
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFrame

    from sign2text.data.libav_reader import Key
    from sign2text.data.timeline import Timeline


def read_part(path: Path, timeline: Timeline, span: range) -> Iterator[tuple[Fraction, np.ndarray]]:
    """Yield some frames of a video, uint8 [H, W, 3] RGB, with their times in seconds.

    `span` holds the frames' numbers in display order. Raises InputError if the video cannot be
    read, or one of these frames does not decode.
    """
    first, last = timeline.stamps[span[0]], timeline.stamps[span[-1]]
    decoder, converted, given = Decoder(path), Converter(path), 0
    read = _from_number if timeline.numbered else _from_stamp
    for stamp, frame in read(decoder, timeline, first):
        if stamp >= first:
            if stamp > last:
                break
            yield timeline.time(stamp), converted(frame)
            given += 1
            if stamp == last:
                break
    if given < len(span):
        told = f" ({decoder.reason})" if decoder.reason else ""
        raise InputError(
            f"{path}: cannot decode {len(span) - given} of the {len(span)} frames from "
            f"{float(timeline.time(first)):g} s to {float(timeline.time(last)):g} s{told}. The "
            "file is damaged; fetch or make it again, or take the clip out."
        )


def _from_stamp(
    decoder: Decoder, timeline: Timeline, stamp: int
) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the frames with their stamps, starting with a frame at `stamp` or earlier.

    Decoding begins at the key frame before it. If a decoder does not return that key frame, as with
    intra refresh, decoding begins at the previous one, and finally at the start of the video.
    """
    for key in (*timeline.keys_before(stamp), None):
        begun = key is None
        for frame in decoder.frames(key):
            # Leading frames, decoded after a key frame but shown earlier, may lack references.
            if not begun:
                if frame.pts is None or frame.pts < key.pts:
                    continue
                if frame.pts > key.pts:
                    break
                begun = True
            if frame.pts is not None:
                yield frame.pts, frame
        if begun:
            return


def _from_number(
    decoder: Decoder, timeline: Timeline, number: int
) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the frames with their numbers, starting with frame `number` or an earlier one.

    The number of the second of two key frames is its position in the file plus the number of its
    leading frames, which follow it in the file but are shown earlier. Decoding from the first key
    frame counts these.
    """
    if keys := timeline.keys_around(number):
        first, second = keys
        counted = _counted_from(decoder, first, second)
        if begun := next(counted, None):
            yield begun
            yield from counted
            return
    yield from enumerate(decoder.frames())


def _counted_from(decoder: Decoder, first: Key, second: Key) -> Iterator[tuple[int, VideoFrame]]:
    """Yield numbered frames from the second key frame on; nothing if it is not decoded."""
    leading, number = 0, None
    for frame in decoder.frames(first, numbered=True):
        if number is None:
            place = frame.opaque
            if place is None:  # not every decoder passes on `opaque`
                return
            leading += place > second.number
            if place != second.number:
                continue
            number = second.number + leading
        yield number, frame
        number += 1
