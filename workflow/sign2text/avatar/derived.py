"""A sign for any word, chosen by a hash of its name from the signs that the avatar can make.

The parts of a sign fit together as in sign languages. The orientation suits the place, two moving
hands have the same handshape, and a still hand has one of the few simplest (symmetry and dominance
condition; Battison, 1978). The signs are invented: they share the building blocks of real sign
languages, not the words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from sign2text.avatar.phonology import MOVEMENTS, Hands, Movement, Sign

Item = TypeVar("Item")

_HANDS = (*[Hands.ONE] * 6, *[Hands.MIRROR] * 3, Hands.ALTERNATE, Hands.PARALLEL, *[Hands.BASE] * 3)
_ZONES = {
    "one": ("space", "space", "space", "head", "head", "torso"),
    "two": ("space", "space", "space", "space", "head", "torso"),
}
_PLACES = {
    ("one", "space"): (
        "neutral", "center", "high", "low", "side", "side_high", "contra", "sky",
    ),
    ("one", "head"): (
        "forehead", "temple", "eye", "cheek", "nose", "mouth", "chin", "ear",
    ),
    ("one", "torso"): ("neck", "shoulder", "shoulder_contra", "chest", "belly"),
    # Two moving hands cannot meet in the middle of the face or on the other side.
    ("two", "space"): ("neutral", "center", "high", "low", "side", "side_high", "sky"),
    ("two", "head"): ("temple", "cheek", "mouth", "ear"),
    ("two", "torso"): ("shoulder", "chest", "belly"),
}  # fmt: skip
_ORIENTS = {
    "space": (
        "up/fwd", "up/in", "up/back", "in/down", "in/back", "down/back", "fwd/in", "up-fwd/in",
        "fwd-down/down-back", "fwd-down/up-fwd",
    ),
    "head": ("up-in/back", "up-in/fwd", "up/back", "up/in", "in/back", "in/down"),
    "torso": ("in/back", "in-up/back", "up-in/back", "up/in", "in/down"),
    "hand": ("in/down", "in/back", "up/fwd", "up/back", "up-fwd/in", "fwd/in",
             "fwd-down/down-back", "down/back"),
}  # fmt: skip
_MOVES = {
    "space": tuple(move for move in MOVEMENTS if move not in ("touch", "tap", "rub")),
    "head": (
        "hold", "touch", "tap", "twist", "nod", "circle", "out", "fwd", "up", "down", "down_out",
        "arc_fwd", "shake", "rub", "turn", "wiggle",
    ),
    "torso": (
        "touch", "tap", "twist", "circle", "circle_side", "out", "fwd", "up", "down", "down_out",
        "up_out", "arc_out", "rub", "wiggle",
    ),
    "hand": (
        "hold", "touch", "tap", "twist", "turn", "circle_flat", "pat_down", "out", "fwd", "back",
        "up", "down", "up_out", "arc_out", "arc_fwd", "shake", "bob", "rub", "wiggle",
    ),
}  # fmt: skip
_CROWDED = {
    "sky": ("up", "up_out", "up_in", "wiggle_up"),
    "low": ("down", "down_out", "down_in", "zigzag_down", "wiggle_down"),
    "side": ("out", "up_out", "down_out", "arc_out", "dip_out", "wave_out", "wiggle_out"),
    "side_high": ("out", "up_out", "down_out", "arc_out", "dip_out", "wave_out", "wiggle_out"),
    "contra": ("in", "up_in", "down_in", "arc_in"),
}
"""Movements that would leave the picture from a place."""
_SHAPES = (
    "FIST", "THUMB", "INDEX", "HOOK", "L", "SMALL_C", "PINCH", "V", "U", "BENT_V", "THREE",
    "CLAW_THREE", "W", "FOUR", "FIVE", "CLAW", "FLAT", "BENT", "FLAT_O", "O", "C", "F", "I", "Y",
    "HORNS",
)  # fmt: skip
_PLAYING_SHAPES = ("FIVE", "FOUR", "CLAW", "V", "W", "BENT")
"""Handshapes that make a wiggle of the fingers visible."""
_STILL_SHAPES = ("FLAT", "FIVE", "FIST", "INDEX", "C", "O")
_STILL_ORIENTS = ("", "in/back", "up/in", "up/fwd")
_ENDS = {
    "FIST": ("FIVE", "INDEX"), "INDEX": ("HOOK",), "L": ("PINCH",), "PINCH": ("INDEX", "L"),
    "V": ("BENT_V",), "THREE": ("CLAW_THREE",), "FIVE": ("FIST", "FLAT_O", "CLAW"),
    "CLAW": ("FIVE", "FIST"), "FLAT": ("BENT", "FLAT_O"), "FLAT_O": ("FIVE", "FLAT"),
    "O": ("FIVE",), "C": ("O",), "BENT": ("FLAT",), "F": ("FIVE",),
}  # fmt: skip
"""Handshapes that another one opens, closes or bends to."""
_FACES = (*[""] * 10, "puff", "squint", "brows", "smile", "pursed")
_FELT = 10.0
"""Pixels or degrees below which two movements look the same."""


class _Choice:
    """Choices determined by a text: the same in every process, on every machine and version."""

    def __init__(self, text: str) -> None:
        self._number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=32).digest())

    def among(self, items: Sequence[Item]) -> Item:
        self._number, index = divmod(self._number, len(items))
        return items[index]


def derived_sign(name: str, attempt: int = 0) -> Sign:
    """Derive the sign of a name; each further attempt gives another one, if one is taken."""
    choice = _Choice(f"{attempt} {name}")
    hands = choice.among(_HANDS)
    if hands is Hands.BASE:
        zone = place = "hand"
    else:
        number = "one" if hands is Hands.ONE else "two"
        zone = choice.among(_ZONES[number])
        place = choice.among(_PLACES[number, zone])
    orient = choice.among(_ORIENTS[zone])
    move = choice.among(
        [
            each
            for each in _MOVES[zone]
            if each not in _CROWDED.get(place, ()) and _is_seen(hands, MOVEMENTS[each])
        ]
    )
    playing = MOVEMENTS[move].wiggle > 0
    shape = choice.among(_PLAYING_SHAPES if playing else _SHAPES)
    changes = choice.among((True, False, False)) and shape in _ENDS and not playing
    sign = Sign(
        shape,
        place,
        move,
        orient,
        hands,
        to=choice.among(_ENDS[shape]) if changes else "",
        face=choice.among(_FACES),
    )
    if hands is Hands.BASE:
        other, turned = choice.among(_STILL_SHAPES), choice.among(_STILL_ORIENTS)
        sign = replace(sign, other=other, other_orient=turned)
    return sign


def look_of(sign: Sign) -> Sign:
    """Reduce a sign to what its hands show: without its face, and with equivalent uses merged."""
    hands, move = sign.hands, MOVEMENTS[sign.move]
    if hands is Hands.ALTERNATE and not _is_seen(hands, move):
        hands = Hands.PARALLEL  # back and forth sideways, half a cycle apart: the same direction
    if hands is Hands.PARALLEL and not _is_seen(hands, move):
        hands = Hands.MIRROR
    return replace(sign, hands=hands, face="")


def _is_seen(hands: Hands, move: Movement) -> bool:
    """Return whether this use of two hands looks different from mirrored hands in a movement."""
    paths = [move.line, move.swing, *move.circle]
    if hands is Hands.PARALLEL:
        return any(abs(x) >= _FELT for x, _, _ in [*paths, move.tap])
    if hands is Hands.ALTERNATE:
        aside = [abs(value) for path in paths for value in path[1:]]
        return max([*aside, *map(abs, (*move.tap, *move.twist))]) >= _FELT
    return True
