"""Clips with frames, evidence and signs over time, as a page shows them (figure 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sign2text.data.frame_store import FrameFormat
from sign2text.methods.sign2gpt.localisation import Match, Sign, cases_of
from sign2text.methods.sign2gpt.scored_split import ScoredSplit
from sign2text.pages.heat_map import PLOT, Clip, Picture, Row, Span

if TYPE_CHECKING:
    from sign2text.methods.sign2gpt.prototype_model import PrototypeModel

JPEG_QUALITY = 75


def choose_clips(targets: Sequence[Sequence[int]], count: int, seed: int) -> list[int]:
    """Draw `count` clips that have pseudo-glosses, one from each of equally large parts.

    Args:
        targets: pseudo-glosses of each clip of the split.

    Returns:
        their positions, rising; all of them if there are not more.
    """
    able = [position for position, own in enumerate(targets) if own]
    rng = np.random.default_rng(seed)
    parts = np.array_split(able, min(count, len(able)))
    return [int(rng.choice(part)) for part in parts]


def step_edges(times: np.ndarray, seconds: float) -> list[float]:
    """Return the bounds [N + 1] of steps, which meet halfway between their middles `times` [N].

    >>> step_edges(np.array([0.1, 0.3, 0.7]), 1.0)
    [0.0, 0.2, 0.5, 1.0]
    """
    return [0.0, *((times[1:] + times[:-1]) / 2).round(6).tolist(), seconds]


def shown_clips(
    scored: ScoredSplit,
    model: PrototypeModel,
    matches: Mapping[int, Match],
    corpus: Path | None,
    height: int,
) -> list[Clip]:
    """Collect all that the page shows of the scored clips.

    Args:
        model: the model that scored them.
        matches: the sign of each pseudo-gloss.
        corpus: the list of a rendered corpus's files; None: the times of signs are unknown.
        height: of the frames in pixels.
    """
    made = scored.signs(corpus) if corpus else [None] * len(scored.ids)
    numbers = {word: number for number, word in enumerate(model.config.pseudo_glosses)}
    clips = []
    for clip, row in enumerate(scored.table.itertuples()):
        seconds = float(scored.store.lengths[scored.store.position(row.id)] / scored.rates[clip])
        named = list(dict.fromkeys(scored.lines[clip].split()))
        rows = {word: numbers[word] for word in named if word in numbers}
        clips.append(
            Clip(
                *(row.id, row.signer, row.language, row.text, seconds),
                edges=step_edges(scored.times[clip], seconds),
                rows=[
                    _row(scored, clip, *each, model, matches, made[clip]) for each in rows.items()
                ],
                signs=None if made[clip] is None else [Span(*sign) for sign in made[clip]],
                pictures=_pictures(scored, clip, seconds, height),
                unknown=[word for word in named if word not in numbers],
            )
        )
    return clips


def _row(
    scored: ScoredSplit,
    clip: int,
    word: str,
    number: int,
    model: PrototypeModel,
    matches: Mapping[int, Match],
    signs: Sequence[Sign] | None,
) -> Row:
    """Collect a pseudo-gloss's evidence and, if the times of signs are known, its own sign."""
    heat = np.asarray(scored.evidence[clip])[:, [scored.targets[clip].index(number)]]
    cases = cases_of(clip, heat, [number], scored.times[clip], signs or (), matches)
    gloss = matches[number].gloss if number in matches else None
    return Row(
        word,
        heat[:, 0].tolist(),
        float(scored.scores[clip, number]),
        known=bool(model.head.known[number]),
        sign=gloss,
        signed=[Span(*sign) for sign in signs or () if sign.gloss == gloss],
        hit=cases[0].hit if cases else None,
    )


def _pictures(scored: ScoredSplit, clip: int, seconds: float, height: int) -> list[Picture]:
    """Take as many frames as fit side by side, from the middles of equal parts of the clip."""
    stored = scored.store.format.size
    height = min(height, stored[0])
    width = max(1, round(height * stored[1] / stored[0]))
    position = scored.store.position(scored.ids[clip])
    count = min(max(1, PLOT // width), int(scored.store.lengths[position]))
    times = [(number + 0.5) * seconds / count for number in range(count)]
    frames = [int(time * scored.rates[clip]) for time in times]
    form = FrameFormat((height, width), JPEG_QUALITY)
    pictures = scored.store.read(position, frames)
    return [Picture(time, form.encode(frame)) for time, frame in zip(times, pictures, strict=True)]
