"""Clips of every n-th frame, with random start and end in training (Sign2GPT)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sign2text.data.clips import FrameClips
from sign2text.data.frame_store import FrameStore
from sign2text.data.sampling import strided_indices, strided_length


class StridedClips(FrameClips):
    """Every `stride`-th frame of each clip, at most `most` of them (see `strided_indices`)."""

    shorter = "Raise frame_stride, lower most_frames"

    def __init__(
        self,
        store: FrameStore,
        ids: Sequence[str],
        targets: Any,
        *,
        stride: int,
        play: int,
        most: int,
        **settings: Any,
    ) -> None:
        """Take the arguments of `FrameClips` except `rate`.

        Args:
            stride: distance between used frames.
            play: frames at either end that training may leave out.
            most: maximum number of used frames.
        """
        super().__init__(store, ids, targets, rate=1 / stride, **settings)
        self.stride, self.play, self.most = stride, play, most
        self.frames = [int(store.lengths[position]) for position in self.positions]
        self.lengths = [strided_length(each, stride, most) for each in self.frames]

    def sample(self, clip: int, rng: np.random.Generator | None) -> np.ndarray:
        return strided_indices(self.frames[clip], self.stride, rng, play=self.play, most=self.most)
