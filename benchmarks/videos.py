"""The video reader against decord alone, on mp4 with H.264: whole clips, stored clips, parts.

    python benchmarks/videos.py

The videos are clips as long as PHOENIX-2014T's and one long video, of a moving disc with noise.
All ways read the same frames, in alternation, for several rounds. Each round gives a ratio, and the
median of these ratios is shown. Pages read whole clips. Stored clips are also resized and
compressed, as in sample_frames. Parts are sentences of the long video, in random order.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import av
import cv2
import decord
import numpy as np
from claims import claim

from sign2text.data import timeline
from sign2text.data.frame_format import FrameFormat
from sign2text.data.video import read_frames

SIZE, RATE = (320, 256), 25  # width and height; frames per second
FRAMES, LONG, PART = 116, 3_000, 60
"""Frames of a clip (PHOENIX-2014T's mean), of the long video (2 minutes), of a part of it."""
STORED = FrameFormat((256, 256), 90)


def write_video(path: Path, frames: int, seed: int) -> None:
    """Write a video with moving pictures and a camera's noise."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 6, (8, SIZE[1], SIZE[0], 3))
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=RATE, options={"preset": "superfast", "g": "50"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(frames):
            picture = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
            cv2.circle(picture, (40 + 3 * number % 240, 128), 30, (200, 170, 150), -1)
            noisy = np.clip(picture + noise[number % len(noise)], 0, 255).astype(np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="rgb24")))
        file.mux(stream.encode(None))


def with_decord(path: Path, wanted: range | None = None) -> Iterable[np.ndarray]:
    """Read frames with decord alone, 64 at once."""
    reader = decord.VideoReader(str(path), num_threads=1)
    wanted = wanted or range(len(reader))
    for start in range(0, len(wanted), 64):
        yield from reader.get_batch(list(wanted[start : start + 64])).asnumpy()


def count(frames: Iterable[np.ndarray]) -> int:
    """Go through frames and count them."""
    return sum(1 for _ in frames)


def store(frames: Iterable[np.ndarray]) -> int:
    """Resize and compress frames, and count them."""
    return sum(1 for frame in frames if STORED.encode(frame))


def parts_of(seed: int, number: int) -> list[range]:
    """Choose the frames of the long video for each part."""
    starts = np.random.default_rng(seed).integers(0, LONG - PART, number).tolist()
    return [range(start, start + PART) for start in starts]


def named(path: Path, part: range) -> str:
    """Name a part as in a manifest; its ends are between two frames."""
    return f"{path}#t={max(0, part.start - 0.5) / RATE},{(part.stop - 0.5) / RATE}"


def ways(clips: list[Path], long: Path, parts: list[range]) -> dict[str, list[Callable[[], int]]]:
    """Return our way and decord's for each comparison; each returns the number of frames."""

    def ours_in_parts() -> int:
        timeline._read_timeline.cache_clear()  # as in a corpus, the first part pays for the others
        return sum(count(read_frames(named(long, part))) for part in parts)

    return {
        "whole clips": [
            lambda: sum(count(read_frames(clip)) for clip in clips),
            lambda: sum(count(with_decord(clip)) for clip in clips),
        ],
        "clips, resized and compressed": [
            lambda: sum(store(read_frames(clip)) for clip in clips),
            lambda: sum(store(with_decord(clip)) for clip in clips),
        ],
        "parts of a long video": [
            ours_in_parts,
            lambda: sum(count(with_decord(long, part)) for part in parts),
        ],
    }


def seconds(way: Callable[[], int], frames: int) -> float:
    """Time a way in seconds; raise AssertionError if it does not give all frames."""
    start = time.perf_counter()
    found = way()
    if found != frames:
        raise AssertionError(f"{found} frames were read, {frames} were expected")
    return time.perf_counter() - start


def main() -> int:
    """Write, read and print; return 1 if a ratio is too low."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--parts", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    decord.logging.set_level(decord.logging.QUIET)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        clips = [Path(folder) / f"{number}.mp4" for number in range(options.clips)]
        for number, clip in enumerate(clips):
            write_video(clip, FRAMES, options.seed + number)
        long = Path(folder) / "long.mp4"
        write_video(long, LONG, options.seed)
        parts = parts_of(options.seed, options.parts)
        frames = [FRAMES * len(clips)] * 2 + [PART * len(parts)]
        print(f"{'mp4, H.264':32}{'ours, frames/s':>16}{'decord, frames/s':>18}{'faster':>9}")
        for (name, pair), number in zip(ways(clips, long, parts).items(), frames, strict=True):
            for way in pair:
                seconds(way, number)  # warms the caches
            took = [[seconds(way, number) for way in pair] for _ in range(options.rounds)]
            ratio = statistics.median(theirs / ours for ours, theirs in took)
            good &= claim(f"video reader: decord, {name}", ratio, at_least=0.9)
            speeds = [number / statistics.median(column) for column in zip(*took, strict=True)]
            print(f"{name:32}{speeds[0]:16.0f}{speeds[1]:18.0f}{ratio:7.2f} x", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
