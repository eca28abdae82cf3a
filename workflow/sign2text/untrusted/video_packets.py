"""Go through the packets of a video: their stamps, and whether they count its frames."""

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
"""Of one file: 19 hours at 60 frames a second. Each is a number or two while they are counted."""
NO_TIME = -(2**63)
REORDERED = 32
"""Packets of which the first shown frame may be one: H.264 and HEVC keep at most 16 back."""
_PROGRESSIVE = (0, 1)  # libav's field orders: unknown, and no fields


@dataclass
class Packets:
    """Stamps of the packets that hold a shown frame, in the order of the file.

    They are in units of the stream's time base; NO_TIME where a packet has none. `others` counts
    the packets whose frame is decoded and not shown.
    """

    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    keys: list[int] = field(default_factory=list)
    """Numbers of those at which a decoder can begin."""
    sums: list[int] = field(default_factory=list)
    """CRC-32 of each key frame's packet, by which it is known again."""
    others: int = 0

    def add(self, packet: Packet, codec: str) -> None:
        """Note one packet."""
        if packet.is_discard:
            self.others += 1
        elif not _is_hidden(packet, codec):
            if packet.is_keyframe:
                self.keys.append(len(self.pts))
                self.sums.append(crc32(packet))
            self.pts.append(NO_TIME if packet.pts is None else packet.pts)
            self.dts.append(NO_TIME if packet.dts is None else packet.dts)

    def give_each_a_frame(self) -> bool:
        """Return whether as many frames are shown as there are packets, at the packets' times.

        So it is where the first packet is a key frame and the first to be shown, nothing is
        discarded, and stamps are complete, unique and in order. A container that was put together
        of two begins again with its times.
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
    """Stamps of a stream's packets, of the first `most` alone where that is given.

    Raises InputError where there are more than MOST_FRAMES, and av.FFmpegError for damage.
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
    """Raise InputError where a file has more frames than are counted."""
    if frames > MOST_FRAMES:
        raise InputError(
            f"{path}: more than {MOST_FRAMES} frames found, at most that many expected of a video. "
            "Cut it into shorter ones."
        )


def has_fields(stream: VideoStream) -> bool:
    """Return whether two packets may make one frame, as each field of interlaced video may be."""
    return stream.codec_context.field_order not in _PROGRESSIVE


def _is_hidden(packet: Packet, codec: str) -> bool:
    """Return whether VP8 only predicts from this frame; a bit of its header says so (RFC 6386)."""
    return codec == "vp8" and not memoryview(packet)[0] & 0x10
