"""Clips of frames, stretched in time for training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sign2text.data.clips import FrameClips
from sign2text.data.frame_store import FrameStore
from sign2text.data.stretching import (
    Stretching,
    rounded_up,
    stretched_indices,
    stretched_lengths,
)


class StretchedClips(FrameClips):
    """All frames of each clip; training stretches, crops and augments them at random."""

    def __init__(
        self,
        store: FrameStore,
        *arguments: Any,
        stretching: Stretching,
        least: Sequence[int] | None = None,
        **settings: Any,
    ) -> None:
        """Take the arguments of `FrameClips` except `rate`.

        Args:
            least: for each clip, the minimum number of frames to keep (see `stretched_indices`).
        """
        super().__init__(store, *arguments, rate=1.0, **settings)
        self.stretching = stretching
        self.least = [1] * len(self.ids) if least is None else list(least)

    @property
    def longest(self) -> Sequence[int]:
        if self.seed is None or not self.stretching.stretches:
            return self.lengths
        both = zip(self.lengths, self.least, strict=True)
        return [rounded_up(stretched_lengths(n, self.stretching, least)[1]) for n, least in both]

    def sample(self, clip: int, rng: np.random.Generator | None) -> np.ndarray:
        if rng is None or not self.stretching.stretches:
            return np.arange(self.lengths[clip])
        return stretched_indices(self.lengths[clip], self.stretching, rng, self.least[clip])
