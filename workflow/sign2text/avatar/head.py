"""The head's points: a face model, moved by the expression, posed in the body's coordinates.

The model is for the average signer, around the middle of the head: x to the right of the picture,
y down, z away from the camera, in pixels. 'right' and 'left' are the signer's, as in MediaPipe: the
right eye is at negative x.
"""

from __future__ import annotations

import numpy as np

from sign2text.avatar.geometry import euler_matrix
from sign2text.avatar.hair import hair_model
from sign2text.avatar.signers import Signer

# Right half of the face's outline from crown to chin; the left half mirrors it.
OUTLINE = np.array(
    [(0, -34), (9, -33), (17, -28.5), (22, -20), (24.2, -9), (24.4, 2), (23, 12), (19.6, 21.5),
     (13.5, 29.5), (6.5, 33.6), (0, 34.5)]
)  # fmt: skip

# Points on the signer's right (x negative); names ending in _r get a mirrored twin _l.
_MODEL = {
    "eye_outer_r": (-16.2, -3.0), "eye_inner_r": (-6.2, -2.4), "lid_up_r": (-11.2, -6.3),
    "lid_up_out_r": (-14.2, -5.4), "lid_up_in_r": (-8.2, -5.2), "lid_low_r": (-11.2, -0.2),
    "lid_low_out_r": (-14.2, -0.9), "lid_low_in_r": (-8.2, -0.7), "iris_r": (-11.2, -3.2),
    "brow_in_r": (-4.6, -10.2), "brow_mid_r": (-10.8, -12.4), "brow_out_r": (-18.0, -9.4),
    "brow_low_r": (-17.4, -8.2),
    "ala_r": (-5.0, 11.2), "nostril_r": (-2.6, 12.0), "bridge_r": (-3.0, -1.0),
    "corner_r": (-9.4, 20.4), "lip_up_r": (-2.2, 17.2), "lip_up_side_r": (-4.6, 17.7),
    "lip_low_side_r": (-4.6, 23.6), "inner_up_r": (-2.6, 20.0), "inner_up_side_r": (-5.2, 20.1),
    "inner_low_r": (-5.0, 20.7),
    "face_side_r": (-23.8, 4.0), "jaw_r": (-19.0, 20.5), "cheek_r": (-16.0, 10.0),
    "forehead": (0, -19.0), "nose_tip": (0, 9.0), "nose_root": (0, -4.0), "nose_base": (0, 12.8),
    "lip_up": (0, 17.8), "inner_up": (0, 20.0), "inner_low": (0, 20.8), "lip_low": (0, 24.4),
    "under_lip": (0, 26.4), "chin": (0, 34.5),
}  # fmt: skip
# How far puffed cheeks move a point outward; %s is the side.
_PUFFED = {"outline_%s5": 0.3, "outline_%s6": 1.0, "outline_%s7": 1.0, "outline_%s8": 0.5,
           "jaw_%s": 1.0, "face_side_%s": 0.3}  # fmt: skip
_RAISED = {"nose_tip": 10.0, "nose_base": 6.0, "ala_r": 3.0, "nostril_r": 5.0, "nose_root": 2.0}


def _points() -> dict[str, tuple[float, float, float]]:
    points = {}
    for name, (x, y) in _MODEL.items():
        inside = max(1 - (x / 25.5) ** 2 - (y / 44) ** 2, 0.0)
        z = -30.0 * inside**0.5 - _RAISED.get(name, 0.0)
        points[name] = (x, y, z)
        if name.endswith("_r"):
            points[name[:-2] + "_l"] = (-x, y, z)
    for index, (x, y) in enumerate(OUTLINE):
        points[f"outline_l{index}"] = (x, y, -4.0)
    for index, (x, y) in enumerate(OUTLINE[1:-1], start=1):
        points[f"outline_r{index}"] = (-x, y, -4.0)
    return points


_POINTS = _points()
FACE_NAMES = tuple(_POINTS)
FACE_INDEX = {name: index for index, name in enumerate(FACE_NAMES)}
_REST = np.array(list(_POINTS.values()))
CONTOUR = tuple(
    FACE_INDEX[name]
    for name in (
        *(f"outline_l{i}" for i in range(len(OUTLINE))),
        *(f"outline_r{i}" for i in range(len(OUTLINE) - 2, 0, -1)),
    )
)
"""Indices of the outline's points, once around from the crown by way of the signer's left."""


def _rows(*names: str) -> list[int]:
    return [FACE_INDEX[name] for name in names]


