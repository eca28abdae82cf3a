"""The people who sign: proportions, looks, pace, handedness and accent of nine signers."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""


@dataclass(frozen=True)
class Signer:
    """A signer. Lengths are factors relative to the average signer; colours are RGB."""

    name: str
    skin: Colour
    hair: Colour
    hair_style: str
    clothes: Colour
    collar: str
    """round, vee or shirt."""
    sleeves: float = 1.0
    """Share of the forearm that is covered: 1 to the wrist, 0 to the elbow."""
    lips: Colour = (176, 92, 88)
    eyes: Colour = (84, 62, 44)
    left_handed: bool = False
    head: float = 1.0
    face_width: float = 1.0
    jaw: float = 1.0
    shoulders: float = 1.0
    torso: float = 1.0
    arms: float = 1.0
    hands: float = 1.0
    speed: float = 1.0
    """Above 1 is faster."""
    size: float = 1.0
    """Size of the movements."""
    height: float = 0.0
    """Position of the signing space: pixels above (negative) or below the average."""
    accent: float = 1.0
    """Deviation of the signer's forms from the lexicon's."""
    perseveration: float = 0.4
    """Probability that the other hand stays up during a one-handed sign after a two-handed one."""
    expression: float = 1.0
    """Strength of facial movement."""
    mouthing: float = 1.0
    """Extent of mouth opening."""
    brow_rest: float = 0.0
    """Brows of the resting face: raised (positive) or low."""
    smile_rest: float = 0.0
    head_tilt: float = 0.0
    """Habitual roll of the head in degrees."""
    glasses: bool = False
    beard: bool = False
    earrings: bool = False


_SIGNERS = (
    Signer("signer01", (226, 182, 154), (58, 40, 30), "bun", (34, 34, 40), "shirt",
           lips=(184, 84, 84), brow_rest=0.1, earrings=True),
    Signer("signer02", (236, 196, 170), (176, 134, 78), "short", (38, 44, 62), "round",
           eyes=(78, 110, 132), face_width=1.05, jaw=1.12, shoulders=1.10, arms=1.05, hands=1.08,
           speed=0.92, size=1.06, height=4, expression=0.9, brow_rest=-0.2),
    Signer("signer03", (148, 102, 74), (26, 22, 22), "curly", (46, 38, 44), "vee",
           lips=(130, 66, 62), eyes=(46, 30, 22), head=1.03, face_width=0.98, speed=1.1, size=0.92,
           height=-5, smile_rest=0.25, expression=1.15, earrings=True),
    Signer("signer04", (222, 176, 144), (124, 62, 36), "bob", (30, 48, 46), "round",
           sleeves=0.45, eyes=(76, 96, 60), left_handed=True, head=0.97, shoulders=0.93, arms=0.96,
           hands=0.94, speed=1.05, accent=1.15, head_tilt=2.5),
    Signer("signer05", (204, 154, 120), (38, 30, 28), "short", (52, 52, 56), "shirt",
           lips=(158, 88, 78), face_width=1.04, jaw=1.1, shoulders=1.12, torso=1.1, arms=1.04,
           hands=1.06, speed=0.96, size=1.1, beard=True, mouthing=0.85, brow_rest=-0.1),
    Signer("signer06", (240, 204, 182), (196, 168, 120), "long", (44, 32, 50), "vee",
           lips=(190, 98, 98), eyes=(86, 116, 140), head=0.98, face_width=0.96, shoulders=0.95,
           arms=0.98, hands=0.96, speed=1.0, size=0.96, accent=0.9, smile_rest=0.15, height=3),
    Signer("signer07", (186, 132, 96), (150, 146, 142), "bald", (28, 36, 52), "round",
           sleeves=0.9, lips=(150, 84, 76), head=1.02, face_width=1.03, jaw=1.06, shoulders=1.06,
           torso=1.06, speed=0.9, size=0.94, glasses=True, expression=0.85, perseveration=0.6),
    Signer("signer08", (232, 188, 158), (40, 34, 36), "fringe", (62, 34, 38), "round",
           sleeves=0.0, lips=(180, 82, 84), eyes=(58, 42, 32), head=1.0, face_width=1.0,
           shoulders=0.92, arms=0.95, hands=0.95, speed=1.12, size=1.04, accent=1.1,
           perseveration=0.25, mouthing=1.15, head_tilt=-2),
    Signer("signer09", (168, 116, 86), (92, 56, 42), "ponytail", (40, 60, 70), "vee",
           sleeves=0.75, lips=(146, 74, 70), eyes=(64, 44, 30), head=0.99, face_width=1.02,
           jaw=1.03, shoulders=1.03, arms=1.01, hands=1.03, speed=1.03, size=1.02, accent=1.1,
           brow_rest=0.15, smile_rest=-0.1, height=-2),
)  # fmt: skip

SIGNERS: dict[str, Signer] = {signer.name: signer for signer in _SIGNERS}
UNSEEN_SIGNER = "signer09"
"""The signer of the test split only."""
