"""The face and the head over time: the non-manual part of an utterance.

Face and head mark intensity, negation and questions. The lips follow the gloss (mouthing). Eyelids,
gaze and small movements of the head make the avatar look alive.
"""

from __future__ import annotations

import numpy as np

from sign2text.avatar.geometry import random_stream, slow_noise, smoothed
from sign2text.avatar.signers import Signer
from sign2text.avatar.timeline import Stroke

CHANNELS = (
    "brow",  # raised 1, lowered -1
    "furrow",  # inner ends together
    "squint",  # 1: eyes narrow
    "blink",  # 1: closed
    "gaze_x",  # 1: far to the right of the picture
    "gaze_y",  # 1: down
    "open",  # mouth, 1: wide open
    "wide",  # 1 spread, -1 rounded
    "smile",  # corners up 1, down -1
    "puff",  # cheeks
    "yaw",  # head, degrees, to the right of the picture
    "pitch",  # degrees, down
    "roll",  # degrees, crown to the right of the picture
    "forward",  # pixels toward the camera
)

INTENSITY_FACE = {
    1: {"brow": -0.85, "furrow": 0.8, "squint": 0.45, "puff": 1.0, "wide": -0.55, "pitch": 5.0},
    -1: {"brow": 0.45, "squint": 0.5, "wide": -0.9, "roll": -7.0, "smile": -0.4, "pitch": -2.0},
}
NEGATION_FACE = {"brow": -0.6, "furrow": 0.9, "squint": 0.25, "smile": -0.9}
NEGATION_YAW = 19.0
QUESTION_FACE = {"brow": 1.0, "forward": 22.0, "pitch": 7.0, "squint": -0.5}
SIGN_FACE = {
    "": {},
    "puff": {"puff": 0.7, "wide": -0.6},
    "squint": {"squint": 0.6, "furrow": 0.3, "wide": 0.5},
    "brows": {"brow": 0.7},
    "smile": {"smile": 0.9, "wide": 0.4},
    "pursed": {"wide": -0.8, "squint": 0.2},
}
# Mouth (opening, width) of a letter; unlisted consonants do not change the mouth.
_VISEMES = {
    "A": (0.95, 0.15), "E": (0.45, 0.6), "I": (0.25, 0.9), "O": (0.6, -0.75), "U": (0.28, -1.0),
    "M": (0.0, 0.0), "B": (0.0, 0.0), "P": (0.0, -0.1), "F": (0.1, 0.2), "W": (0.12, -0.3),
    "L": (0.4, 0.2), "S": (0.14, 0.5), "R": (0.3, -0.2),
}  # fmt: skip


def mouthing(gloss: str) -> np.ndarray:
    """Return mouth shapes [n, 2] (opening, width) of a word's letters, n from 1 to 5."""
    shapes = [_VISEMES[letter] for letter in gloss if letter in _VISEMES][:5]
    return np.array(shapes or [(0.3, 0.0)])


def face_course(
    strokes: list[Stroke], frames: int, signer: Signer, seed: int
) -> dict[str, np.ndarray]:
    """Compute each of CHANNELS as an array [T]. Left and right are the picture's."""
    rng = random_stream(seed, "face", signer.name)
    times = np.arange(frames) + 0.5
    face = {name: np.zeros(frames) for name in CHANNELS}
    face["brow"] += signer.brow_rest + 0.08 * slow_noise(rng, frames, 1, 12)[:, 0]
    face["smile"] += signer.smile_rest
    face["roll"] += signer.head_tilt
    for name, amount, period in (("yaw", 2.2, 14), ("pitch", 1.5, 12), ("roll", 1.5, 16)):
        face[name] += amount * slow_noise(rng, frames, 1, period)[:, 0]

    for stroke in strokes:
        token = stroke.token
        around = _envelope(times, stroke.onset, stroke.end + 0.8)
        marks = [SIGN_FACE[stroke.sign.face]]
        if token.intensity:
            marks.append(INTENSITY_FACE[token.intensity])
        if token.negated:
            marks.append(NEGATION_FACE)
            shake = np.sin((times - stroke.onset) * 2 * np.pi / 6.0)
            face["yaw"] += around * NEGATION_YAW * shake * signer.expression
        if token.question:
            marks.append(QUESTION_FACE)
        for mark in marks:
            for name, amount in mark.items():
                face[name] += around * amount * signer.expression
        _mouth(face, stroke, times, signer, quiet=token.intensity != 0)
        up = np.clip(-(stroke.place[1] + 40) / 60, 0, 1) if stroke.sign.place == "sky" else 0
        face["gaze_y"] += around * (-0.9 * up + 0.35 * (stroke.sign.place == "low"))
        side = -1.0 if not signer.left_handed else 1.0
        look = np.clip(-stroke.place[0] / 75, -0.5, 1) * (rng.random() < 0.4)
        face["gaze_x"] += around * side * look * 0.8
    face["gaze_x"] += np.round(0.4 * slow_noise(rng, frames, 1, 9)[:, 0], 1)

    at = rng.uniform(4, 40)
    while at < frames:
        face["blink"] = np.maximum(face["blink"], np.clip(1.9 - np.abs(times - at), 0, 1))
        at += rng.uniform(30, 95)
    for name in CHANNELS:
        if name != "blink":
            face[name] = smoothed(face[name], 0.22)
    return face


def _envelope(times: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Return a window [T]: 1 between two frame times, with soft edges of 2.5 frames."""
    edge = np.clip(np.minimum(times - begin + 1.5, end - times + 1.5) / 2.5, 0, 1)
    return edge * edge * (3 - 2 * edge)


def _mouth(
    face: dict[str, np.ndarray], stroke: Stroke, times: np.ndarray, signer: Signer, quiet: bool
) -> None:
    """Add the lips' movement for the gloss; only a little if `quiet`, when intensity moves them."""
    shapes = mouthing(stroke.token.gloss)
    begin, end = stroke.onset, stroke.end
    knots = np.linspace(begin, end, len(shapes) + 2)
    padded = np.concatenate([[[0.0, 0.0]], shapes, [[0.0, 0.0]]])
    amount = signer.mouthing * (0.25 if quiet else 1.0)
    face["open"] += amount * np.interp(times, knots, padded[:, 0])
    face["wide"] += amount * 0.8 * np.interp(times, knots, padded[:, 1])
