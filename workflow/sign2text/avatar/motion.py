"""From strokes to the motion of both hands: wrist, rotation and handshape, frame by frame.

Both hands are computed in right-hand coordinates (see phonology.py); body.py mirrors the left hand.
Index 0 is the dominant hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from sign2text.avatar.geometry import (
    matrix_of_quaternion,
    minimum_jerk,
    product,
    quaternion_of_matrix,
    quaternion_of_rotation_vector,
    random_stream,
    slow_noise,
    smoothed,
)
from sign2text.avatar.hand import reach_of
from sign2text.avatar.phonology import (
    BASE_HAND,
    HANDSHAPES,
    MOVEMENTS,
    OVER_BASE_HAND,
    PLACES,
    SHAPE_SIZE,
    Hands,
    Movement,
    Sign,
    direction,
)
from sign2text.avatar.signers import Signer
from sign2text.avatar.timeline import FROM_REST, Stroke, place_of

REST = np.array([-20.0, 112.0, -34.0])
"""Position of the middle of a resting hand."""
ROLES = ("dominant", "other")
CHANNELS = 3 + 4 + SHAPE_SIZE
BASE_ORIENT = "in/up-fwd"


@dataclass(frozen=True)
class HandStroke:
    """One hand's motion between two frame times: a start pose and a movement."""

    begin: float
    end: float
    wrist: np.ndarray
    rotation: np.ndarray
    shape: np.ndarray
    end_shape: np.ndarray
    movement: Movement
    size: float = 0.0
    sideways: float = 1.0
    """-1 if a second hand moves in the same direction as the first, seen from the camera."""
    phase: float = 0.0
    """0.5 for a hand that alternates with the other one."""


@cache
def rotation_of(orient: str) -> tuple[float, ...]:
    """Return the quaternion of an orientation `fingers point/palm faces`, such as `up/fwd`."""
    fingers, palm = (direction(part) for part in orient.split("/"))
    palm = palm - fingers * (palm @ fingers)
    palm /= np.linalg.norm(palm)
    thumb = np.cross(fingers, palm)
    return tuple(quaternion_of_matrix(np.stack([thumb, fingers, palm], axis=1)))


