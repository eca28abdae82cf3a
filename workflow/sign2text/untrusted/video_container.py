"""Opening of video files, restricted to known kinds of containers.

libav also reads playlists, scripts and session descriptions, which lead to other files and to the
network. It also interprets parts of a path as protocols and patterns.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.untrusted.mp4_samples import check_samples

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# libav's names of containers that hold their pictures themselves.
CONTAINERS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2"),
    *("matroska", "webm", "avi", "mpeg", "mpegts", "mpegvideo", "asf", "flv", "gif", "ogg"),
    *("h264", "hevc", "m4v", "mjpeg", "ivf", "mxf", "nut", "dv"),
)
MOST_PIXELS = 2**24
"""Pixels of a frame, such as 5120 x 2880. H.264 keeps 16 frames at 1.5 bytes per pixel: 0.4 GB."""
_BEGINNING = 2048  # first bytes, by which libav identifies a file
_REFERRING = (b"#EXTM3U", b"ffconcat", b"<MPD", b"<CompositionPlaylist", b"\nc=IN IP")
_TAGGED = b"ID3"  # a tag that libav skips; a playlist may follow
_TEXTLIKE = (b"GIF8", b"RIFF", b"nut/multimedia container")  # containers that begin with letters
_BOXES = (b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx")
_WANTED = (
    "expected a video file: mp4, mov, m4v, 3gp, mkv, webm, avi, mpg, ts, wmv, flv, gif, ogg, mxf, "
    "nut, dv, ivf, or raw h264, hevc, mpeg or mjpeg"
)


def open_container(path: Path) -> InputContainer:
    """Open a video file with libav; close it after use, or use it in a `with` statement.

    decord has no such restriction, so open a file here before decord opens it.
    Raises InputError for another kind of file, and av.FFmpegError for a damaged one.
    """
    import av

    options = {
        "format_whitelist": ",".join(CONTAINERS),
        "protocol_whitelist": "file",
        "max_pixels": str(MOST_PIXELS),
    }
    kind = _check_beginning(path)
    try:
        # Without `file:`, the beginning of a name such as 12:30.mp4 would be taken for a protocol.
        return av.open(f"file:{path}", format=kind, options=options, metadata_errors="replace")
    except av.ArgumentError as error:
        raise InputError(
            f"{path}: not a readable video: a file or name of another kind was found "
            f"({error.strerror}), {_WANTED}. Put the video itself there, or convert it."
        ) from error


def picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """Return the stream that players show; the first stream may be a cover instead.

    Raises InputError if there is none.
    """
    stream = container.streams.best("video")
    if stream is None:
        raise InputError(f"{path}: not a readable video: it holds no picture.")
    return stream


def reason_of(error: Exception) -> str:
    """Return libav's reason for an error that is not a lack of memory (`ground.memory`)."""
    if getattr(error, "errno", None) == errno.ENOMEM:
        return "its tables contradict each other"
    return getattr(error, "strerror", None) or str(error)


def _check_beginning(path: Path) -> str | None:
    """Return libav's name of the container if the first bytes prove it, else None.

    Raises InputError if the first bytes are not a video's, or its tables cannot fit.
    """
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING)
        if beginning[4:8] in _BOXES:
            check_samples(path, file)
            return "mov" if beginning[4:8] == b"ftyp" else None
        if _leads_elsewhere(beginning):
            shown = ascii(beginning[:24].decode("latin-1"))
            raise InputError(
                f"{path}: not a readable video: a text, playlist or script that begins with "
                f"{shown} was found, {_WANTED}. Put the video itself there."
            )
    return None


def _leads_elsewhere(beginning: bytes) -> bool:
    """Return whether it begins as text, as all playlists and scripts do; any bytes may follow."""
    if beginning.startswith(_TAGGED) or any(mark in beginning for mark in _REFERRING):
        return True
    if beginning.startswith(_TEXTLIKE):
        return False
    head = beginning[:16].removeprefix(b"\xef\xbb\xbf")
    return bool(head) and all(byte in b"\t\n\r" or 0x20 <= byte < 0x7F for byte in head)
