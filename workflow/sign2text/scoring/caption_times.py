"""Alignment of captions: errors of their starts on clips that join several sentences.

Two trivial answers show how much of an error is avoided by looking at the clip (ours): captions
evenly spread over the clip, and captions as long as their texts.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from sign2text.ground.errors import InputError
from sign2text.scoring.bootstrap import draws, interval

MEDIANS = ("median_error", "median_error_evenly_spread", "median_error_by_text_length")
"""Errors of the model, and of the two trivial answers."""


class TimedCaption(NamedTuple):
    """A caption of a clip, with its true times in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class AlignedClip:
    """A joined clip with its captions in order, and the starts that a model found."""

    id: str
    seconds: float
    """Length of the clip."""
    captions: tuple[TimedCaption, ...]
    starts: tuple[float, ...] = field(default=())
    """Found starts in seconds, in the order of the captions; missing ones at the end."""


def evenly_spread(clip: AlignedClip) -> list[float]:
    """Return the starts of captions that share the clip equally.

    >>> clip = AlignedClip("a", 6.0, (TimedCaption("ja", 0, 1), TimedCaption("nein", 1, 6)))
    >>> evenly_spread(clip)
    [0.0, 3.0]
    """
    count = len(clip.captions)
    return [clip.seconds * number / count for number in range(count)]


def by_text_length(clip: AlignedClip) -> list[float]:
    """Return the starts of captions that share the clip by the characters of their texts.

    >>> clip = AlignedClip("a", 6.0, (TimedCaption("ja", 0, 1), TimedCaption("nein", 1, 6)))
    >>> by_text_length(clip)
    [0.0, 2.0]
    """
    lengths = [len(each.text) for each in clip.captions]
    total, before, starts = sum(lengths), 0, []
    for length in lengths:
        starts.append(clip.seconds * before / total)
        before += length
    return starts


@dataclass(frozen=True)
class AlignmentScores:
    """Median errors of the captions' starts in seconds, over all captions of all clips."""

    clips: int
    captions: int
    missing: int
    """Captions that the model gave no start; each counts as wrong by the length of its clip."""
    median_error: float
    median_error_evenly_spread: float
    median_error_by_text_length: float
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """95 % intervals of the medians over clips, by name; empty without resamples."""


def score_starts(
    clips: Sequence[AlignedClip], *, resamples: int = 0, seed: int = 1
) -> AlignmentScores:
    """Compare found starts with the true ones, and with the two trivial answers.

    A start before 0 or after the clip's end counts as at that end; further starts than captions are
    ignored.

    Args:
        resamples: resampled test sets behind the intervals; 0: no intervals.
        seed: of the resampling.

    Raises:
        InputError: there is no caption, or a clip has an empty caption or times outside it.
    """
    errors: dict[str, list[list[float]]] = {name: [] for name in MEDIANS}
    missing = 0
    for clip in clips:
        _check(clip)
        given = [min(max(each, 0.0), clip.seconds) for each in clip.starts[: len(clip.captions)]]
        missing += len(clip.captions) - len(given)
        for name, starts in zip(
            MEDIANS, (given, evenly_spread(clip), by_text_length(clip)), strict=True
        ):
            errors[name].append(_errors(clip, starts))
    captions = sum(len(clip.captions) for clip in clips)
    if not captions:
        raise InputError(
            "alignment: found no caption, expected captions of joined clips. Let make_captions "
            "join clips of the test split."
        )
    medians = [statistics.median(itertools.chain(*each)) for each in errors.values()]
    found = AlignmentScores(len(clips), captions, missing, *medians)
    if resamples:
        counts = draws(len(clips), resamples, seed)
        between = {name: _interval(each, counts) for name, each in errors.items()}
        found = replace(found, intervals=between)
    return found


def _errors(clip: AlignedClip, starts: Sequence[float]) -> list[float]:
    """Return the error of each caption; a missing start is wrong by the length of the clip."""
    later = [clip.seconds] * (len(clip.captions) - len(starts))
    known = zip(starts, clip.captions, strict=False)
    return [*(abs(start - caption.start) for start, caption in known), *later]


def _interval(errors: Sequence[Sequence[float]], counts: np.ndarray) -> tuple[float, float]:
    """Return the interval of the median over resampled clips, `counts` [resamples, clips]."""
    values = np.concatenate([np.asarray(each, dtype=np.float64) for each in errors])
    of = np.repeat(np.arange(len(errors)), [len(each) for each in errors])
    return interval([np.median(np.repeat(values, row[of])) for row in counts if row[of].any()])


def _check(clip: AlignedClip) -> None:
    for number, caption in enumerate(clip.captions):
        if not caption.text:
            raise InputError(
                f"clip '{clip.id}', caption {number + 1}: is empty, expected a text. Leave it out."
            )
        if not 0 <= caption.start < caption.end <= clip.seconds + 0.001:
            raise InputError(
                f"clip '{clip.id}', caption {number + 1}: from {caption.start} to {caption.end} s "
                f"found, expected times inside the clip's {clip.seconds} s, the end after the "
                "start. Make the captions again."
            )
