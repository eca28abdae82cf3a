"""Signers of the corpora of classes; none of them signs a corpus for translation.

`casting.py` varies the avatar's nine people for every name of a corpus. This module draws each
trait independently, so nobody is a variation of one of the nine.
"""

from __future__ import annotations

import numpy as np

from sign2text.avatar.geometry import random_stream
from sign2text.avatar.signers import SIGNERS, Colour, Signer

_LIGHT, _DARK = np.array([242, 206, 184]), np.array([112, 74, 54])  # skin
_HAIR = (
    (30, 26, 26), (62, 42, 32), (96, 62, 40), (132, 84, 48), (184, 146, 92), (150, 148, 146),
    (118, 58, 34),
)  # fmt: skip
_EYES = ((58, 42, 32), (84, 62, 44), (78, 104, 128), (80, 100, 64))
_STYLES = tuple(dict.fromkeys(signer.hair_style for signer in SIGNERS.values()))
_BEARDED = frozenset({"short", "bald", "curly"})
_RANGES = {
    "head": (0.96, 1.04), "face_width": (0.95, 1.06), "jaw": (0.97, 1.13),
    "shoulders": (0.91, 1.13), "torso": (0.97, 1.1), "arms": (0.94, 1.06), "hands": (0.93, 1.09),
    "speed": (0.88, 1.14), "size": (0.9, 1.12), "height": (-6.0, 5.0), "accent": (0.85, 1.2),
    "perseveration": (0.2, 0.6), "expression": (0.85, 1.15), "mouthing": (0.85, 1.15),
    "brow_rest": (-0.2, 0.2), "smile_rest": (-0.15, 0.25), "head_tilt": (-2.5, 2.5),
    "sleeves": (0.0, 1.0),
}  # fmt: skip


def class_signer(name: str) -> Signer:
    """Return the person of a name; every trait is a function of the name."""
    rng = random_stream(0, "signer of classes", name)
    tone = _LIGHT + (_DARK - _LIGHT) * rng.uniform() + rng.normal(0, 5, 3)
    style = _STYLES[int(rng.integers(len(_STYLES)))]
    return Signer(
        name,
        skin=_colour(tone),
        hair=_colour(_HAIR[int(rng.integers(len(_HAIR)))] + rng.normal(0, 8, 3)),
        hair_style=style,
        clothes=_colour(rng.uniform(26, 72, 3)),
        collar=("round", "vee", "shirt")[int(rng.integers(3))],
        lips=_colour(tone * (0.8, 0.5, 0.55) + rng.normal(0, 4, 3)),
        eyes=_EYES[int(rng.integers(len(_EYES)))],
        left_handed=bool(rng.uniform() < 0.15),
        glasses=bool(rng.uniform() < 0.2),
        beard=bool(rng.uniform() < 0.3) and style in _BEARDED,
        earrings=bool(rng.uniform() < 0.25),
        **{trait: float(rng.uniform(*bounds)) for trait, bounds in _RANGES.items()},
    )


def _colour(values: np.ndarray) -> Colour:
    return tuple(int(value) for value in np.clip(np.round(values), 0, 255))
