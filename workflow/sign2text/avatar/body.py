"""The whole body over time, in three dimensions and in the picture.

All drawings (render.py) and landmarks (landmarks.py) come from this module.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sign2text.avatar.expression import face_course
from sign2text.avatar.geometry import random_stream, slow_noise
from sign2text.avatar.hand import hand_points
from sign2text.avatar.head import posed_head
from sign2text.avatar.motion import hand_courses
from sign2text.avatar.signers import Signer
from sign2text.avatar.timeline import Stroke

SIZE = (210, 260)
"""Width and height of the picture, as in PHOENIX-2014T."""
UPPER_ARM, FOREARM = 80.0, 69.0
SHOULDER = np.array([-43.0, 10.0, 0.0])
HIP = np.array([-29.0, 152.0, 0.0])
NECK = np.array([0.0, -14.0, 0.0])
FOCAL_LENGTH = 640.0
"""Distance of the camera in pixels, for perspective: nearer parts are a little larger."""
RIGHT, LEFT = 0, 1
_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Body:
    """Points [T, ..., 3] in the picture: x, y in pixels, z in pixels with 0 between the shoulders.

    Hands and arms are indexed by the signer's side: RIGHT 0, LEFT 1.
    """

    hands: np.ndarray  # [T, 2, 21, 3]
    palms: np.ndarray  # [T, 2, 3]: direction out of the palm, along the body's axes
    shoulders: np.ndarray  # [T, 2, 3]
    elbows: np.ndarray  # [T, 2, 3]
    hips: np.ndarray  # [T, 2, 3]
    face: np.ndarray  # [T, P, 3], in head.FACE_NAMES' order
    hair: list[np.ndarray]  # [T, P, 3] each, in hair.hair_model's order
    neck: np.ndarray  # [T, 3]
    zoom: float
    roll: np.ndarray  # [T]: of the head, in radians
    puff: np.ndarray  # [T]: of the cheeks, 0..1

    def __len__(self) -> int:
        return len(self.hands)


@dataclass(frozen=True)
class Camera:
    """The camera's zoom and position in a clip."""

    zoom: float
    x: float
    y: float

    def project(self, points: np.ndarray) -> np.ndarray:
        """Project points [..., 3] of the body to the picture's pixels."""
        nearer = FOCAL_LENGTH / (FOCAL_LENGTH + points[..., 2:])
        scale = self.zoom * nearer
        xy = points[..., :2] * scale + np.array([self.x, self.y])
        return np.concatenate([xy, self.zoom * points[..., 2:]], axis=-1)


def camera_of(signer: Signer, seed: int) -> Camera:
    """Draw the clip's camera: some zoom and shift."""
    rng = random_stream(seed, "camera", signer.name)
    zoom = float(rng.uniform(0.95, 1.05))
    return Camera(zoom, SIZE[0] / 2 + float(rng.uniform(-5, 5)), 127 + float(rng.uniform(-4, 4)))


def pose(strokes: list[Stroke], frames: int, signer: Signer, seed: int) -> Body:
    """Compute the body in every frame of an utterance."""
    rng = random_stream(seed, "body", signer.name)
    face = face_course(strokes, frames, signer, seed)
    wrists, rotations, shapes = hand_courses(strokes, frames, signer, seed)
    sides = (LEFT, RIGHT) if signer.left_handed else (RIGHT, LEFT)  # dominant hand, other hand
    order = [sides.index(RIGHT), sides.index(LEFT)]
    wrists, rotations, shapes = (
        np.stack([a[i] for i in order]) for a in (wrists, rotations, shapes)
    )

    sway = slow_noise(rng, frames, 3, 22) * np.array([1.6, 0.7, 1.5])
    shoulder = SHOULDER * np.array([signer.shoulders, 1, 1])
    shoulders = np.repeat(np.stack([shoulder, shoulder])[:, None], frames, axis=1)
    raised = np.clip((30 - wrists[..., 1]) / 110, 0, 1)
    shoulders = shoulders + np.stack([0 * raised, -6 * raised, 0 * raised], axis=-1)
    elbows, wrists = _elbows(
        shoulders, wrists, rotations[..., 1], UPPER_ARM * signer.arms, FOREARM * signer.arms
    )
    hands = np.matmul(hand_points(shapes) * signer.hands, np.swapaxes(rotations, -1, -2))
    hands = hands + wrists[:, :, None]
    palms = rotations[..., 2].copy()
    hips = np.repeat(np.stack([HIP, HIP])[:, None], frames, axis=1) * np.array([signer.torso, 1, 1])
    for array in (hands, palms, shoulders, elbows, hips):
        array[LEFT] *= _MIRROR
    neck = NECK + sway
    head, hair = posed_head(face, signer, neck)

    camera = camera_of(signer, seed)

    def in_picture(points: np.ndarray, moved: np.ndarray) -> np.ndarray:
        """Project [2, T, ..., 3] -> [T, 2, ..., 3]."""
        points = np.moveaxis(points, 0, 1)
        return camera.project(points + moved.reshape(frames, *[1] * (points.ndim - 2), 3))

    return Body(
        hands=in_picture(hands, sway),
        palms=np.moveaxis(palms, 0, 1),
        shoulders=in_picture(shoulders, sway),
        elbows=in_picture(elbows, sway),
        hips=in_picture(hips, 0.3 * sway),
        face=camera.project(head),
        hair=[camera.project(polygon) for polygon in hair],
        neck=camera.project(neck),
        zoom=camera.zoom,
        roll=np.radians(face["roll"]),
        puff=np.clip(face["puff"], 0, 1),
    )


def _elbows(
    shoulders: np.ndarray, wrists: np.ndarray, fingers: np.ndarray, upper: float, fore: float
) -> tuple[np.ndarray, np.ndarray]:
    """Solve two-link inverse kinematics: elbows and wrists [2, T, 3], in right-hand coordinates.

    A wrist that is too far from or too close to the shoulder moves along their line until the arm
    reaches it. Among all possible elbows, the one chosen points down and outward and keeps the
    forearm in line with the hand.
    """
    reach = wrists - shoulders
    distance = np.linalg.norm(reach, axis=-1, keepdims=True)
    toward = reach / np.maximum(distance, 1e-6)
    distance = np.clip(distance, abs(upper - fore) + 14.0, 0.985 * (upper + fore))
    wrists = shoulders + toward * distance
    along = (upper**2 - fore**2 + distance**2) / (2 * distance)
    aside = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    middle = shoulders + toward * along
    straight = wrists - fore * fingers - middle  # from the middle to an elbow in line with the hand
    straight /= np.maximum(np.linalg.norm(straight, axis=-1, keepdims=True), 1e-6)
    high = np.clip((20 - wrists[..., 1:2]) / 90, 0, 1)  # raised hand: elbow out and forward
    low = np.clip((wrists[..., 1:2] - 60) / 50, 0, 1)  # lowered hand: elbow back
    pole = np.array([-0.40, 1.0, 0.25]) + 0.38 * straight
    pole = pole + high * np.array([-0.35, 0, -0.7]) + low * np.array([0.12, 0, 0.5])
    pole = pole - toward * (pole * toward).sum(-1, keepdims=True)
    pole /= np.maximum(np.linalg.norm(pole, axis=-1, keepdims=True), 1e-6)
    return middle + pole * aside, wrists
