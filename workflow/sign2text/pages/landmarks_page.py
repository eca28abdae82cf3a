"""The page of a data set's landmarks: how much is found, how steadily, and pictures to judge by."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from sign2text.landmarks.drawing import COLOURS
from sign2text.landmarks.extraction_times import Times
from sign2text.landmarks.measured_clips import MeasuredClip
from sign2text.landmarks.points import PARTS
from sign2text.landmarks.quality import Summary
from sign2text.pages.histogram import histogram
from sign2text.pages.landmarks_tables import (
    Summaries,
    detection,
    gaps,
    percent,
    signers,
    steadiness,
)
from sign2text.pages.page import page

MOST_REASONS = 20
CLASSES = {part: part.replace(" ", "-") for part in PARTS}
STYLE = (
    """
svg rect { fill: var(--bar); } svg rect:hover { fill: var(--text); }
svg path { stroke: var(--line); } svg .split { fill: var(--text); }
.numbers table { width: auto; }
.numbers th, .numbers td { padding: .2rem .6rem; }
.numbers td { white-space: nowrap; }
.numbers tbody th { min-width: 5.5rem; max-width: 16rem; overflow-wrap: anywhere; }
.plots { margin-top: 1rem; }
details { margin: .25rem 0; } summary { color: var(--soft); cursor: pointer; }
.reasons { margin: .25rem 0; max-width: 75ch; padding-left: 1.25rem; overflow-wrap: anywhere; }
.clip { border-top: 1px solid var(--line); margin-top: 1rem; padding-top: .75rem; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
h3 small { font-weight: 400; color: var(--soft); margin-left: .5rem; }
.strip { display: flex; gap: .5rem; margin: .5rem 0; }
.strip figure { flex: none; max-width: none; }
.strip img { display: block; height: 260px; width: auto; border-radius: 3px; }
.strip figcaption { font-weight: 400; font-size: .8rem; color: var(--soft); }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0;
  margin: .5rem 0; }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: 50%;
  border: 2px solid #101010; margin-right: .4rem; vertical-align: -.1rem; }
"""
    + "".join(f".key .{CLASSES[part]} {{ background: rgb{COLOURS[part]}; }}\n" for part in PARTS)
)  # fmt: skip


class Picture(NamedTuple):
    """A frame with its landmarks, as the bytes of a JPEG file, and its time in the clip."""

    seconds: float
    jpeg: bytes


class Shown(NamedTuple):
    """A clip with pictures."""

    clip: MeasuredClip
    pictures: Sequence[Picture]
    reason: str
    """Why the video's pictures are not behind the landmarks; empty if they are."""


@dataclass(frozen=True)
class Facts:
    """Contents of the page other than the measures."""

    data_set: str
    about: Mapping[str, object]
    """Extractor, version and settings, as the store has them."""
    stored: Mapping[str, int]
    """Clips of each split's store."""
    without: Mapping[str, int]
    """Clips of each split's manifest without landmarks."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Reasons of these clips by id, as far as the stores know them."""
    times: Mapping[str, Times] = field(default_factory=dict)
    """What the extraction of each split took, as far as it is known."""
    shown: Mapping[str, Sequence[Shown]] = field(default_factory=dict)
    """Clips with pictures: best, median, worst."""


def make_page(facts: Facts, clips: Sequence[MeasuredClip], found: Summaries) -> str:
    """Make the page.

    Args:
        clips: the measured clips.
        found: summaries of them.
    """
    whole = found["", ""]
    exact = any(math.isfinite(each.error) for each in whole.values())
    sections = [
        _lead(facts, len(clips), whole),
        "<h2>How often each part is found</h2>",
        detection(facts.stored, found),
        f'<div class="plots">{_plots(clips)}</div>',
        "<h2>By signer</h2>",
        signers(found),
        "<h2>Gaps</h2>",
        gaps(whole),
        f"<h2>{'Error and jitter' if exact else 'Jitter'}</h2>",
        steadiness(clips, whole, exact),
    ]
    if any(facts.shown.values()):
        sections += ["<h2>Pictures</h2>", _pictures(facts.shown)]
    return page(f"Landmarks of {facts.data_set}", "\n".join(sections), STYLE)


def statement(whole: Mapping[str, Summary]) -> str:
    """Say how much of each part is found."""
    said = ", ".join(f"{part} {percent(each.detected)}" for part, each in whole.items())
    first = next(iter(whole.values()))
    return f"{said} of {first.frames:,} frames in {first.clips:,} clips"


