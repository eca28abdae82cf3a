"""Random augmentation of landmarks in training; ours, the paper has none.

Frames are chosen before the box is computed; turning, scaling, noise and dropped hands follow, in
units of the box, since the box would undo them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sign2text.ground.settings import BelowOne, Probability, stage_config
from sign2text.landmarks.points import LEFT_HAND, RIGHT_HAND

if TYPE_CHECKING:
    import numpy as np

    from sign2text.landmarks.normalising import Landmarks


@stage_config
class LandmarkAugmentation:
    """Kinds and strengths of augmentation, all off by default."""

    start: Annotated[
        bool,
        Field(
            description="begin at a random one of the frames before the second step, so that all "
            "frames are learned from; ours"
        ),
    ] = False
    stretch: Annotated[
        BelowOne,
        Field(description="the clip becomes slower or faster by up to this share; ours"),
    ] = 0.0
    rotation: Annotated[
        float, Field(ge=0, le=180, description="degrees in the picture, to either side; ours")
    ] = 0.0
    scale: Annotated[BelowOne, Field(description="larger or smaller by up to this share; ours")] = (
        0.0
    )
    noise: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="standard deviation of each coordinate, in sides of the box; ours",
        ),
    ] = 0.0
    drop_hand: Annotated[
        Probability, Field(description="share of hands that are missing for a while; ours")
    ] = 0.0
    drop_share: Annotated[
        Probability, Field(description="largest share of a clip that such a hand is missing; ours")
    ] = 0.25


def choose_frames(
    count: int,
    settings: Landmarks,
    augmentation: LandmarkAugmentation,
    rng: np.random.Generator,
) -> np.ndarray:
    """Choose the frames of a clip of `count` frames, int64 [N], rising, N at most `longest`."""
    import numpy as np

    share, first = rng.uniform(-1, 1), int(rng.integers(settings.every))
    first = min(first, count - 1) if augmentation.start else 0
    # Drawn evenly on a scale of ratios: twice as fast is as likely as half as fast.
    step = settings.every * (1 + augmentation.stretch) ** share
    steps = min(settings.longest, math.ceil(round((count - first) / step, 6)))
    frames = first + np.floor(np.arange(max(1, steps)) * step + 1e-6).astype(np.int64)
    return np.minimum(frames, count - 1)


def most_steps(count: int, settings: Landmarks, augmentation: LandmarkAugmentation) -> int:
    """Return the largest number of frames that `choose_frames` chooses."""
    step = settings.every / (1 + augmentation.stretch)
    return max(1, min(settings.longest, math.ceil(round(count / step, 6))))


def augment(
    points: np.ndarray, augmentation: LandmarkAugmentation, rng: np.random.Generator
) -> np.ndarray:
    """Turn and scale a clip about its middle, add noise, and drop hands.

    Args:
        points: float32 [N, 85, 3] in units of the box, missing points NaN.

    Returns:
        A new array of the same shape.
    """
    import numpy as np

    # Everything is drawn, whatever is switched on: one setting does not change the others' numbers.
    turn, size = rng.uniform(-1, 1, 2)
    drops = [(rng.random(), rng.random(), rng.random()) for _ in range(2)]
    angle = math.radians(turn * augmentation.rotation)
    factor = (1 + augmentation.scale) ** size
    changed = points.copy()
    if angle or factor != 1:
        there = points[~np.isnan(points).any(-1)]
        middle = (there.min(0) + there.max(0)) / 2 if len(there) else np.zeros(3)
        matrix = np.eye(3)
        matrix[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        changed = ((points - middle) @ (factor * matrix).T + middle).astype(np.float32)
    if augmentation.noise:
        noise = rng.standard_normal(points.shape, dtype=np.float32)
        changed += np.float32(augmentation.noise) * noise
    for hand, (chance, share, place) in zip((LEFT_HAND, RIGHT_HAND), drops, strict=True):
        if chance < augmentation.drop_hand:
            length = math.ceil(share * augmentation.drop_share * len(points))
            first = int(place * (len(points) - length + 1))
            changed[first : first + length, hand] = np.nan
    return changed
