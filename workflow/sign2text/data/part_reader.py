"""Decode a part of a video, from the key frame before it."""

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

    `span` has the frames' numbers, in the order in which they are shown. Raises InputError where
    the video cannot be read, or one of these frames does not decode.
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
    """Yield the frames with their stamps, from a frame on that is shown at `stamp` or before it.

    Decoding begins at the key frame before it. Should a decoder not give that frame, as where a
    picture is refreshed bit by bit, it begins at the one before, and at last with the video.
    """
    for key in (*timeline.keys_before(stamp), None):
        begun = key is None
        for frame in decoder.frames(key):
            # What is shown before a key frame and comes after it may lack what it is made from.
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
    """Yield the frames with their numbers, from one on that is shown at `number` or before it.

    Before the second of two key frames all those are shown that come before it in the file, and
    what comes after it and is shown before: decoding from the first one on counts these.
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
    """Yield the frames from the second key frame on with their numbers, nothing without it."""
    leading, number = 0, None
    for frame in decoder.frames(first, numbered=True):
        if number is None:
            place = frame.opaque
            if place is None:  # not every decoder passes it on
                return
            leading += place > second.number
            if place != second.number:
                continue
            number = second.number + leading
        yield number, frame
        number += 1