def _lead(facts: Facts, measured: int, whole: Mapping[str, Summary]) -> str:
    said = statement(whole)
    lines = [f"<p>Found: {escape(said)}.</p>"]
    about = _said(facts.about)
    lines.append(f'<p class="soft">{escape(about[:1].upper() + about[1:])}.</p>')
    stored, without = sum(facts.stored.values()), sum(facts.without.values())
    if measured < stored:
        lines.append(
            f"<p>Measured are {measured:,} of {stored:,} clips, evenly spread over each split.</p>"
        )
    if without:
        lines.append(
            f'<p class="note">Clips of the manifests without landmarks: {without:,}. They count '
            f"nowhere on this page.</p>{_left_out(facts.left_out)}"
        )
    lines += [f"<p>{_speed(*each)}</p>" for each in facts.times.items()]
    lines.append(
        '<p class="soft">Numbers of each clip are in clips.tsv, those of this page and more in '
        "landmarks.tsv, both beside this page.</p>"
    )
    return "\n".join(lines)


def _left_out(reasons: Mapping[str, str]) -> str:
    """List the first clips that were left out, with their reasons."""
    if not reasons:
        return ""
    rows = [*reasons.items()][:MOST_REASONS]
    rest = len(reasons) - len(rows)
    items = "".join(f"<li>{escape(clip)}: {escape(reason)}</li>" for clip, reason in rows)
    more = f"<li>and {rest:,} more</li>" if rest else ""
    return f'<details><summary>Reasons</summary><ul class="reasons">{items}{more}</ul></details>'


def _said(values: Mapping[str, object]) -> str:
    """Return values by name as plain text.

    >>> _said({"extractor": "mediapipe", "settings": {"every_frame": True}})
    'extractor: mediapipe; settings: (every frame: True)'
    """
    said = {k: f"({_said(v)})" if isinstance(v, Mapping) else v for k, v in values.items()}
    return "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in said.items())


def _speed(split: str, times: Times) -> str:
    per_core = ""
    if rate := times.core_rate:
        per_core = (
            f", {rate:.1f} a second and core (processor time of all its processes, reading videos "
            "included)"
        )
    return (
        f"Extraction of {escape(split)}: {times.frames:,} frames, "
        f"{times.frames / max(times.seconds, 1e-3):.1f} a second{per_core}."
    )


def _plots(clips: Sequence[MeasuredClip]) -> str:
    import pandas as pd

    shares = {
        part: pd.Series([100 * c.quality.parts[part].detected // c.quality.frames for c in clips])
        for part in PARTS
    }
    figures = [histogram("Frames of a clip with the part", "% of the clip's frames", shares)]
    lengths = {
        part: pd.Series([gap for c in clips for gap in c.quality.parts[part].gaps])
        for part in PARTS
    }
    if any(len(each) for each in lengths.values()):
        figures.append(histogram("Length of a gap", "frames", lengths, "gaps"))
    return "\n".join(figures)


def _pictures(shown: Mapping[str, Sequence[Shown]]) -> str:
    key = "".join(f'<li><i class="{CLASSES[part]}"></i>{part}</li>' for part in PARTS)
    lines = [
        "<p>Clips by the share of frames with a part, as a mean over the parts: the best, those in "
        "the middle and the worst. Frames are evenly spread over the clip; missing points are "
        "left out.</p>",
        f'<ul class="key">{key}</ul>',
    ]
    for rank, clips in shown.items():
        lines += [_clip(rank, each) for each in clips]
    return "\n".join(lines)


def _clip(rank: str, shown: Shown) -> str:
    clip = shown.clip
    said = ", ".join(
        f"{part} {percent(each.detected / clip.quality.frames)}"
        for part, each in clip.quality.parts.items()
    )
    note = f'<p class="note">{escape(shown.reason)}</p>\n' if shown.reason else ""
    pictures = "".join(
        f'<figure><img src="data:image/jpeg;base64,{b64encode(each.jpeg).decode()}" '
        f'alt="Landmarks of {escape(clip.id)} at {each.seconds:.2f} s"/>'
        f"<figcaption>{each.seconds:.2f} s</figcaption></figure>"
        for each in shown.pictures
    )
    return (
        f'<article class="clip">\n<h3>{rank}: {escape(clip.id)}<small>{escape(clip.split)}, '
        f"{escape(clip.signer)}</small></h3>\n<p>Found: {said} of {clip.quality.frames:,} frames."
        f'</p>\n{note}<div class="scroll strip">{pictures}</div>\n</article>'
    )
