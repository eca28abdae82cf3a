"""Signers: the avatar's nine by their names, and a body for every other name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sign2text.avatar.signers import SIGNERS, Colour, Signer

_CLOTHES = (
    (34, 34, 40), (38, 46, 66), (30, 50, 48), (52, 36, 54), (66, 36, 40), (54, 54, 58),
    (44, 60, 72), (62, 52, 38), (36, 62, 44),
)  # fmt: skip
_PROPORTIONS = ("head", "face_width", "jaw", "shoulders", "torso", "arms", "hands")


def signer_named(name: str) -> Signer:
    """Return the signer of a name; an unknown name gets a body by rule.

    The body is one of the nine, varied in colours, proportions and pace by a hash of the name. A
    name that ends in a number takes the body of that number. The first nine signers of a corpus
    that numbers them are therefore nine different people.
    """
    if name in SIGNERS:
        return SIGNERS[name]
    digest = hashlib.blake2b(name.encode(), digest_size=24).digest()
    bodies = list(SIGNERS.values())
    number = re.search(r"\d+$", name)
    index = int(number.group()) - 1 if number else digest[0]
    body = bodies[index % len(bodies)]
    # The bytes as numbers from -1 to 1.
    shares = np.frombuffer(digest, dtype=np.uint8)[1:].astype(float) / 127.5 - 1
    clothes = _CLOTHES[digest[-1] % len(_CLOTHES)]
    return replace(
        body,
        name=name,
        skin=_shifted(body.skin, 9 * shares[:1]),
        hair=_shifted(body.hair, 24 * shares[1] + 7 * shares[2:5]),
        clothes=_shifted(clothes, 6 * shares[5:8]),
        speed=body.speed * float(1 + 0.06 * shares[8]),
        size=body.size * float(1 + 0.05 * shares[9]),
        height=body.height + float(3 * shares[10]),
        **{
            part: getattr(body, part) * float(1 + 0.025 * share)
            for part, share in zip(_PROPORTIONS, shares[11:18], strict=True)
        },
    )


def _shifted(colour: Colour, by: Sequence[float] | np.ndarray) -> Colour:
    """Move a colour by one amount (lighter or darker) or three, within 0..255."""
    moved = np.clip(np.round(np.array(colour) + by), 0, 255)
    return tuple(int(value) for value in moved)
