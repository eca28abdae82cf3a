"""Shares of tasks and pairs in a batch, and nested subsets of the clips."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sign2text.data.sampling import clip_rng

Key = tuple[str, str]
"""Task and pair of languages, such as ("slt", "gsg-de")."""


def item_shares(
    counts: Mapping[Key, int], tasks: Mapping[str, float], p_mt: float, temperature: float
) -> dict[Key, float]:
    """Divide the items of a batch among tasks and pairs; the shares sum to 1.

    `mt` has the share `p_mt`, and the tasks on clips have the rest by their relative shares. The
    pairs of a task share by n ** (1 / temperature), with n items.

    Args:
        counts: items of each task and pair; only those with items.
        tasks: relative shares of the tasks on clips.

    >>> counts = {("slt", "gsg-de"): 100, ("mt", "de-en"): 400, ("mt", "en-de"): 400}
    >>> item_shares(counts, {"slt": 1.0}, 0.5, 1.0)
    {('slt', 'gsg-de'): 0.5, ('mt', 'de-en'): 0.25, ('mt', 'en-de'): 0.25}
    """
    found = {task for task, _ in counts}
    signed = math.fsum(tasks[task] for task in found if task != "mt")
    rest = (1 - p_mt) if "mt" in found else 1.0
    weights: dict[str, float] = defaultdict(float)
    for (task, _), count in counts.items():
        weights[task] += count ** (1 / temperature)
    return {
        (task, pair): (p_mt if task == "mt" else rest * tasks[task] / signed)
        * (count ** (1 / temperature) / weights[task])
        for (task, pair), count in counts.items()
    }


def nested_clips(
    clips: Sequence[str], joined: Mapping[str, Sequence[str]], share: float, seed: int
) -> set[str]:
    """Choose a share of the clips by seed; a larger share contains each smaller one.

    Clips that are joined into one long clip are chosen together.

    Args:
        joined: the clips of each joined clip.

    >>> quarter = nested_clips(["a", "b", "c", "d"], {"j": ["a", "b"]}, 0.25, 1)
    >>> half = nested_clips(["a", "b", "c", "d"], {"j": ["a", "b"]}, 0.5, 1)
    >>> quarter < half, len(half)
    (True, 2)
    """
    unit_of: dict[str, str] = {}
    for name, members in joined.items():
        for clip in members:
            unit_of.setdefault(clip, name)
    units: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        units[unit_of.get(clip, clip)].append(clip)
    order = sorted(units, key=lambda unit: (clip_rng(seed, 0, unit).random(), unit))
    most, chosen = round(share * len(clips)), set()
    for unit in order:
        if len(chosen) >= most:
            break
        chosen.update(units[unit])
    return chosen


def whole_joined(joined: Mapping[str, Sequence[str]], chosen: Collection[str]) -> set[str]:
    """Return the joined clips all of whose clips are chosen.

    >>> whole_joined({"j": ["a", "b"], "k": ["b", "c"]}, {"a", "b"})
    {'j'}
    """
    return {name for name, members in joined.items() if all(clip in chosen for clip in members)}
