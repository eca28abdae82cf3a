"""Sentence templates with ranked alternatives, shared by the avatar's three written languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

RANK_DECAY = 0.3
"""Weight of each alternative relative to the previous one.

The first wording that comes to a speaker's mind is by far the most common, as in broadcast
forecasts.
"""
DRAWS_A_PHRASING = 24
"""Draws per requested phrasing before a meaning counts as having no more."""

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")


def ranked(rng: np.random.Generator, items: Sequence[Item], decay: float = RANK_DECAY) -> Item:
    """Draw one item, most likely the first: item r has a weight of decay ** r."""
    if len(items) == 1:
        return items[0]
    # The inverse of the cumulative geometric weights, truncated at the last item.
    mass = rng.random() * (1 - decay ** len(items))
    return items[min(int(np.log1p(-mass) / np.log(decay)), len(items) - 1)]


def weighted(rng: np.random.Generator, weights: dict[Item, float]) -> Item:
    """Draw a key of `weights`, in proportion to its weight."""
    mark = rng.random() * sum(weights.values())
    for item, weight in weights.items():
        mark -= weight
        if mark < 0:
            return item
    return item


def expand(rng: np.random.Generator, template: str, separator: str = " ") -> str:
    """Choose among the alternatives of a template such as "es [regnet|gibt [|etwas] regen]".

    Alternatives are ordered from common to rare, and may be empty or nested. Words are joined by
    `separator`, which removes surplus spaces (or, for Chinese, all of them).
    """
    while "[" in template:
        template = _ALTERNATIVES.sub(lambda match: ranked(rng, match.group(1).split("|")), template)
    return separator.join(template.split())


def distinct(draw: Callable[[], str], n: int) -> list[str]:
    """Draw up to `n` distinct sentences, in drawn order; fewer if the meaning has no more."""
    sentences: dict[str, None] = {}
    for _ in range(n * DRAWS_A_PHRASING):
        sentences.setdefault(draw())
        if len(sentences) == n:
            break
    return list(sentences)
