"""The 85 landmarks of Scaling Sign Language Translation (arXiv 2407.11855), from the drawing."""

from __future__ import annotations

import numpy as np

from sign2text.avatar.body import LEFT, RIGHT, Body
from sign2text.avatar.head import FACE_INDEX

POSE_NAMES = ("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_hip",
              "right_hip")  # fmt: skip
"""MediaPipe's pose points 11-14, 23 and 24."""

FACE_MESH = {
    0: "lip_up", 4: "nose_tip", 13: "inner_up", 14: "inner_low", 17: "lip_low",
    33: "eye_outer_r", 37: "lip_up_r", 39: "lip_up_side_r", 46: "brow_low_r", 52: "brow_mid_r",
    55: "brow_in_r", 61: "corner_r", 64: "ala_r", 81: "inner_up_side_r", 82: "inner_up_r",
    93: "face_side_r", 133: "eye_inner_r", 151: "forehead", 152: "chin", 159: "lid_up_r",
    172: "jaw_r", 178: "inner_low_r", 181: "lip_low_side_r", 263: "eye_outer_l",
    269: "lip_up_side_l", 276: "brow_low_l", 282: "brow_mid_l", 285: "brow_in_l",
    291: "corner_l", 294: "ala_l", 311: "inner_up_side_l", 323: "face_side_l",
    362: "eye_inner_l", 386: "lid_up_l", 397: "jaw_l", 468: "iris_r", 473: "iris_l",
}  # fmt: skip
"""MediaPipe's face mesh index -> point of head.py, in the order of the landmarks."""

COUNT = 21 + 21 + len(POSE_NAMES) + len(FACE_MESH)
LEFT_HAND = slice(0, 21)
RIGHT_HAND = slice(21, 42)
POSE = slice(42, 48)
FACE = slice(48, 85)


def landmarks_of(body: Body) -> np.ndarray:
    """Compute landmarks [T, 85, 3] float32: left hand, right hand, pose, face.

    x and y are in pixels of the picture. z has the same scale, is 0 between the shoulders and
    decreases toward the camera. Points outside the picture keep their exact coordinates.
    """
    sides = (LEFT, RIGHT)
    pose = [part[:, side] for part in (body.shoulders, body.elbows, body.hips) for side in sides]
    face = body.face[:, [FACE_INDEX[name] for name in FACE_MESH.values()]]
    points = np.concatenate(
        [body.hands[:, LEFT], body.hands[:, RIGHT], np.stack(pose, axis=1), face], axis=1
    )
    middle = body.shoulders[..., 2].mean(axis=1)
    points[..., 2] -= middle[:, None]
    return points.astype(np.float32)
