"""Decode a video with libav, one frame after the other, from its beginning or from a key frame."""

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
"""Seconds before a key frame at which it is searched for, in turn; None for the beginning."""


class Key(NamedTuple):
    """The packet of a key frame: its stamps in units of the stream's time base, and more."""

    pts: int
    dts: int
    number: int
    """Packets of the stream before it, in the order of the file."""
    crc: int
    """CRC-32 of its bytes."""


class Decoder:
    """Frames of one video in the order in which they are shown.

    Packets that do not decode are passed over, as players do it; `reason` has the last one's error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reason = ""

    def frames(self, key: Key | None = None, *, numbered: bool = False) -> Iterator[VideoFrame]:
        """Yield the frames from a key frame on, or from the beginning.

        Where frames are `numbered`, the key frame is known by its bytes too, and the `opaque` of
        each frame is the number of its packet in the order of the file.

        Raises InputError where the file cannot be opened or read, and MemoryShortError.
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
        except (av.FFmpegError, IndexError) as error:  # the latter: a stream named late
            raise InputError(
                f"{self.path}: not a readable video ({reason_of(error)}). The file may have been "
                "cut while it was copied or written; fetch or make it again."
            ) from error

    def pictures(self, key: Key | None = None) -> Iterator[tuple[int | None, np.ndarray]]:
        """Yield the frames' stamps and their pictures, upright, uint8 [H, W, 3] RGB."""
        converted = Converter(self.path)
        for frame in self.frames(key):
            yield frame.pts, converted(frame)

    def _decoded(self, stream: VideoStream, packets: Iterator[Packet]) -> Iterator[VideoFrame]:
        import av

        # The frames may be of another size than the header states.
        stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
        stream.codec_context.thread_count = 1  # whoever reads many clips runs many processes
        frames = 0
        for packet in packets:
            try:
                found = stream.decode(packet)
            except av.EOFError:  # some decoders end twice
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
    """Make pictures of a video's frames, all of the size of the first one, uint8 [H, W, 3] RGB."""

    def __init__(self, path: Path) -> None:
        from av.video.reformatter import VideoReformatter

        self.path = path
        # A frame's own methods would begin with new tables for each frame: 0.5 ms.
        self.reformatter = VideoReformatter()
        self.size: tuple[int, int] | None = None

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        """The picture of a frame, upright. Raises InputError for colours that nothing converts."""
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
    """A stream's packets from that of a key frame on; None where a search leads past it.

    `back` is how many seconds before the key frame the container is searched for; without it, all
    packets from the beginning are read, and those before the key frame passed over.
    """
    import av

    if key is not None and back is not None:
        try:
            container.seek(min(key.pts, key.dts) - int(back / stream.time_base), stream=stream)
        except (av.FFmpegError, OverflowError):  # not every container can be searched
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
    """The packets from a key frame on; None where it is not found, which may be passed by."""
    for number, packet in enumerate(packet for packet in packets if packet.size):
        if numbered and passes:
            found = number == key.number
        else:  # stamps that libav guesses may be another frame's after a search
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
