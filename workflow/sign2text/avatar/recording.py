"""Recording of a clip: the performance as an mp4 file, with its times and landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sign2text.avatar.casting import signer_named
from sign2text.avatar.signing import FPS, SIZE, Performance, sign
from sign2text.avatar.utterance import SignToken
from sign2text.ground.files import replacing


@dataclass(frozen=True)
class Job:
    """Everything that a worker needs to record a clip."""

    tokens: tuple[SignToken, ...]
    signer: str
    seed: int
    video: Path
    quality: int
    preset: str
    keyframes: int


@dataclass(frozen=True)
class Recording:
    """The data of a clip that accompany its video."""

    frames: int
    glosses: list[tuple[str, float, float]]
    landmarks: np.ndarray


def record(job: Job) -> Recording:
    """Sign a clip and, unless its video exists, draw and encode it."""
    performance = sign(job.tokens, signer_named(job.signer), job.seed)
    if not job.video.exists():
        with replacing(job.video) as temporary:
            encode(performance, temporary, job.quality, job.preset, job.keyframes)
    return Recording(len(performance), performance.glosses, performance.landmarks)


def encode(performance: Performance, path: Path, quality: int, preset: str, keyframes: int) -> None:
    """Write an H.264 file; `quality` is x264's constant rate factor (smaller is better)."""
    import av
    import cv2

    cv2.setNumThreads(1)  # each core runs a drawing process; more threads would only slow it down
    options = {"crf": str(quality), "preset": preset, "g": str(keyframes)}
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        # One thread, so that x264 gives the same bytes on every run.
        stream.thread_count = 1
        for picture in performance.frames():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
