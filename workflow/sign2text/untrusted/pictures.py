"""Reading of untrusted pictures: the header bounds their size before they are decoded.

The first bytes identify PNG, JPEG, WebP and BMP; the file name does not count. Other formats are
refused: no corpus has frames in them, and each would expose another decoder to hostile files.
"""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.memory import enough_memory

if TYPE_CHECKING:
    import numpy as np

MOST_PIXELS = 2**26
"""Pixels of a picture, such as 8192 x 8192. Decoding takes up to 9 bytes per pixel: 0.6 GB."""
MOST_SIDE = 2**14
"""Largest width or height in pixels that x264 encodes for the pages; OpenCV resizes no larger."""
MOST_SCANNED = 2**30
"""Most pixels times scans of a JPEG, about 2 s; camera and web software writes 10 scans."""
_LARGEST_FILE = 8 * MOST_PIXELS + 2**20  # four channels of 16 bits, uncompressed, and a header
_HEAD = 2048  # first bytes of an image, which have the size in most images
_TAIL = 32  # last bytes of an image to check
_PADDING = b"\0\xff\t\n\r "  # bytes that some writers append to an image
_JPEG_START, _JPEG_SCAN, _JPEG_END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_SCAN_BYTES = 10  # bytes of a JPEG scan without data
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # JPEG markers without a length
_ENDS = frozenset({0xC8, 0xD8, 0xD9, 0xDA})  # libjpeg rejects these before the frame header
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(data: bytes) -> tuple[int, int]:
    """Return height and width from the header, before any EXIF rotation.

    Raises ValueError if the data are not a picture, or one that is too large to decode.
    """
    try:
        height, width = _bounded(*_sides(data))
        if data.startswith(_PNG_START):
            _check_chunks(data)
    except (struct.error, IndexError):
        raise ValueError("its header was cut") from None
    if data.startswith(_JPEG_START):
        _check_scans(data, width * height)
    return height, width


def decode_picture(data: bytes, size: tuple[int, int] | None = None) -> np.ndarray:
    """Decode a picture to uint8 [H, W, 3] RGB, rotated by EXIF.

    Raises ValueError if the data are not a picture, are too large, or differ from `size` (height,
    width), if given. In the last two cases nothing is decoded.
    """
    import cv2
    import numpy as np

    found = picture_size(data)
    if size is not None and found != size:
        raise ValueError(f"{found} pixels found, {size} expected")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError(str(error)) from error
        raise ValueError(f"OpenCV cannot decode it: {error.err}") from error
    if picture is None:
        raise ValueError("OpenCV cannot decode it")
    return picture


def read_picture(path: Path) -> np.ndarray:
    """Read a picture to uint8 [H, W, 3] RGB.

    Raises InputError if it is missing, empty, truncated, not a picture, or too large to decode.
    """
    check_whole(path)
    with enough_memory(path):
        try:
            return decode_picture(_read_bytes(path))
        except ValueError as error:
            raise _not_readable(path, error) from error


def size_of(path: Path) -> tuple[int, int]:
    """Check that an image is complete, as `check_whole` does; return its header's height and width.

    For most images, only the first and last bytes are read. Raises InputError if it is missing,
    empty, truncated, not a picture, or too large to decode.
    """
    head = check_whole(path)
    try:
        return _bounded(*_sides(head))
    except (ValueError, struct.error, IndexError):
        # The size follows a thumbnail or a colour profile, or it is not a picture.
        try:
            return picture_size(_read_bytes(path))
        except ValueError as error:
            raise _not_readable(path, error) from error


