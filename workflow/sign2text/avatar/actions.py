"""Actions: classes of movement, made with any hand and any handshape at any place.

Handshape, orientation, place and the use of one or two hands are drawn for each clip, and the
mouthing is the same in all classes, so only the movement identifies the class. From the chosen
places every movement stays in the picture. Two hands always mirror each other: if they alternated,
or moved in one direction, the mirror image would be another class.
"""

from __future__ import annotations

import numpy as np

from sign2text.avatar.phonology import HANDSHAPES, Hands, Sign
from sign2text.avatar.utterance import SignToken

ACTIONS: dict[str, tuple[str, ...]] = {
    # One movement.
    **{
        each: (each,)
        for each in (
            "up", "down", "in", "out", "up_out", "up_in", "down_out", "down_in", "arc_out",
            "arc_in", "arc_fwd", "dip_out", "circle", "circle_flat", "circle_side", "zigzag_down",
            "wave_out", "shake", "bob", "pat_down", "pat_in", "tap", "nod", "wave", "twist",
            "turn", "fall",
        )
    },
    "push": ("fwd",),
    # The same movement twice, then there and back.
    "up_twice": ("up", "up"),
    "out_twice": ("out", "out"),
    "up_down": ("up", "down"),
    "down_up": ("down", "up"),
    "out_in": ("out", "in"),
    "in_out": ("in", "out"),
    # Two axes, then two kinds of movement, one after the other.
    "up_then_out": ("up", "out"),
    "out_then_down": ("out", "down"),
    "down_then_in": ("down", "in"),
    "circle_then_up": ("circle", "up"),
    "shake_then_down": ("shake", "down"),
    "arc_out_then_pat": ("arc_out", "pat_down"),
}  # fmt: skip
"""Movements (`phonology.MOVEMENTS`) of each class, one after the other."""

_SHAPES = tuple(shape for shape in HANDSHAPES if shape != "RELAXED")
_PLACES = ("neutral", "center", "high", "chest", "shoulder")
_ORIENTS = ("up/fwd", "up/in", "up/back", "in/down", "in/back", "fwd/in", "up-fwd/in", "down/back")
_HANDS = (Hands.ONE, Hands.MIRROR)
_SILENT = ""  # a gloss without letters gives all classes the same mouthing


def action_tokens(action: str, rng: np.random.Generator) -> tuple[SignToken, ...]:
    """Perform an action; everything except its movements is drawn from `rng`."""
    shape, place, orient, hands = (
        items[int(rng.integers(len(items)))] for items in (_SHAPES, _PLACES, _ORIENTS, _HANDS)
    )
    return tuple(
        SignToken(_SILENT, sign=Sign(shape, place, move, orient, hands)) for move in ACTIONS[action]
    )
