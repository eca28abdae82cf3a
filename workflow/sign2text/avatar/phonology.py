"""Building blocks of signs: handshapes, places, movements, orientations, use of two hands.

Coordinates of the body: x to the right of the picture, y down, z away from the camera, the middle
of the shoulders at the origin, in pixels of the 210 x 260 picture for an average signer. They
describe the right hand, which is at negative x: `in` (+x) is toward the other side of the body. A
left hand is the mirror image.

The inventory is a selection from descriptions of German Sign Language (handshape, place, movement,
orientation, non-manual marking); it is not a transcription of that language.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum

import numpy as np

SHAPE_SIZE = 16
"""Angles of a handshape: 4 fingers x (knuckle, middle joint, spread), thumb x 4, in radians."""

# (knuckle, middle joint) in degrees; the last joint follows the middle one.
_FINGER = {
    "e": (0, 4),  # extended
    "f": (88, 105),  # in the fist
    "h": (12, 100),  # hooked
    "c": (34, 38),  # curved as around a glass
    "b": (78, 8),  # bent at the knuckle
    "o": (56, 52),  # meets the thumb
    "k": (22, 66),  # claw
    "r": (22, 26),  # relaxed
}
_SPREAD = {
    "wide": (17, 5, -7, -20),
    "closed": (2, 0.5, -1, -3),
    "vee": (15, -10, -8, -8),
}
# Angle from the fingers toward the thumb's side, toward the palm, bend of its two joints; degrees.
_THUMB = {
    "out": (56, 10, -4, -8),
    "side": (24, 14, 8, 4),
    "across": (38, 52, 62, 42),
    "palm": (30, 36, 62, 34),
    "facing": (44, 62, 16, 18),
    "claw": (62, 34, 12, 26),
}


def _handshape(fingers: str, spread: str, thumb: str) -> np.ndarray:
    angles = [
        angle
        for code, aside in zip(fingers, _SPREAD[spread], strict=True)
        for angle in (*_FINGER[code], aside)
    ]
    return np.radians(np.array([*angles, *_THUMB[thumb]], dtype=np.float64))


HANDSHAPES: dict[str, np.ndarray] = {
    "FIST": _handshape("ffff", "closed", "across"),
    "THUMB": _handshape("ffff", "closed", "out"),
    "INDEX": _handshape("efff", "closed", "across"),
    "HOOK": _handshape("hfff", "closed", "across"),
    "L": _handshape("efff", "closed", "out"),
    "SMALL_C": _handshape("cfff", "closed", "facing"),
    "PINCH": _handshape("offf", "closed", "facing"),
    "V": _handshape("eeff", "vee", "across"),
    "U": _handshape("eeff", "closed", "across"),
    "BENT_V": _handshape("hhff", "vee", "across"),
    "THREE": _handshape("eeff", "vee", "out"),
    "CLAW_THREE": _handshape("kkff", "vee", "claw"),
    "W": _handshape("eeef", "wide", "across"),
    "FOUR": _handshape("eeee", "wide", "palm"),
    "FIVE": _handshape("eeee", "wide", "out"),
    "CLAW": _handshape("kkkk", "wide", "claw"),
    "FLAT": _handshape("eeee", "closed", "side"),
    "BENT": _handshape("bbbb", "closed", "side"),
    "FLAT_O": _handshape("bbbb", "closed", "facing"),
    "O": _handshape("oooo", "closed", "facing"),
    "C": _handshape("cccc", "closed", "facing"),
    "F": _handshape("oeee", "wide", "facing"),
    "I": _handshape("fffe", "closed", "across"),
    "Y": _handshape("fffe", "closed", "out"),
    "HORNS": _handshape("effe", "closed", "across"),
    "RELAXED": _handshape("rrrr", "closed", "side"),
}


@dataclass(frozen=True)
class Place:
    """A sign's place for the average signer, in pixels (see the module's coordinates)."""

    x: float
    y: float
    z: float
    touches: str = ""
    """Body part that the tip of the hand touches, "head" or "torso"; "": the middle is there."""


PLACES: dict[str, Place] = {
    "neutral": Place(-32, 36, -66),
    "center": Place(-13, 40, -72),
    "high": Place(-42, -18, -62),
    "low": Place(-32, 78, -56),
    "side": Place(-60, 24, -44),
    "side_high": Place(-64, -24, -48),
    "contra": Place(36, 34, -66),
    "sky": Place(-34, -80, -46),
    "forehead": Place(-7, -78, -40, "head"),
    "temple": Place(-23, -68, -27, "head"),
    "eye": Place(-14, -60, -38, "head"),
    "cheek": Place(-19, -46, -33, "head"),
    "nose": Place(-2, -50, -45, "head"),
    "mouth": Place(-3, -38, -41, "head"),
    "chin": Place(-2, -24, -39, "head"),
    "ear": Place(-29, -57, -12, "head"),
    "neck": Place(-4, -8, -26, "torso"),
    "shoulder": Place(-44, 2, -28, "torso"),
    "shoulder_contra": Place(38, 6, -30, "torso"),
    "chest": Place(-8, 34, -30, "torso"),
    "belly": Place(-8, 88, -30, "torso"),
    "hand": Place(0, 0, 0),  # relative to the other hand, see OVER_BASE_HAND
}

BASE_HAND = Place(-8, 48, -62)
"""Place of the still hand in a two-handed sign, in this hand's mirrored coordinates."""
OVER_BASE_HAND = (3.0, -17.0, -11.0)
"""Offset of the moving hand from the still one."""

