"""Extract the landmarks of clips with MediaPipe Holistic, one worker a core.

Source: MediaPipe Holistic (arXiv 2006.10204) with refined irises; its use for translation is that
of YouTube-ASL (arXiv 2306.15162, section 4.1). Videos are decoded here, in their own resolution.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from sign2text.data.frames_at_rate import clip_rate
from sign2text.data.video import read_frames, split_fragment
from sign2text.ground.errors import InputError, MemoryShortError
from sign2text.landmarks.environment import find_python
from sign2text.landmarks.extracted import Clip, Extracted, MediaPipe, Missed
from sign2text.landmarks.mediapipe_worker import MODEL_COMPLEXITY, PARTS, VERSION
from sign2text.landmarks.points import FACE_INDICES, POSE_INDICES
from sign2text.landmarks.worker import Worker, WorkerError

log = logging.getLogger(__name__)

EXTRACTOR = "mediapipe"
CLIPS_AHEAD = 2
"""Clips per worker that are in work or wait to be taken; bounds the memory in use."""


def about(settings: MediaPipe) -> dict[str, Any]:
    """Describe the extractor, as stores and models record it."""
    return {
        "extractor": EXTRACTOR,
        "version": VERSION,
        "settings": {
            "model_complexity": MODEL_COMPLEXITY,
            "every": settings.every,
            "display_ratio": settings.display_ratio,
        },
    }


def extract_clips(
    clips: Iterable[Clip],
    *,
    settings: MediaPipe,
    workers: int = 1,
    python: Path | None = None,
) -> Iterator[Extracted | Missed]:
    """Yield the landmarks of each clip, in order; the number of workers changes no result.

    A clip that cannot be decoded, shows no person, or at which the extractor ends, is Missed; the
    clips after it are extracted.

    Args:
        workers: number of MediaPipe processes, each of which keeps one core busy.
        python: Python of MediaPipe's environment; None finds it.

    Raises:
        InputError: MediaPipe's environment is missing or has another version; or a clip's file is
            gone.
        MemoryShortError: memory ran out, which says nothing about the clip.
    """
    python = python or find_python()
    started: list[Worker] = []
    idle: SimpleQueue[Worker] = SimpleQueue()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="landmarks")

    def extract(clip: Clip) -> Extracted | Missed:
        worker = idle.get()
        try:
            worker.revive()
            return extract_clip(worker, clip, settings)
        finally:
            idle.put(worker)

    waiting: deque[Future[Extracted | Missed]] = deque()
    finished = False
    try:
        for _ in range(workers):
            started.append(Worker(python))
            idle.put(started[-1])
        for clip in clips:
            waiting.append(pool.submit(extract, clip))
            if len(waiting) == CLIPS_AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        finished = True
    finally:
        if not finished:  # an error or a signal: do not wait for the clips in work
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in started:
                worker.kill()
        pool.shutdown()
        for worker in started:
            worker.close()


def extract_one(clip: Clip, settings: MediaPipe) -> Extracted:
    """Extract the landmarks of one clip. Raises InputError also with the reason if it is Missed."""
    (found,) = extract_clips([clip], settings=settings)
    if isinstance(found, Missed):
        raise InputError(found.reason)
    return found


def extract_clip(worker: Worker, clip: Clip, settings: MediaPipe) -> Extracted | Missed:
    """Extract a clip's landmarks with a worker that is running."""
    frames = _Frames(clip.video, settings)
    try:
        found = [_chosen(points) for points in worker.detect(frames)]
        fps = clip.fps
        if fps is None and (rate := clip_rate(clip.video)) is not None:
            fps = rate.mean
    except MemoryShortError:
        raise
    except (InputError, WorkerError) as error:
        if not split_fragment(clip.video)[0].exists():
            raise InputError(f"clip '{clip.id}': {error}") from error
        where = f"{clip.video}: " if isinstance(error, WorkerError) else ""
        return Missed(clip.id, where + " ".join(str(error).split()))
    if clip.frames is not None and frames.count != clip.frames:
        reason = f"{clip.video} has {frames.count} frames, the manifest says {clip.frames}"
        if frames.count > clip.frames:
            return Missed(clip.id, f"{reason}. Make the manifest again.")
        log.warning("clip '%s': %s; the video is damaged", clip.id, reason)
    # The worker's points are shares of the picture that it saw: of the source's too.
    width, height = frames.size
    points = np.stack(found) * np.array([width, height, width], np.float32)
    if np.isnan(points).all():
        return Missed(
            clip.id,
            f"{clip.video}: MediaPipe finds no person in any of its {len(points)} frames, a signer "
            "expected. Look at the clip: it may be cut wrongly, turned, or too dark.",
        )
    return Extracted(clip.id, points, fps and fps / settings.every, frames.size)


class _Frames:
    """A clip's frames as the detector shall see them, counted."""

    def __init__(self, video: str, settings: MediaPipe) -> None:
        self.video, self.settings = video, settings
        self.count = 0
        """Frames of the clip that were decoded."""
        self.size = (0, 0)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (
            unsqueezed(frame, self.settings.display_ratio)
            for frame in islice(self._decoded(), 0, None, self.settings.every)
        )

    def _decoded(self) -> Iterator[np.ndarray]:
        for frame in read_frames(self.video):
            self.size = (frame.shape[1], frame.shape[0])
            self.count += 1
            yield frame


def unsqueezed(frame: np.ndarray, display_ratio: float | None) -> np.ndarray:
    """Stretch a frame, uint8 [H, W, 3], to width / height = `display_ratio`; no side shrinks.

    >>> unsqueezed(np.zeros((260, 210, 3), np.uint8), 300 / 260).shape
    (260, 300, 3)
    """
    if display_ratio is None:
        return frame
    import cv2

    height, width = frame.shape[:2]
    size = (max(width, round(height * display_ratio)), max(height, round(width / display_ratio)))
    return frame if size == (width, height) else cv2.resize(frame, size)


# Both hands come first in a worker's answer, then the pose, then the face.
_POSE, _FACE = np.cumsum([count for _, count in PARTS])[1:3]
_CHOSEN = np.concatenate(
    [np.arange(_POSE), _POSE + np.array(POSE_INDICES), _FACE + np.array(FACE_INDICES)]
)


def _chosen(points: np.ndarray) -> np.ndarray:
    """Choose the 85 points of points.py, in its order, from all of Holistic's."""
    return points[_CHOSEN]
