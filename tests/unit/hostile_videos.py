"""Small videos whose headers the tests change."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TABLES = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def write_video(
    path: Path, frames: int = 30, codec: str = "libx264", form: str | None = None, **options: str
) -> bytes:
    """Write a video of 64 x 48 pixels at 25 frames a second, and return its bytes."""
    pixels = {"gif": "rgb8", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
    with av.open(str(path), "w", format=form, options=options) as file:
        stream = file.add_stream(codec, rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        for number in range(frames):
            picture = np.full((48, 64, 3), (5 * number) % 250, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    return path.read_bytes()


def box(data: bytes, *names: bytes) -> tuple[int, int]:
    """Begin and end of the content of an MP4's box, by the names of those around it."""
    begin, end = 0, len(data)
    for name in names:
        at = begin
        while data[at + 4 : at + 8] != name:
            at += struct.unpack_from(">I", data, at)[0]
        begin, end = at + 8, at + struct.unpack_from(">I", data, at)[0]
    return begin, end


def changed(data: bytes, at: int, form: str, *values: int) -> bytes:
    """The bytes with numbers put at a place, by a format of struct."""
    copy = bytearray(data)
    struct.pack_into(form, copy, at, *values)
    return bytes(copy)


def replaced(data: bytes, names: tuple[bytes, ...], content: bytes) -> bytes:
    """An MP4 with another content in a box, and all boxes around it of the right size."""
    begin, end = box(data, *names)
    for count in range(1, len(names) + 1):
        at = box(data, *names[:count])[0] - 8
        grown = struct.unpack_from(">I", data, at)[0] + len(content) - (end - begin)
        data = changed(data, at, ">I", grown)
    return data[:begin] + content + data[end:]