DIRECTIONS = {
    "up": (0, -1, 0),
    "down": (0, 1, 0),
    "in": (1, 0, 0),
    "out": (-1, 0, 0),
    "fwd": (0, 0, -1),
    "back": (0, 0, 1),
}


def direction(name: str) -> np.ndarray:
    """Return the unit vector (3,) of a direction such as `up` or `up-in`."""
    vector = np.sum([DIRECTIONS[part] for part in name.split("-")], axis=0, dtype=np.float64)
    return vector / np.linalg.norm(vector)


Vector = tuple[float, float, float]
ZERO: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Movement:
    """A hand's path during a sign: a sum of simple parts, in pixels and degrees.

    With u from 0 to 1 over the sign: line goes straight through the place, bend makes it an arc,
    swing goes back and forth, tap leaves the place and comes back, circle turns in the plane of its
    two axes. turn rotates the hand once, twist back and forth, both about the hand's axes (toward
    the thumb, along the fingers, out of the palm). wiggle moves the fingers.
    """

    frames: float = 5.6
    line: Vector = ZERO
    bend: Vector = ZERO
    swing: Vector = ZERO
    tap: Vector = ZERO
    circle: tuple[Vector, Vector] = (ZERO, ZERO)
    turn: Vector = ZERO
    twist: Vector = ZERO
    wiggle: float = 0.0
    cycles: float = 2.0


MOVEMENTS: dict[str, Movement] = {
    "hold": Movement(4.8),
    "up": Movement(line=(0, -46, 0)),
    "down": Movement(line=(0, 46, 0)),
    "in": Movement(line=(42, 0, 0)),
    "out": Movement(line=(-42, 0, 0)),
    "fwd": Movement(line=(-4, 14, -44)),
    "back": Movement(line=(4, -10, 40)),
    "up_out": Movement(line=(-36, -36, 0)),
    "up_in": Movement(line=(36, -36, 0)),
    "down_out": Movement(line=(-36, 36, 0)),
    "down_in": Movement(line=(36, 36, 0)),
    "arc_out": Movement(6.0, line=(-48, 0, 0), bend=(0, -26, 0)),
    "arc_in": Movement(6.0, line=(48, 0, 0), bend=(0, -26, 0)),
    "arc_fwd": Movement(6.0, line=(0, 20, -36), bend=(0, -28, 0)),
    "dip_out": Movement(6.0, line=(-50, 0, 0), bend=(0, 26, 0)),
    "circle": Movement(7.8, circle=((15, 0, 0), (0, 15, 0)), cycles=1.5),
    "circle_flat": Movement(7.8, circle=((22, 0, 0), (0, 5, 18)), cycles=1.5),
    "circle_side": Movement(7.8, circle=((0, 18, 0), (4, 0, 18)), cycles=1.5),
    "zigzag_down": Movement(7.0, line=(0, 58, 0), swing=(15, 0, 0), cycles=1.5),
    "wave_out": Movement(7.4, line=(-50, 0, 0), swing=(0, 10, 0), cycles=2),
    "wave_fwd": Movement(7.4, line=(-14, 24, -34), swing=(0, 9, 0), cycles=2),
    "wiggle": Movement(7.4, wiggle=34, cycles=2),
    "wiggle_down": Movement(7.4, line=(0, 46, 0), wiggle=30, cycles=2),
    "wiggle_out": Movement(7.4, line=(-46, 0, 0), wiggle=30, cycles=2),
    "wiggle_up": Movement(7.4, line=(0, -42, 0), wiggle=30, cycles=2),
    "shake": Movement(7.4, swing=(13, 0, 0), cycles=2),
    "bob": Movement(7.4, swing=(0, 13, 0), cycles=2),
    "pat_down": Movement(7.4, tap=(0, 22, 0), cycles=2),
    "pat_in": Movement(7.4, tap=(24, 0, 0), cycles=2),
    "tap": Movement(7.4, tap=(-12, 6, -16), cycles=2),
    "touch": Movement(5.6, tap=(-16, 8, -20), cycles=1.5),
    "rub": Movement(7.4, swing=(8, 4, 0), cycles=2.5),
    "nod": Movement(7.4, twist=(34, 0, 0), cycles=2),
    "wave": Movement(7.4, twist=(0, 0, 28), cycles=2),
    "twist": Movement(7.4, twist=(0, 46, 0), cycles=2),
    "turn": Movement(6.0, turn=(0, 150, 0)),
    "fall": Movement(6.0, line=(0, 28, 0), turn=(80, 0, 0)),
}


class Hands(Enum):
    """Role of the two hands in a sign."""

    ONE = "one"  # the other hand rests
    MIRROR = "mirror"  # both do the same, mirrored
    ALTERNATE = "alternate"  # the same, half a cycle apart
    PARALLEL = "parallel"  # both move in the same direction
    BASE = "base"  # the other hand stays still, and the sign is made on it


@dataclass(frozen=True)
class Sign:
    """A sign by its parameters. Orientation is `fingers point/palm faces`, e.g. `up/fwd`."""

    shape: str
    place: str
    move: str
    orient: str = "up/fwd"
    hands: Hands = Hands.ONE
    to: str = ""
    """Handshape at the end of the movement, if it opens, closes or bends."""
    other: str = ""
    """Handshape of the other hand, if it differs."""
    other_orient: str = ""
    """Orientation of the other hand, if it differs."""
    face: str = ""
    """Facial part of the sign: puff, squint, brows, smile or pursed; most signs have none."""


def parameters_that_differ(a: Sign, b: Sign) -> list[str]:
    """Return the names of the parameters in which two signs differ."""
    return [f.name for f in fields(Sign) if getattr(a, f.name) != getattr(b, f.name)]