def hand_courses(
    strokes: list[Stroke], frames: int, signer: Signer, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute wrists [2, T, 3], rotations [2, T, 3, 3] and handshapes [2, T, 16] of both hands."""
    rng = random_stream(seed, "hands", signer.name)
    courses = []
    for role in ROLES:
        plan = _plan(strokes, frames, signer, role, rng)
        course = _sampled(plan, frames)
        course[:, :7] = smoothed(course[:, :7], 0.10)
        course[:, 7:] = smoothed(course[:, 7:], 0.16)
        course[:, :3] += slow_noise(rng, frames, 3, 2.5) * 0.6
        course[:, :3] = _kept_in_view(course[:, :3])
        course[:, 7:] += slow_noise(rng, frames, SHAPE_SIZE, 4.0) * 0.03
        courses.append(course)
    both = np.stack(courses)
    return both[..., :3], matrix_of_quaternion(both[..., 3:7]), both[..., 7:]


def _kept_in_view(wrists: np.ndarray) -> np.ndarray:
    """Keep wrists [T, 3] in the camera's view, by softly shortening far reaches."""
    kept = wrists.copy()
    for axis, sign, soft, room in ((0, -1, 58.0, 24.0), (0, 1, 58.0, 24.0), (1, -1, 58.0, 22.0)):
        beyond = np.maximum(sign * wrists[:, axis] - soft, 0)
        kept[:, axis] += sign * (room * np.tanh(beyond / room) - beyond)
    return kept


def _plan(
    strokes: list[Stroke], frames: int, signer: Signer, role: str, rng: np.random.Generator
) -> list[HandStroke]:
    """Plan one hand's motion from the first frame to the last, rests included."""
    rest = _resting(signer, role, rng)
    first = strokes[0].begin
    lead = FROM_REST / signer.speed
    plan = [rest(0.0, max(first - lead, 0.5))]
    for index, stroke in enumerate(strokes):
        if role == "dominant" or stroke.sign.hands is not Hands.ONE:
            plan.append(_active(stroke, signer, role))
            continue
        soon = any(s.sign.hands is not Hands.ONE for s in strokes[index + 1 : index + 2])
        stays = len(plan) > 1 and plan[-1].size >= 0 and rng.random() < signer.perseveration
        if stays and (soon or plan[-1].size > 0):
            plan.append(_perseverating(plan[-1], stroke))
        else:
            plan.append(rest(stroke.begin, stroke.end))
    last = strokes[-1].end
    plan.append(rest(min(last + lead, frames - 0.5), float(frames)))
    return plan


def _resting(
    signer: Signer, role: str, rng: np.random.Generator
) -> Callable[[float, float], HandStroke]:
    """Return a function that makes rests at this clip's resting place; their size is negative."""
    orient = "in-down/back" if role == "dominant" else "in/back"
    place = REST + rng.normal(0, 2.0, 3) + ([0, 0, -6] if role == "dominant" else [-4, 5, 0])
    shape = HANDSHAPES["RELAXED"] + rng.normal(0, 0.05, SHAPE_SIZE)
    rotation = np.array(rotation_of(orient))
    wrist = _wrist(place, rotation, 0.5 * reach_of(shape) * signer.hands)

    def rest(begin: float, end: float) -> HandStroke:
        return HandStroke(begin, end, wrist, rotation, shape, shape, MOVEMENTS["hold"], -1.0)

    return rest


def _perseverating(before: HandStroke, stroke: Stroke) -> HandStroke:
    """Keep the other hand's last shape, sunk a little, through a one-handed sign."""
    wrist = before.wrist + np.array([0.0, 12.0, 4.0])
    shape = 0.75 * before.end_shape + 0.25 * HANDSHAPES["RELAXED"]
    return HandStroke(
        stroke.begin, stroke.end, wrist, before.rotation, shape, shape, MOVEMENTS["hold"]
    )


def _wrist(place: np.ndarray, rotation: np.ndarray, ahead: float) -> np.ndarray:
    return place - matrix_of_quaternion(rotation) @ np.array([0.0, ahead, 0.0])


def _active(stroke: Stroke, signer: Signer, role: str) -> HandStroke:
    """Make one hand's part in a sign."""
    sign = stroke.sign
    other = role == "other"
    shape_name = (sign.other or sign.shape) if other else sign.shape
    orient = sign.orient
    movement = MOVEMENTS[sign.move]
    place = stroke.place
    sideways, phase = 1.0, 0.0
    if other and sign.hands is Hands.BASE:
        orient = sign.other_orient or BASE_ORIENT
        movement = MOVEMENTS["hold"]
        place = place_of(BASE_HAND, signer)
    elif other:
        orient = sign.other_orient or orient
        sideways = -1.0 if sign.hands is Hands.PARALLEL else 1.0
        phase = 0.5 if sign.hands is Hands.ALTERNATE else 0.0
    elif sign.hands is Hands.BASE and sign.place == "hand":
        base = place_of(BASE_HAND, signer)
        mirrored = base * np.array([-1.0, 1.0, 1.0])
        place = (
            mirrored + np.array(OVER_BASE_HAND) + stroke.place - place_of(PLACES["hand"], signer)
        )
    if sign.hands in (Hands.MIRROR, Hands.ALTERNATE, Hands.PARALLEL):
        touches = PLACES[sign.place].touches
        nearest = -9.0 if touches == "head" else -19.0
        place = np.array([min(place[0], nearest), place[1], place[2]])
    shape = HANDSHAPES[shape_name] + stroke.bend
    end_shape = (
        HANDSHAPES[sign.to] + stroke.bend if sign.to and not (other and sign.other) else shape
    )
    rotation = product(np.array(rotation_of(orient)), quaternion_of_rotation_vector(stroke.tilt))
    reach = max(reach_of(shape), reach_of(end_shape)) * signer.hands
    ahead = 0.94 * reach if _touches_with_tip(sign, other) else 0.5 * reach
    return HandStroke(
        begin=stroke.begin,
        end=stroke.end,
        wrist=_wrist(place, rotation, ahead),
        rotation=rotation,
        shape=shape,
        end_shape=end_shape,
        movement=movement,
        size=stroke.size,
        sideways=sideways,
        phase=phase,
    )


def _touches_with_tip(sign: Sign, other: bool) -> bool:
    return PLACES[sign.place].touches != "" and not (other and sign.hands is Hands.BASE)


def _course(stroke: HandStroke, u: np.ndarray) -> np.ndarray:
    """Compute channels [n, 23] of a stroke at its phases u (0..1)."""
    move = stroke.movement
    size = max(stroke.size, 0.0)
    eased = minimum_jerk(u)[:, None]
    angle = 2 * np.pi * (move.cycles * u[:, None] + stroke.phase)
    envelope = np.clip(np.minimum(u, 1 - u) * 7, 0, 1)[:, None]
    along = (eased - 0.5) * (-1.0 if stroke.phase else 1.0)
    offset = (
        along * np.array(move.line)
        + np.sin(np.pi * u)[:, None] * np.array(move.bend)
        + envelope * np.sin(angle) * np.array(move.swing)
        + np.sin(angle / 2) ** 2 * np.array(move.tap)
        + np.cos(angle) * np.array(move.circle[0])
        + np.sin(angle) * np.array(move.circle[1])
    ) * (size * np.array([stroke.sideways, 1.0, 1.0]))
    turning = np.radians(
        (eased - 0.5) * np.array(move.turn)
        + envelope * np.sin(angle) * np.array(move.twist) * min(size, 1.25)
    )
    rotation = product(stroke.rotation, quaternion_of_rotation_vector(turning))
    opening = minimum_jerk(u * 1.15)[:, None]
    shape = (1 - opening) * stroke.shape + opening * stroke.end_shape
    if move.wiggle:
        beat = 2 * np.pi * move.cycles * u[:, None] + np.arange(4) * 1.6
        play = envelope * np.radians(move.wiggle) * (0.5 + 0.5 * np.sin(beat)) * min(size, 1.4)
        shape = shape.copy()
        shape[:, 0:12:3] += play
    return np.concatenate([stroke.wrist + offset, rotation, shape], axis=1)


def _sampled(plan: list[HandStroke], frames: int) -> np.ndarray:
    """Compute channels [T, 23]: strokes, and minimum-jerk transitions between them.

    The handshape changes earlier than the place, since hands anticipate the next sign.
    """
    times = np.arange(frames) + 0.5
    course = np.empty((frames, CHANNELS))
    at_end = None
    end = 0.0
    for stroke in plan:
        begin = max(stroke.begin, end)
        finish = max(stroke.end, begin + 0.5)
        inside = (times >= begin) & (times < finish)
        u = (times[inside] - begin) / (finish - begin)
        values = _course(stroke, np.concatenate([[0.0], u, [1.0]]))
        if at_end is not None and at_end[3:7] @ values[0, 3:7] < 0:
            values[:, 3:7] *= -1
        course[inside] = values[1:-1]
        if at_end is not None:
            between = (times >= end) & (times < begin)
            u = (times[between] - end) / max(begin - end, 1e-6)
            w = minimum_jerk(u)[:, None]
            early = minimum_jerk(u * 1.3)[:, None]
            course[between, :7] = (1 - w) * at_end[:7] + w * values[0, :7]
            course[between, 7:] = (1 - early) * at_end[7:] + early * values[0, 7:]
            bulge = 0.10 * np.linalg.norm(values[0, :3] - at_end[:3])
            course[between, 2] -= bulge * np.sin(np.pi * u)
        at_end, end = values[-1], finish
    course[times >= end] = at_end
    return course
