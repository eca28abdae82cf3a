"""Packets of a video: their stamps, and whether they count its frames."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

MOST_FRAMES = 2**22
"""Frames of one file: 19 hours at 60 frames per second. Counting stores one or two numbers each."""
NO_TIME = -(2**63)
REORDERED = 32
"""First packets that include the first shown frame: H.264 and HEVC delay at most 16 frames."""
_PROGRESSIVE = (0, 1)  # libav's field orders: unknown, and no fields


@dataclass
class Packets:
    """Stamps of the packets with a shown frame, in file order.

    They are in units of the stream's time base; NO_TIME if a packet has none. `others` counts the
    packets with a frame that is decoded but not shown.
    """

    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    keys: list[int] = field(default_factory=list)
    """Positions of key frames, at which a decoder can begin."""
    sums: list[int] = field(default_factory=list)
    """CRC-32 of each key frame's packet, which identifies it later."""
    others: int = 0

    def add(self, packet: Packet, codec: str) -> None:
        """Record a packet."""
        if packet.is_discard:
            self.others += 1
        elif not _is_hidden(packet, codec):
            if packet.is_keyframe:
                self.keys.append(len(self.pts))
                self.sums.append(crc32(packet))
            self.pts.append(NO_TIME if packet.pts is None else packet.pts)
            self.dts.append(NO_TIME if packet.dts is None else packet.dts)

    def give_each_a_frame(self) -> bool:
        """Return whether each packet gives one shown frame, at the packet's time.

        This holds if the first packet is a key frame and shown first, nothing is discarded, and
        stamps are complete, unique and in order. In a container joined from two, the times start
        over.
        """
        dts = [time for time in self.dts if time != NO_TIME]  # Matroska has none
        return (
            not self.others
            and self.keys[:1] == [0]
            and NO_TIME not in self.pts
            and min(self.pts) == self.pts[0]
            and len(set(self.pts)) == len(self.pts)
            and all(earlier <= later for earlier, later in pairwise(dts))
        )


def read_packets(path: Path, stream: VideoStream, most: int | None = None) -> Packets:
    """Read the stamps of a stream's packets, or only of the first `most`.

    Raises InputError if there are more than MOST_FRAMES, and av.FFmpegError for damage.
    """
    packets, codec = Packets(), stream.codec_context.codec.canonical_name
    for packet in stream.container.demux(stream):
        if packet.size:
            packets.add(packet, codec)
            if len(packets.pts) == most:
                break
            check_number(path, len(packets.pts) + packets.others)
    return packets


def check_number(path: Path, frames: int) -> None:
    """Raise InputError if a file has more than MOST_FRAMES frames."""
    if frames > MOST_FRAMES:
        raise InputError(
            f"{path}: more than {MOST_FRAMES} frames found, at most that many expected of a video. "
            "Cut it into shorter ones."
        )


def has_fields(stream: VideoStream) -> bool:
    """Return whether two packets may make one frame: fields of interlaced video may be packets."""
    return stream.codec_context.field_order not in _PROGRESSIVE


def _is_hidden(packet: Packet, codec: str) -> bool:
    """Return whether VP8 only predicts from this frame, by a bit of its header (RFC 6386)."""
    return codec == "vp8" and not memoryview(packet)[0] & 0x10
