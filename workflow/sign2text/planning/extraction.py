"""Cost of extracting a data set's landmarks: core-hours and bytes.

A plan runs no extraction: it needs pictures of people, and MediaPipe's own environment. The speed
is that of this data set's extraction here, as far as it has run, or else the documented one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.landmarks.points import WIDTH
from sign2text.planning.corpus import Corpus
from sign2text.planning.jobs import Job

STAGE = "extract_landmarks"
FRAMES_A_SECOND = 18.0
"""Frames that MediaPipe Holistic takes in a second of one core, at 210 x 260 pixels."""
DOCUMENTED = "docs/landmarks.md"
BYTES_A_FRAME = WIDTH * 2
"""Of a landmark store: two bytes a coordinate (landmarks/store_writer.py)."""


@dataclass(frozen=True)
class Extraction:
    """Frames of which landmarks are extracted, and the speed."""

    data_set: str
    frames: int
    every: int
    """Frames of the videos for each of them."""
    rate: float | None
    """Frames a second and core; None if the landmarks are read from files, in next to no time."""
    source: str
    """Where the rate comes from, or the landmarks."""

    @property
    def core_hours(self) -> float:
        """Hours of one core."""
        return self.frames / self.rate / 3600 if self.rate else 0.0

    @property
    def bytes(self) -> int:
        """Bytes of the landmark store."""
        return self.frames * BYTES_A_FRAME

    def to_json(self) -> dict[str, Any]:
        """Return all numbers as JSON values."""
        return {
            "data_set": self.data_set,
            "frames": self.frames,
            "every": self.every,
            "frames_a_second": self.rate,
            "source": self.source,
            "core_hours": self.core_hours,
            "bytes": self.bytes,
        }

    def __str__(self) -> str:
        """Say it in one line.

        >>> print(Extraction("x", 44_280_000, 2, 18.0, "documented"))
        landmarks of x: 44,280,000 frames (1 of 2), 683.3 core-hours (18.0 frames/s, documented), \
22.6 GB
        """
        taken = f" (1 of {self.every})" if self.every > 1 else ""
        hours = self.source
        if self.rate:
            hours = f"{self.core_hours:,.1f} core-hours ({self.rate:.1f} frames/s, {self.source})"
        return (
            f"landmarks of {self.data_set}: {self.frames:,} frames{taken}, {hours}, "
            f"{self.bytes / 1e9:,.1f} GB"
        )


def extractions(jobs: Iterable[Job], corpora: dict[str, Corpus]) -> tuple[Extraction, ...]:
    """Return the extraction of each data set whose landmarks the jobs read.

    Args:
        corpora: corpora by data set; one that is unknown is left out.
    """
    found: dict[str, Extraction] = {}
    for job in jobs:
        if job.stage == STAGE and job.dataset in corpora and job.dataset not in found:
            found[job.dataset] = _extraction(job, corpora[job.dataset])
    return tuple(found.values())


def _extraction(job: Job, corpus: Corpus) -> Extraction:
    rate, source, step = None, job.config.source.replace("_", " "), every(job)
    if job.config.source == "mediapipe":
        rate, source = measured_rate(job.dataset), "measured here"
        if rate is None:
            rate, source = FRAMES_A_SECOND, f"documented: {DOCUMENTED}"
    splits = corpus.splits.values()
    frames = sum(-(-count // step) for split in splits for count in split.frames)
    return Extraction(job.dataset, frames, step, rate, source)


def every(job: Job) -> int:
    """Return how many frames of a video have one frame of landmarks."""
    return job.config.mediapipe.every if job.config.source == "mediapipe" else 1


def measured_rate(dataset: str) -> float | None:
    """Return frames a second and core of the data set's extractions so far; None without any."""
    from sign2text.landmarks.extraction_times import extraction_times
    from sign2text.landmarks.mediapipe_frames import EXTRACTOR
    from sign2text.landmarks.store import LandmarkStore

    frames, seconds = 0, 0.0
    for path in sorted(Path("results", dataset).glob(f"*/{STAGE}/*.index.safetensors")):
        with contextlib.suppress(InputError):
            store = LandmarkStore(path)
            times = extraction_times(store)
            if store.about["extractor"] == EXTRACTOR and times and times.cpu_seconds:
                frames, seconds = frames + times.frames, seconds + times.cpu_seconds
    return frames / seconds if frames else None
