"""Joining of clips of one signer into long clips, with the captions' times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sign2text.data.captions import COLUMNS, JOINED
from sign2text.data.splits import SPLITS

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "joined-"
"""Start of the id of a joined clip."""


@dataclass(frozen=True)
class Lengths:
    """Limits of a joined clip."""

    fewest: int
    """Clips that it joins, at least and at most."""
    most: int
    seconds: float
    """Its length at most."""


def join_clips(
    manifest: pd.DataFrame, split: str, count: int, lengths: Lengths, seed: int
) -> pd.DataFrame:
    """Join clips of a split into `count` long clips, fewer if the split has too few clips.

    A long clip has consecutive clips of one signer: neighbours in an order that is drawn anew once
    all clips are used. The clips' frame rates are equal. No two long clips join the same clips in
    the same order. `seed` and the split determine the result.

    Returns a table with the columns JOINED; times are seconds in the long clip.
    """
    import pandas as pd

    rng = np.random.default_rng([seed, SPLITS.index(split)])
    seconds = dict(zip(manifest["id"], manifest["frames"] / manifest["fps"], strict=True))
    groups = [
        group["id"].tolist()
        for _, group in manifest.groupby(["signer", "fps"], sort=True)
        if len(group) >= lengths.fewest
    ]
    found: dict[tuple[str, ...], None] = {}
    while len(found) < count:
        runs = [run for group in groups for run in _runs(group, seconds, lengths, rng)]
        new = [runs[i] for i in rng.permutation(len(runs)) if runs[i] not in found]
        if not new:
            break
        found |= dict.fromkeys(new[: count - len(found)])
    rows = []
    for number, clips in enumerate(found, 1):
        start = 0.0
        for place, clip in enumerate(clips):
            end = round(start + seconds[clip], 3)
            rows.append((f"{PREFIX}{split}-{number:05d}", place, clip, start, end))
            start = end
    return pd.DataFrame(rows, columns=[*JOINED])


def _runs(
    group: list[str], seconds: Mapping[str, float], lengths: Lengths, rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Cut the clips of one signer, in a random order, into runs within the limits."""
    runs: list[tuple[str, ...]] = []
    run: list[str] = []
    wanted, length = int(rng.integers(lengths.fewest, lengths.most + 1)), 0.0
    for index in rng.permutation(len(group)):
        clip = group[index]
        if run and (len(run) == wanted or length + seconds[clip] > lengths.seconds):
            runs.append(tuple(run))
            run, length = [], 0.0
            wanted = int(rng.integers(lengths.fewest, lengths.most + 1))
        run.append(clip)
        length += seconds[clip]
    runs.append(tuple(run))
    return [
        each
        for each in runs
        if len(each) >= lengths.fewest and sum(map(seconds.__getitem__, each)) <= lengths.seconds
    ]


def captions_of_joined(
    joined: pd.DataFrame,
    captions: pd.DataFrame,
    signed: Mapping[str, tuple[float, float]],
) -> pd.DataFrame:
    """Return the captions of joined clips, those of their clips with times in the long clip.

    Args:
        joined: a table with the columns JOINED.
        captions: captions of the clips.
        signed: seconds of a clip between which somebody signs; other clips are signed throughout.
    """
    import pandas as pd

    by_clip = dict(list(captions.groupby("clip", sort=False)))
    rows = []
    for name, _, clip, start, end in joined[[*JOINED]].itertuples(index=False):
        first, last = signed.get(clip, (0.0, end - start))
        if clip not in by_clip:
            continue
        for one in by_clip[clip].itertuples(index=False):
            own = (first, last) if one.start != one.start else (one.start, one.end)
            times = (round(start + own[0], 3), round(min(start + own[1], end), 3))
            rows.append((name, one.language, one.text, *times, one.origin))
    return pd.DataFrame(rows, columns=[*COLUMNS])