def check_whole(path: Path) -> bytes:
    """Raise InputError if an image is empty, truncated or invalid; return its first bytes.

    Decoding does not detect missing rows: libjpeg returns grey rows for them and no error.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would block.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:  # noqa: PTH123
            status = os.fstat(file.fileno())
            size = status.st_size
            regular = stat.S_ISREG(status.st_mode)
            head = end = b""
            if regular:
                head = file.read(_HEAD)
                file.seek(max(0, size - _TAIL))
                end = file.read(_TAIL).rstrip(_PADDING)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}). Check its rights and its disk."
        ) from error
    if not regular:
        raise InputError(
            f"{path}: cannot be read: a pipe, device or folder was found, an image expected. Take "
            "it away, and unpack the clip again."
        )
    if size == 0:
        raise InputError(f"{path}: the image has no bytes. Unpack the clip again.")
    if size > _LARGEST_FILE:
        raise InputError(
            f"{path}: {size} bytes found, at most {_LARGEST_FILE} expected of an image. Take it "
            "away, or make it smaller."
        )
    if not (end.endswith((_JPEG_END, _PNG_END)) or _has_end(path)):
        raise InputError(
            f"{path}: the image was cut: its end is not that of a JPEG or PNG. Unpack or copy the "
            "clip again."
        )
    return head


def _has_end(path: Path) -> bool:
    """Return whether an image with bytes after it has an end; assume it for WebP and BMP.

    Raises InputError if the file is not an image.
    """
    data = _read_bytes(path)
    if data.startswith(_PNG_START):
        return _PNG_END in data
    if data.startswith(_JPEG_START):
        # An end before the last scan belongs to a thumbnail in the header.
        return data.rfind(_JPEG_END) > data.rfind(_JPEG_SCAN)
    try:
        picture_size(data)
    except ValueError as error:
        raise _not_readable(path, error) from error
    return True


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}). Check its rights and its disk."
        ) from error


def _not_readable(path: Path, error: ValueError) -> InputError:
    return InputError(f"{path}: not a readable image ({error}). Unpack or copy the clip again.")


def _bounded(height: int, width: int) -> tuple[int, int]:
    """Return the size; raise ValueError if it is outside the bounds for decoding."""
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and width * height <= MOST_PIXELS):
        raise ValueError(
            f"{width} x {height} pixels found, 1 to {MOST_SIDE} a side and at most {MOST_PIXELS} "
            "in all expected"
        )
    return height, width


def _sides(data: bytes) -> tuple[int, int]:
    """Return height and width from the first bytes of a picture."""
    if data.startswith(_PNG_START) and data[12:16] == b"IHDR":
        width, height = struct.unpack_from(">II", data, 16)
    elif data.startswith(_JPEG_START):
        height, width = _jpeg_size(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        width, height = _webp_size(data)
    elif data[:2] == b"BM":
        old = struct.unpack_from("<I", data, 14)[0] == 12  # OS/2's header
        width, height = struct.unpack_from("<HH" if old else "<ii", data, 18)
        height = abs(height)  # negative: the rows run from the top
    else:
        raise ValueError("its first bytes are not those of a PNG, JPEG, WebP or BMP")
    return height, width


def _check_chunks(data: bytes) -> None:
    """Raise ValueError if a chunk of a PNG states more bytes than remain.

    OpenCV allocates as many bytes as a chunk states: up to 4 GB, for a file of any length.
    """
    at = len(_PNG_START)
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            raise ValueError(
                f"a PNG whose part at byte {at} states {length} bytes, {len(data) - at} are left"
            )
        if data[at + 4 : at + 8] == b"IEND":
            return
        at += 12 + length


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Return height and width from the first frame header, found as libjpeg finds it."""
    at = len(_JPEG_START)
    while True:
        at = data.index(b"\xff", at)
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker in _FRAMES:
            return struct.unpack_from(">HH", data, at + 3)
        if marker in _ENDS:
            raise ValueError("a JPEG without a frame header")
        if marker and marker not in _ALONE:
            at += max(2, struct.unpack_from(">H", data, at)[0])


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return width and height (developers.google.com/speed/webp/docs/riff_container)."""
    kind = data[12:16]
    if kind == b"VP8X":
        return tuple(int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return tuple(side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    raise ValueError(f"a WebP whose first part is {kind!r}")


def _check_scans(data: bytes, pixels: int) -> None:
    """Raise ValueError for a JPEG with too many scans: each scan decodes all pixels again.

    For nearly all pictures, the number of bytes alone excludes too many scans.
    """
    if len(data) // _SCAN_BYTES * pixels <= MOST_SCANNED:
        return
    if (scans := data.count(_JPEG_SCAN)) * pixels > MOST_SCANNED:
        raise ValueError(
            f"a JPEG of {pixels} pixels in {scans} scans found, at most "
            f"{MOST_SCANNED // pixels} scans expected of that size"
        )
