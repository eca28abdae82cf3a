"""Sentence templates with ranked alternatives, shared by the avatar's three written languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

RANK_DECAY = 0.3
"""How much rarer each alternative is than the one before it: the first wording that comes to a
speaker's mind is by far the commonest, as in broadcast forecasts."""
DRAWS_A_PHRASING = 24
"""Draws after which a meaning is taken to have no further phrasing."""

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")


def ranked(rng: np.random.Generator, items: Sequence[Item], decay: float = RANK_DECAY) -> Item:
    """One item, the first the likeliest: item r has a weight of decay ** r."""
    if len(items) == 1:
        return items[0]
    # The inverse of the cumulated geometric weights, cut off at the last item.
    mass = rng.random() * (1 - decay ** len(items))
    return items[min(int(np.log1p(-mass) / np.log(decay)), len(items) - 1)]


def weighted(rng: np.random.Generator, weights: dict[Item, float]) -> Item:
    """One key of `weights`, in proportion to its weight."""
    mark = rng.random() * sum(weights.values())
    for item, weight in weights.items():
        mark -= weight
        if mark < 0:
            return item
    return item


def expand(rng: np.random.Generator, template: str, separator: str = " ") -> str:
    """Choose among the alternatives of a template such as "es [regnet|gibt [|etwas] regen]".

    Alternatives stand in the order of their commonness and may be empty or nested. Words are
    joined by `separator`, so that surplus blanks vanish (or, for Chinese, all of them).
    """
    while "[" in template:
        template = _ALTERNATIVES.sub(lambda match: ranked(rng, match.group(1).split("|")), template)
    return separator.join(template.split())


def distinct(draw: Callable[[], str], n: int) -> list[str]:
    """At most `n` distinct sentences, in drawn order; fewer when the meaning has no more."""
    sentences: dict[str, None] = {}
    for _ in range(n * DRAWS_A_PHRASING):
        sentences.setdefault(draw())
        if len(sentences) == n:
            break
    return list(sentences)
