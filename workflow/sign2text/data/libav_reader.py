"""Decode a video with libav, frame by frame, from its beginning or from a key frame."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from sign2text.data.orientation import upright
from sign2text.ground.errors import InputError
from sign2text.ground.memory import enough_memory, shortage
from sign2text.untrusted.video_container import (
    MOST_PIXELS,
    open_container,
    picture_stream,
    reason_of,
)
from sign2text.untrusted.video_packets import check_number

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFrame
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_SEARCHES = (0, 10, None)
"""Seconds before a key frame to seek to, tried in this order; None: read from the beginning."""


class Key(NamedTuple):
    """A key frame's packet: its time stamps in units of the stream's time base, and more."""

    pts: int
    dts: int
    number: int
    """Number of packets of the stream before it, in file order."""
    crc: int
    """CRC-32 of the packet's bytes."""


class Decoder:
    """Decoder of one video; frames come in display order.

    Like players, it skips packets that do not decode; `reason` holds the last error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reason = ""

    def frames(self, key: Key | None = None, *, numbered: bool = False) -> Iterator[VideoFrame]:
        """Yield the frames from a key frame on, or from the beginning.

        If `numbered`, the key frame is identified by its bytes too, and the `opaque` of each frame
        is the packet's number in file order.

        Raises InputError if the file cannot be opened or read, and MemoryShortError.
        """
        import av

        try:
            with enough_memory(self.path):
                for back in _SEARCHES if key else (None,):
                    with open_container(self.path) as container:
                        stream = picture_stream(self.path, container)
                        packets = _packets_from(container, stream, key, back, numbered)
                        if packets is not None:
                            if numbered:
                                stream.codec_context.copy_opaque = True
                            yield from self._decoded(stream, packets)
                            return
        except (av.FFmpegError, IndexError) as error:  # IndexError: a stream appeared late
            raise InputError(
                f"{self.path}: not a readable video ({reason_of(error)}). The file may have been "
                "cut while it was copied or written; fetch or make it again."
            ) from error

    def pictures(self, key: Key | None = None) -> Iterator[tuple[int | None, np.ndarray]]:
        """Yield the frames' time stamps and upright pictures, uint8 [H, W, 3] RGB."""
        converted = Converter(self.path)
        for frame in self.frames(key):
            yield frame.pts, converted(frame)

    def _decoded(self, stream: VideoStream, packets: Iterator[Packet]) -> Iterator[VideoFrame]:
        import av

        # Frames may be larger than the header states.
        stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
        stream.codec_context.thread_count = 1  # callers with many clips run many processes
        frames = 0
        for packet in packets:
            try:
                found = stream.decode(packet)
            except av.EOFError:  # some decoders report the end twice
                continue
            except av.FFmpegError as error:
                if shortage(error, self.path):
                    raise
                self.reason = reason_of(error)
                continue
            frames += len(found)
            check_number(self.path, frames)
            yield from found


class Converter:
    """Conversion of a video's frames to pictures of the first one's size, uint8 [H, W, 3] RGB."""

    def __init__(self, path: Path) -> None:
        from av.video.reformatter import VideoReformatter

        self.path = path
        # A frame's own methods would build new tables for each frame: 0.5 ms.
        self.reformatter = VideoReformatter()
        self.size: tuple[int, int] | None = None

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        """Convert a frame to an upright picture; InputError if its colours cannot be converted."""
        import av

        width, height = self.size = self.size or (frame.width, frame.height)
        try:
            with enough_memory(self.path):
                picture = self.reformatter.reformat(frame, width, height, "rgb24", threads=1)
                return upright(picture.to_ndarray(), frame)
        except (av.FFmpegError, ValueError) as error:
            raise InputError(
                f"{self.path}: not a readable video: its colours ({frame.format.name}, matrix "
                f"{frame.colorspace} of ITU-T H.273) cannot be made RGB ({reason_of(error)}). "
                "Convert it to H.264 in mp4 with the colours of BT.709."
            ) from error


def _packets_from(
    container: InputContainer,
    stream: VideoStream,
    key: Key | None,
    back: int | None,
    numbered: bool,
) -> Iterator[Packet] | None:
    """Return a stream's packets from a key frame on; None if seeking fails or leads past it.

    `back` is the number of seconds before the key frame to seek to. If it is None, packets are read
    from the beginning, and those before the key frame are skipped.
    """
    import av

    if key is not None and back is not None:
        try:
            container.seek(min(key.pts, key.dts) - int(back / stream.time_base), stream=stream)
        except (av.FFmpegError, OverflowError):  # not every container can seek
            return None
    packets = container.demux(stream)
    if key is not None:
        packets = _from_key(packets, key, numbered, passes=back is None)
    if packets is not None and numbered:
        packets = _with_numbers(packets, key.number if key else 0)
    return packets


def _from_key(
    packets: Iterator[Packet], key: Key, numbered: bool, *, passes: bool
) -> Iterator[Packet] | None:
    """Return the packets from a key frame on; None if it is not found and none may be skipped."""
    for number, packet in enumerate(packet for packet in packets if packet.size):
        if numbered and passes:
            found = number == key.number
        else:  # after a seek, libav's guessed stamps may be another frame's
            found = packet.pts == key.pts and packet.is_keyframe
            found = found and not (numbered and crc32(packet) != key.crc)
        if found:
            return chain([packet], packets)
        if not passes and packet.dts is not None and packet.dts > key.dts:
            return None
    return iter(()) if passes else None


def _with_numbers(packets: Iterator[Packet], number: int) -> Iterator[Packet]:
    for packet in packets:
        if packet.size:
            packet.opaque = number
            number += 1
        yield packet
