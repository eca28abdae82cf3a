"""Quality of landmarks: detection, gaps, jitter, and the error where the truth is known.

All distances are in shoulder widths, so that they do not depend on the size of the picture or of
the person in it. The measures and their definitions are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sign2text.landmarks.points import PARTS, POSE

SHORT = 3
"""Frames of a gap that interpolation can fill, at most (docs/landmarks.md)."""
_SHOULDERS = slice(POSE.start, POSE.start + 2)


@dataclass(frozen=True)
class PartQuality:
    """Quality of one part in a clip of T frames."""

    detected: int
    """Frames in which any point of the part is there."""
    gaps: tuple[int, ...]
    """Lengths of the runs of missing frames between two frames with the part."""
    ends: int
    """Missing frames before the first and after the last frame with the part; T if there is none.
    Hands are often outside the picture there, so these are no failures of the detector alone."""
    jitter: float
    """`jitter` of the part's points; NaN if it is unknown."""
    true_jitter: float = np.nan
    """The jitter of the same points in the truth."""
    error: float = np.nan
    """Median distance of found points to the true ones; NaN without truth."""


@dataclass(frozen=True)
class ClipQuality:
    """Quality of a clip's landmarks, by part."""

    frames: int
    width: float
    """Shoulder width in pixels; NaN if the shoulders are never found together."""
    parts: dict[str, PartQuality]

    @property
    def share(self) -> float:
        """Share of the frames in which a part is detected, as a mean over the parts."""
        return sum(part.detected for part in self.parts.values()) / len(self.parts) / self.frames


def detected(points: np.ndarray) -> np.ndarray:
    """Return bool [T, parts]: the frames in which any point of a part is there.

    Args:
        points: [T, 85, 3], missing points NaN.
    """
    seen = np.isfinite(points).all(axis=2)
    return np.stack([seen[:, span].any(axis=1) for span in PARTS.values()], axis=1)


def runs(values: np.ndarray) -> np.ndarray:
    """Return the runs of True in bool [T] as [R, 2]: first position, and the position after.

    >>> runs(np.array([True, True, False, True])).tolist()
    [[0, 2], [3, 4]]
    """
    edges = np.diff(np.concatenate([[0], values.astype(np.int8), [0]]))
    return np.column_stack([np.nonzero(edges == 1)[0], np.nonzero(edges == -1)[0]])


def gaps(seen: np.ndarray) -> tuple[tuple[int, ...], int]:
    """Return the lengths of the gaps inside bool [T], and the number of missing frames at its ends.

    >>> gaps(np.array([False, True, False, False, True, False]))
    ((2,), 2)
    """
    missing = runs(~seen)
    inside = (missing[:, 0] > 0) & (missing[:, 1] < len(seen))
    lengths = missing[:, 1] - missing[:, 0]
    return tuple(lengths[inside].tolist()), int(lengths[~inside].sum())


def shoulder_width(points: np.ndarray) -> float:
    """Return the median distance of the shoulders in the picture, in pixels; NaN if unknown."""
    left, right = np.moveaxis(points[:, _SHOULDERS, :2], 1, 0)
    return _median(np.linalg.norm(left - right, axis=1)) or np.nan


def jitter(points: np.ndarray, width: float, where: np.ndarray | None = None) -> float:
    """Return the median second difference of points in the picture, in shoulder widths a frame².

    |x(t-1) - 2 x(t) + x(t+1)| is 0 for a point that rests or moves evenly, large for one that
    trembles; signing has some of its own. NaN if no point is there in three successive frames.

    Args:
        points: [T, P, 3].
        width: shoulder width in pixels.
        where: bool [T, P], points to be used; None: all that are there.
    """
    places = points[..., :2]
    if where is not None:
        places = np.where(where[..., None], places, np.nan)
    return _median(np.linalg.norm(np.diff(places, n=2, axis=0), axis=-1)) / width


def clip_quality(points: np.ndarray, true: np.ndarray | None = None) -> ClipQuality:
    """Measure a clip.

    Args:
        points: landmarks [T, 85, 3] with T at least 1, in pixels, missing ones NaN.
        true: exact landmarks of the same frames; None if nobody knows them.
    """
    width, seen = shoulder_width(points), detected(points)
    parts = {}
    for number, (name, span) in enumerate(PARTS.items()):
        own = points[:, span]
        measures = {"jitter": jitter(own, width)}
        if true is not None:
            true_width, there = shoulder_width(true), np.isfinite(own).all(axis=2)
            distance = np.linalg.norm((own - true[:, span])[..., :2], axis=-1)
            measures["error"] = _median(distance) / true_width
            measures["true_jitter"] = jitter(true[:, span], true_width, there)
        inner, ends = gaps(seen[:, number])
        parts[name] = PartQuality(int(seen[:, number].sum()), inner, ends, **measures)
    return ClipQuality(len(points), width, parts)


@dataclass(frozen=True)
class Summary:
    """Quality of one part over several clips."""

    clips: int
    frames: int
    detected: float
    """Share of all frames."""
    never: int
    """Clips in which the part is never found."""
    gaps: int
    """Number of gaps."""
    median_gap: float
    """Frames; NaN without a gap."""
    longest_gap: int
    short: float
    """Share of the gaps that have at most SHORT frames; NaN without a gap."""
    ends: float
    """Share of all frames that are missing at the ends of clips."""
    jitter: float
    """Median over the clips, as are the next two."""
    true_jitter: float
    error: float


def summarise(clips: Sequence[ClipQuality], part: str) -> Summary:
    """Summarise one part over clips, of which there must be at least one."""
    own, frames = [clip.parts[part] for clip in clips], sum(clip.frames for clip in clips)
    lengths = np.array([gap for each in own for gap in each.gaps])
    return Summary(
        clips=len(clips),
        frames=frames,
        detected=sum(each.detected for each in own) / frames,
        never=sum(not each.detected for each in own),
        gaps=len(lengths),
        median_gap=_median(lengths),
        longest_gap=int(lengths.max(initial=0)),
        short=float((lengths <= SHORT).mean()) if len(lengths) else np.nan,
        ends=sum(each.ends for each in own) / frames,
        jitter=_median([each.jitter for each in own]),
        true_jitter=_median([each.true_jitter for each in own]),
        error=_median([each.error for each in own]),
    )


def _median(values: Iterable[float]) -> float:
    """Return the median of the finite values; NaN if there is none."""
    array = np.asarray(values, dtype=float)
    array = array[np.isfinite(array)]
    return float(np.median(array)) if array.size else np.nan
