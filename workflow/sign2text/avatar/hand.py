"""A hand's 21 points from its handshape: forward kinematics, in MediaPipe's order.

Points: wrist, thumb 1-4, index 5-8, middle 9-12, ring 13-16, pinky 17-20. The hand's axes are:
toward the thumb, along the fingers, out of the palm. Lengths are in pixels for the average signer.
"""

from __future__ import annotations

import numpy as np

PALM_LENGTH = 27.0
PALM_WIDTH = 25.0
# Knuckles of index, middle, ring, pinky: across (in palm widths) and along (in palm lengths).
_KNUCKLES = np.array([[0.40, 0.95, 0.0], [0.135, 1.0, 0.0], [-0.13, 0.95, 0.0], [-0.38, 0.85, 0.0]])
_KNUCKLES *= np.array([PALM_WIDTH, PALM_LENGTH, 1.0])
_FINGER_LENGTH = np.array([24.5, 27.0, 25.0, 20.0])
_SEGMENTS = np.array([0.46, 0.30, 0.24])
_THUMB_BASE = np.array([0.30 * PALM_WIDTH, 0.20 * PALM_LENGTH, 2.0])
_THUMB_LENGTHS = (11.0, 8.5, 7.5)
LAST_JOINT = 0.62
"""Bend of a finger's last joint as a fraction of its middle joint's."""


def hand_points(shape: np.ndarray) -> np.ndarray:
    """Compute points [..., 21, 3] along the hand's axes from handshapes [..., 16] in radians."""
    lead = shape.shape[:-1]
    points = np.zeros((*lead, 21, 3))
    fingers = shape[..., :12].reshape(*lead, 4, 3)
    knuckle, middle, aside = fingers[..., 0], fingers[..., 1], fingers[..., 2]
    aside = aside * np.clip(np.cos(knuckle), 0.15, 1.0)  # bent fingers cannot spread
    joint = points[..., 5:21, :].reshape(*lead, 4, 4, 3)
    at = np.broadcast_to(_KNUCKLES, (*lead, 4, 3))
    joint[..., 0, :] = at
    bend = knuckle
    for k, part in enumerate(_SEGMENTS):
        ahead = np.cos(bend)
        step = np.stack([np.sin(aside) * ahead, np.cos(aside) * ahead, np.sin(bend)], axis=-1)
        at = at + step * (_FINGER_LENGTH * part)[:, None]
        joint[..., k + 1, :] = at
        bend = bend + (middle if k == 0 else LAST_JOINT * middle)
    points[..., 5:21, :] = joint.reshape(*lead, 16, 3)

    side, toward_palm, first, second = np.moveaxis(shape[..., 12:], -1, 0)
    at = np.broadcast_to(_THUMB_BASE, (*lead, 3))
    points[..., 1, :] = at
    for k, length in enumerate(_THUMB_LENGTHS):
        flat = np.cos(toward_palm)
        step = np.stack([np.sin(side) * flat, np.cos(side) * flat, np.sin(toward_palm)], axis=-1)
        at = at + step * length
        points[..., k + 2, :] = at
        side = side - (first if k == 0 else second)
    return points


def reach_of(shape: np.ndarray) -> float:
    """Return how far the hand reaches ahead of its wrist, in pixels."""
    return float(max(hand_points(shape)[..., 1].max(), 1.1 * PALM_LENGTH))
