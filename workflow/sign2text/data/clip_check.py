"""Measure frames and rates of a corpus's clips, and find clips that cannot be used."""

from __future__ import annotations

import functools
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.video import count_frames, frame_rate, has_even_times, split_fragment
from sign2text.ground.errors import InputError
from sign2text.ground.terminal import visible
from sign2text.untrusted.names import check_linked

if TYPE_CHECKING:
    import pandas as pd

THREADS = 16  # they wait for the disk more than they compute


@dataclass(frozen=True)
class Measured:
    """A clip's number of frames and its frame rate, or the reason why they are unknown."""

    frames: int
    fps: float
    reason: str = ""
    even: bool = True
    """True if the frames come at even intervals."""


def measure(table: pd.DataFrame, corpus: Path) -> list[Measured]:
    """Measure each clip of an adapter's table without decoding anything.

    `corpus` is the corpus's folder, resources/<data set>; clips must not be links out of it.

    The adapter has already checked clips with `frames`, so only their texts are checked. Clips with
    `expected_frames` must have that many; 0 means that the annotations do not give the number.
    Clips with a reason in `unusable` are not looked at.
    """
    from tqdm import tqdm

    none = [0] * len(table)
    jobs = list(
        zip(
            table.get("unusable", [""] * len(table)),
            table["video"],
            table.get("frames", none),
            table.get("expected_frames", none),
            table["fps"].astype(float),
            table["text"],
            strict=True,
        )
    )
    pool = ThreadPoolExecutor(THREADS)
    try:
        look = functools.partial(_measure, corpus)
        return list(tqdm(pool.map(look, jobs), total=len(jobs), unit="clip"))
    finally:
        pool.shutdown(cancel_futures=True)


def _measure(corpus: Path, job: tuple[str, str, int, int, float, str]) -> Measured:
    unusable, video, frames, expected, fps, text = job
    try:
        if unusable:
            raise InputError(unusable)
        if not text:
            raise InputError("its text is empty. Add it to the annotations, or take the clip out.")
        check_linked(split_fragment(video)[0], corpus)
        known = bool(frames)
        frames = int(frames) or count_frames(video)
        if expected and frames != expected:
            raise InputError(
                f"{video}: {frames} frames found, expected {expected} as the annotations say. "
                "Unpack or fetch the clip again."
            )
        even = known or has_even_times(video)
        return Measured(frames, frame_rate(video) if math.isnan(fps) else fps, even=even)
    except InputError as error:
        reason = str(error)
    except OSError as error:
        # No access rights, or a damaged disk: a problem of one clip must not hide the others'.
        reason = (
            f"{error.filename or video}: cannot be read ({error.strerror or error}). Check its "
            "rights and its disk."
        )
    return Measured(0, 0.0, visible(" ".join(reason.split())))