def face_points(face: dict[str, np.ndarray], signer: Signer) -> np.ndarray:
    """Compute the face with its expression, unposed: points [T, P, 3] in FACE_NAMES' order."""
    frames = len(face["brow"])
    points = np.repeat(_REST[None], frames, axis=0)
    y, x = points[..., 1], points[..., 0]

    for side, sign in (("r", -1.0), ("l", 1.0)):
        raise_all = 3.4 * face["brow"]
        for name, share in (("in", 1.0), ("mid", 1.15), ("out", 0.8), ("low", 0.8)):
            y[:, FACE_INDEX[f"brow_{name}_{side}"]] -= raise_all * share
        inner = FACE_INDEX[f"brow_in_{side}"]
        y[:, inner] += 2.2 * face["furrow"]
        x[:, inner] -= sign * 1.6 * face["furrow"]
        openness = np.clip(1 - 0.62 * face["squint"] + 0.12 * face["brow"], 0.25, 1.4)
        openness = openness * (1 - np.clip(face["blink"], 0, 1))
        for where in ("", "_out", "_in"):
            up, low = FACE_INDEX[f"lid_up{where}_{side}"], FACE_INDEX[f"lid_low{where}_{side}"]
            middle = 0.35 * y[:, up] + 0.65 * y[:, low]
            y[:, up] = middle + (y[:, up] - middle) * openness
            y[:, low] = middle + (y[:, low] - middle) * openness
        iris = FACE_INDEX[f"iris_{side}"]
        x[:, iris] += 2.2 * np.clip(face["gaze_x"], -1, 1)
        y[:, iris] += 1.4 * np.clip(face["gaze_y"], -1, 1)

        corner = FACE_INDEX[f"corner_{side}"]
        spread = np.clip(face["wide"], -1.2, 1.2)
        x[:, corner] += sign * np.where(spread > 0, 2.0 * spread, 4.2 * spread)
        y[:, corner] += -2.4 * face["smile"]
        for name in ("lip_up_side", "lip_low_side", "inner_up_side", "inner_low"):
            row = FACE_INDEX[f"{name}_{side}"]
            x[:, row] += sign * np.where(spread > 0, 0.8 * spread, 1.6 * spread)
        cheek = np.clip(face["puff"], 0, 1.3) * 3.4
        for name, share in _PUFFED.items():
            x[:, FACE_INDEX[name % side]] += sign * cheek * share

    opening = np.clip(face["open"], 0, 1.2)
    rounded = np.clip(-face["wide"], 0, 1.2)
    lower = _rows("inner_low", "inner_low_r", "inner_low_l")
    y[:, lower] += (6.6 * opening)[:, None]
    y[:, _rows("lip_low", "lip_low_side_r", "lip_low_side_l", "under_lip")] += (
        6.4 * opening + 0.7 * rounded
    )[:, None]
    upper = _rows("lip_up", "lip_up_r", "lip_up_l", "lip_up_side_r", "lip_up_side_l", "inner_up",
                  "inner_up_r", "inner_up_l", "inner_up_side_r", "inner_up_side_l")  # fmt: skip
    y[:, upper] -= (0.9 * opening)[:, None]
    y[:, _rows("corner_r", "corner_l")] += (1.8 * opening)[:, None]
    jaw = [row for name, row in FACE_INDEX.items() if name[-2:] in ("l9", "r9", "10")]
    y[:, [*jaw, FACE_INDEX["chin"]]] += (4.0 * opening)[:, None]
    y[:, _rows("outline_l8", "outline_r8")] += (2.4 * opening)[:, None]

    points[..., 0] *= signer.face_width
    low = [row for name, row in FACE_INDEX.items() if name.startswith(("outline_", "jaw_"))]
    below = np.clip(y[:, low] / 30, 0, 1)
    x[:, low] *= 1 + (signer.jaw - 1) * below
    return points * signer.head


def posed_head(
    face: dict[str, np.ndarray], signer: Signer, neck: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Pose the face's points [T, P, 3] and the hair's polygons in the body's coordinates.

    The head turns at `neck` [T, 3]. The beard moves with the jaw.
    """
    rotation = euler_matrix(*(np.radians(face[name]) for name in ("yaw", "pitch", "roll")))
    above = np.array([0.0, -40.0 * signer.head, 2.0])

    def posed(points: np.ndarray) -> np.ndarray:
        turned = np.matmul(points + above, np.swapaxes(rotation, 1, 2)) + neck[:, None]
        turned[..., 2] -= face["forward"][:, None]
        turned[..., 1] += 0.15 * face["forward"][:, None]
        return turned

    hair = []
    size = signer.head * np.array([signer.face_width, 1.0, 1.0])
    for model, layer in hair_model(signer.hair_style, signer.beard):
        points = np.repeat((model * size)[None], len(neck), axis=0)
        if layer == 2:
            low = np.clip((model[:, 1] - 14) / 18, 0, 1)
            points[..., 1] += 4.0 * np.clip(face["open"], 0, 1.2)[:, None] * low
            points[..., 0] *= 1 + (signer.jaw - 1) * np.clip(model[:, 1] / 30, 0, 1)
        hair.append(posed(points))
    return posed(face_points(face, signer)), hair
