"""Videos whose frames carry their numbers in their pixels, so that a test knows which it got."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIDE = 64
DARK, BRIGHT = 40, 215


def picture(number: int, width: int = SIDE, height: int = SIDE) -> np.ndarray:
    """A number of 16 bits as bars, the low byte above the high one, uint8 [H, W, 3]."""
    bits = np.array([number >> bit & 1 for bit in range(16)]).reshape(2, 8)
    grey = np.where(bits, BRIGHT, DARK).astype(np.uint8)
    rows = np.arange(height) * 2 // height
    columns = np.arange(width) * 8 // width
    return np.repeat(grey[rows][:, columns, None], 3, axis=2)


def number_of(frame: np.ndarray) -> int:
    """The number that a frame carries, from the middles of its bars."""
    height, width = frame.shape[:2]
    rows = [height // 4, height * 3 // 4]
    columns = [(2 * bit + 1) * width // 16 for bit in range(8)]
    bits = frame[rows][:, columns].mean(-1).ravel() > (DARK + BRIGHT) / 2
    return int(sum(int(bit) << place for place, bit in enumerate(bits)))


def numbers(frames: Iterable[np.ndarray]) -> list[int]:
    """The numbers that frames carry."""
    return [number_of(frame) for frame in frames]


def write_numbered(
    path: Path,
    frames: int | Sequence[int] = 40,
    codec: str = "libx264",
    *,
    form: str | None = None,
    rate: Fraction | int = 25,
    size: tuple[int, int] = (SIDE, SIDE),
    stamps: Sequence[int] | None = None,
    muxing: dict[str, str] | None = None,
    **options: str,
) -> Path:
    """Write a video of numbered frames, and return its path.

    Args:
        frames: how many, or which numbers they carry.
        size: width and height.
        stamps: of each frame in milliseconds; without them a frame comes every 1 / rate seconds.
        muxing: options of the container.
        options: of the encoder.
    """
    pixels = {"gif": "rgb8", "mjpeg": "yuvj420p", "prores_ks": "yuv422p10le"}.get(codec, "yuv420p")
    shown = range(frames) if isinstance(frames, int) else frames
    with av.open(str(path), "w", format=form, options=muxing or {}) as file:
        stream = file.add_stream(codec, rate=Fraction(rate), options=options)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        if stamps is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for place, number in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(picture(number, *size), format="rgb24")
            if stamps is not None:
                frame.pts, frame.time_base = stamps[place], Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def x264(*, reordered: int = 2, open_gop: bool = False, key: int = 12) -> dict[str, str]:
    """Options of libx264: B-frames one after the other, and frames from key to key frame."""
    more = f"open-gop={int(open_gop)}:keyint={key}:min-keyint={key}:scenecut=0:b-adapt=0"
    return {"bf": str(reordered), "crf": "20", "x264-params": more}


def x265(*, reordered: int = 2, open_gop: bool = False, key: int = 12) -> dict[str, str]:
    """As `x264`, of libx265."""
    more = f"open-gop={int(open_gop)}:keyint={key}:min-keyint={key}:scenecut=0:b-adapt=0"
    return {"x265-params": f"{more}:bframes={reordered}:log-level=none:pools=1"}


def copied(
    source: Path, target: Path, packets: slice, *, form: str | None = None, shift: int = 0
) -> Path:
    """Copy some packets of a video, as tools do that cut without encoding; return the target.

    `shift` is added to the stamps, in units of the source's time base.
    """
    with av.open(str(source)) as old, av.open(str(target), "w", format=form) as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        for packet in [each for each in old.demux(stream) if each.size][packets]:
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            packet.stream = copy
            new.mux(packet)
    return target


def sequential(path: Path) -> list[np.ndarray]:
    """All frames that libav decodes from the beginning on, by no code of the library.

    Packets that do not decode are passed over.
    """
    frames = []
    with av.open(str(path)) as file:
        for packet in file.demux(video=0):
            try:
                frames += packet.decode()
            except av.FFmpegError:
                continue
        return [frame.to_ndarray(format="rgb24") for frame in frames]
