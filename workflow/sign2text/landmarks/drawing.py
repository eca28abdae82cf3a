"""Landmarks drawn over frames: both hands with their bones, pose and face, a colour for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np

from sign2text.ground.errors import InputError
from sign2text.landmarks.points import COUNT, FACE, LEFT_HAND, PARTS, POSE, RIGHT_HAND

SHARP = 480
"""Height in pixels of an enlarged copy at least, below which points of a hand run together; ours"""
COLOURS = {
    "left hand": (255, 176, 0),  # amber
    "right hand": (100, 180, 255),  # sky blue
    "pose": (120, 220, 120),  # green
    "face": (255, 255, 255),
}
"""RGB by part. Hands differ in brightness too, and no two are a pair of red and green."""
OUTLINE = (16, 16, 16)
"""Dark rim, which keeps every colour readable on bright clothes and skin."""
_FINGERS = (
    (0, 1, 2, 3, 4),
    (0, 5, 6, 7, 8),
    (9, 10, 11, 12),
    (13, 14, 15, 16),
    (0, 17, 18, 19, 20),
)
HAND_BONES = (
    *(bone for finger in _FINGERS for bone in pairwise(finger)),
    *pairwise((5, 9, 13, 17)),
)
"""Bones of MediaPipe's hand: wrist 0, then four points each of thumb to little finger."""
POSE_BONES = ((0, 1), (0, 2), (1, 3), (0, 4), (1, 5), (4, 5))
"""Shoulders, upper arms, sides and hips, in the order of `POSE_INDICES`."""
_FOREARMS = ((POSE.start + 2, LEFT_HAND.start), (POSE.start + 3, RIGHT_HAND.start))
_SHIFT = 4  # binary places of OpenCV's coordinates: points lie between pixels
_FAR = 1 << 14  # pixels: what a coordinate may be at most


def bones() -> Iterator[tuple[str, int, int]]:
    """Yield part, first and second landmark of each bone; a forearm belongs to the pose.

    >>> len(list(bones())), next(bones())
    (50, ('pose', 42, 43))
    """
    yield from (("pose", POSE.start + a, POSE.start + b) for a, b in POSE_BONES)
    yield from (("pose", a, b) for a, b in _FOREARMS)
    for part in ("left hand", "right hand"):
        start = PARTS[part].start
        yield from ((part, start + a, start + b) for a, b in HAND_BONES)


def enlargement(height: int) -> int:
    """Return the whole factor by which a frame of `height` pixels is enlarged.

    >>> enlargement(260), enlargement(480), enlargement(1080)
    (2, 1, 1)
    """
    return -(-SHARP // height)


def draw_landmarks(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Draw landmarks over an enlarged copy of a frame.

    Points that are missing (NaN) are left out with their bones, as is the part of a bone that is
    outside the frame.

    Args:
        frame: RGB uint8 [h, w, 3].
        points: [85, 3] in pixels of the frame, as in a landmark store.

    Returns:
        RGB uint8 [k h, k w, 3], where k is `enlargement(h)`.

    Raises:
        InputError: the frame or the points have another form.
    """
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or not frame.size:
        raise InputError(
            f"frame: found {frame.dtype} {list(frame.shape)}, expected uint8 [h, w, 3]. Convert it "
            "to RGB first."
        )
    if points.shape != (COUNT, 3):
        raise InputError(
            f"landmarks: found {list(points.shape)}, expected [{COUNT}, 3]. Give those of one "
            "frame."
        )
    factor = enlargement(len(frame))
    size = frame.shape[1] * factor, frame.shape[0] * factor
    canvas = cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC)
    seen = np.isfinite(points).all(axis=1)
    # A whole coordinate is the middle of a pixel, before and after enlarging.
    places = np.where(seen[:, None], points[:, :2], 0) * factor + (factor - 1) / 2
    fixed = np.rint(np.clip(places, -_FAR, _FAR) * (1 << _SHIFT)).astype(int)
    width = max(1, round(len(canvas) / 320))
    shown = [(part, a, b) for part, a, b in bones() if seen[a] and seen[b]]
    for rim in (2, 0):  # all rims first, so that none hides a neighbour
        for part, a, b in shown:
            colour = OUTLINE if rim else COLOURS[part]
            ends = fixed[a].tolist(), fixed[b].tolist()
            cv2.line(canvas, *ends, colour, width + rim, cv2.LINE_AA, _SHIFT)
    for part, span in PARTS.items():
        radius = width if span == FACE else width + 1
        for place in fixed[span][seen[span]].tolist():
            for rim in (1, 0):
                colour, size = (OUTLINE, radius + 1) if rim else (COLOURS[part], radius)
                cv2.circle(canvas, place, size << _SHIFT, colour, -1, cv2.LINE_AA, _SHIFT)
    return canvas
