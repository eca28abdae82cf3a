"""Stretching of training clips in time: the choice of frames makes signs faster or slower."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sign2text.ground.settings import stage_config

if TYPE_CHECKING:
    import numpy as np

MULTIPLE = 4
"""Stretched clips have a multiple of this many frames, since S3D halves time twice."""


@stage_config
class Stretching:
    """Limits on stretching training clips in time (MMTLB, public code); [1, 1] turns it off."""

    shortest: Annotated[
        float, Field(gt=0, le=1, description="least length, as a share of the clip's own")
    ] = 0.5
    longest: Annotated[
        float, Field(ge=1, description="most length, as a share of the clip's own")
    ] = 1.5
    most: Annotated[
        int,
        Field(
            ge=MULTIPLE,
            multiple_of=MULTIPLE,
            description="frames of a stretched clip at most, a multiple of 4",
        ),
    ] = 400

    @property
    def stretches(self) -> bool:
        """True if the settings can change a clip's length."""
        return (self.shortest, self.longest) != (1, 1)


def stretched_lengths(frames: int, settings: Stretching, least: int = 1) -> tuple[int, int]:
    """Return the minimum and maximum number of frames of a stretched clip of `frames` frames.

    >>> stretched_lengths(100, Stretching())
    (50, 150)
    >>> stretched_lengths(300, Stretching())
    (150, 400)
    >>> stretched_lengths(10, Stretching(), least=12)
    (12, 15)
    """
    shares = settings.shortest, settings.longest
    low, high = (min(settings.most, math.floor(round(frames * each, 6))) for each in shares)
    return max(low, least), max(high, least)


def stretched_indices(
    frames: int, settings: Stretching, rng: np.random.Generator, least: int = 1
) -> np.ndarray:
    """Draw the frame indices of a stretched clip, int64 [N], non-decreasing (MMTLB, public code).

    N is drawn uniformly and rounded up to a multiple of MULTIPLE. A shortened clip has N distinct
    frames at random. A lengthened clip has all frames, and random ones repeated once or more.

    Args:
        frames: number of frames of the clip.
        least: minimum number of frames, such as the clip's glosses need; it wins over
            `settings.most`.
    """
    import numpy as np

    low, high = stretched_lengths(frames, settings, least)
    count = rounded_up(int(rng.integers(low, high + 1)))
    if count <= frames:
        return np.sort(rng.permutation(frames)[:count])
    repeated = rng.integers(0, frames, count - frames)
    return np.sort(np.concatenate([np.arange(frames), repeated]))


def rounded_up(frames: int) -> int:
    """Round up to a multiple of MULTIPLE.

    >>> [rounded_up(frames) for frames in (1, 4, 5)]
    [4, 4, 8]
    """
    return -(-frames // MULTIPLE) * MULTIPLE
