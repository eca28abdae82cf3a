"""Localisation of pseudo-glosses: the times of their evidence against the times of their signs.

Pseudo-glosses come from sentences, and nothing says which sign shows one. Its sign is therefore the
gloss that occurs in the same training clips. Only corpora with times of glosses can be measured;
training never sees these times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sign2text.scoring.bootstrap import draws, interval, resampled_sums

LEAST_JACCARD = 0.5
"""Clips with both, by clips with either, from which a gloss is a pseudo-gloss's sign."""
RESAMPLES = 1000
PART = 0.5
"""Of the highest evidence in a clip, from which a step counts as a part of the sign."""


class Sign(NamedTuple):
    """A gloss as it is signed in a clip, in seconds from its beginning."""

    gloss: str
    start: float
    end: float


class Match(NamedTuple):
    """The gloss of a pseudo-gloss."""

    gloss: str
    jaccard: float


def signs_of(pseudo_glosses: Sequence[Sequence[int]], glosses: Sequence[str]) -> dict[int, Match]:
    """Find the sign of each pseudo-gloss that has one.

    Args:
        pseudo_glosses: numbers of those of each clip of train, each once.
        glosses: of each clip, one space apart.

    >>> signs_of([[0, 1], [0], [1]], ["A B", "A", "C"])
    {0: Match(gloss='A', jaccard=1.0), 1: Match(gloss='B', jaccard=0.5)}
    """
    signed = [set(line.split()) for line in glosses]
    of_pseudo = Counter(number for clip in pseudo_glosses for number in clip)
    of_gloss = Counter(gloss for clip in signed for gloss in clip)
    both = Counter(
        (number, gloss)
        for clip, there in zip(pseudo_glosses, signed, strict=True)
        for number in clip
        for gloss in there
    )
    found: dict[int, Match] = {}
    for (number, gloss), count in sorted(both.items()):
        jaccard = count / (of_pseudo[number] + of_gloss[gloss] - count)
        if jaccard >= LEAST_JACCARD and (number not in found or jaccard > found[number].jaccard):
            found[number] = Match(gloss, jaccard)
    return dict(sorted(found.items()))


class Case(NamedTuple):
    """A pseudo-gloss in a clip that shows its sign."""

    clip: int
    hit: bool
    """The step with the highest evidence lies in the sign."""
    chance: float
    """Share of the clip's steps that do."""
    overlap: float
    """Intersection over union of the steps that lie in the sign, and those found."""


def cases_of(
    clip: int,
    evidence: np.ndarray,
    targets: Sequence[int],
    times: np.ndarray,
    signs: Sequence[Sign],
    matches: Mapping[int, Match],
) -> list[Case]:
    """List the cases of a clip: its pseudo-glosses with a vector whose signs are made in it.

    Args:
        evidence: E of its pseudo-glosses `targets`, [N, their number].
        times: the middle of each step in seconds, [N].
        signs: of the clip.
        matches: of `signs_of`.
    """
    found = []
    for column, number in enumerate(targets):
        made = [sign for sign in signs if number in matches and sign.gloss == matches[number].gloss]
        heat = evidence[:, column]
        if not made or not heat.any():  # without a vector there is no evidence to look for
            continue
        inside = np.zeros(len(times), dtype=bool)
        for sign in made:
            inside |= (times >= sign.start) & (times < sign.end)
            # A sign between two steps has the nearest one.
            inside[np.abs(times - (sign.start + sign.end) / 2).argmin()] = True
        seen = heat >= PART * heat.max()
        overlap = (seen & inside).sum() / (seen | inside).sum()
        found.append(Case(clip, bool(inside[heat.argmax()]), float(inside.mean()), float(overlap)))
    return found


def summary(cases: Sequence[Case], clips: int, seed: int = 1) -> dict[str, object] | None:
    """Hits and chance in percent, the hits' interval over clips, mean overlap; None without cases.

    Args:
        clips: of the split.
    """
    if not cases:
        return None
    rows = np.zeros((clips, 2), dtype=np.int64)
    for case in cases:
        rows[case.clip] += (case.hit, 1)
    sums = resampled_sums(draws(clips, RESAMPLES, seed), rows)
    shares = 100 * sums[:, 0] / np.maximum(sums[:, 1], 1)
    return {
        "cases": len(cases),
        "hits": 100 * float(np.mean([case.hit for case in cases])),
        "interval": list(interval(shares)),
        "chance": 100 * float(np.mean([case.chance for case in cases])),
        "intersection_over_union": float(np.mean([case.overlap for case in cases])),
    }
