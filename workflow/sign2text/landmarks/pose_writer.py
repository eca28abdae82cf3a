"""Write landmarks as a .pose file, format 0.2, that the pose-format library and its viewers read.

Source: the format's specification, github.com/sign-language-processing/pose, docs/specs/v0.2.md.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sign2text.ground.files import replacing
from sign2text.landmarks.points import FACE, FACE_INDICES, LEFT_HAND, POSE, RIGHT_HAND

VERSION = 0.2
_AXES = "XYZC"  # a point's values: x, y, z, confidence
HAND_POINTS = (
    "WRIST",
    *(f"THUMB_{joint}" for joint in ("CMC", "MCP", "IP", "TIP")),
    *(
        f"{finger}_{joint}"
        for finger in ("INDEX_FINGER", "MIDDLE_FINGER", "RING_FINGER", "PINKY")
        for joint in ("MCP", "PIP", "DIP", "TIP")
    ),
)
POSE_POINTS = tuple(
    f"{side}_{joint}" for joint in ("SHOULDER", "ELBOW", "HIP") for side in ("LEFT", "RIGHT")
)
_HAND_LIMBS = tuple(
    limb for first in range(1, 21, 4) for limb in pairwise((0, *range(first, first + 4)))
)
_POSE_LIMBS = ((0, 1), (0, 2), (1, 3), (0, 4), (1, 5), (4, 5))


class _Component(NamedTuple):
    """A part of the body in the file's header."""

    name: str
    points: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...]
    colour: tuple[int, int, int]
    part: slice


COMPONENTS = (
    _Component("POSE_LANDMARKS", POSE_POINTS, _POSE_LIMBS, (0, 160, 0), POSE),
    _Component("FACE_LANDMARKS", tuple(map(str, FACE_INDICES)), (), (128, 128, 128), FACE),
    _Component("LEFT_HAND_LANDMARKS", HAND_POINTS, _HAND_LIMBS, (255, 176, 0), LEFT_HAND),
    _Component("RIGHT_HAND_LANDMARKS", HAND_POINTS, _HAND_LIMBS, (0, 114, 178), RIGHT_HAND),
)
"""Names of components and points as in files of MediaPipe Holistic; the order is theirs too."""


def write_pose(path: Path, points: np.ndarray, fps: float, size: tuple[int, int]) -> None:
    """Write a clip's landmarks.

    Args:
        points: [T, 85, 3] in pixels, NaN where missing: written as 0 with confidence 0.
        fps: frames per second.
        size: width and height of the picture in pixels.
    """
    ordered = np.concatenate([points[:, each.part] for each in COMPONENTS], axis=1)
    there = np.isfinite(ordered).all(-1)
    values = np.where(there[..., None], ordered, 0).astype("<f4")
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(struct.pack("<f3HH", VERSION, *size, max(size), len(COMPONENTS)))
        for each in COMPONENTS:
            file.write(_text(each.name) + _text(_AXES))
            file.write(struct.pack("<3H", len(each.points), len(each.limbs), 1))
            file.write(b"".join(map(_text, each.points)))
            file.write(b"".join(struct.pack("<2H", *limb) for limb in each.limbs))
            file.write(struct.pack("<3H", *each.colour))
        file.write(struct.pack("<fIH", fps, len(points), 1))  # one person
        file.write(values.tobytes() + there.astype("<f4").tobytes())


def _text(text: str) -> bytes:
    return struct.pack("<H", len(text)) + text.encode("ascii")
