"""Timing of the signs of an utterance: holds, transitions, the signer's and the clip's pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sign2text.avatar.geometry import random_stream
from sign2text.avatar.glosses import lexeme_of
from sign2text.avatar.lexicon import sign_of
from sign2text.avatar.phonology import MOVEMENTS, PLACES, Hands, Place, Sign
from sign2text.avatar.signers import Signer
from sign2text.avatar.utterance import SignToken
from sign2text.ground.errors import InputError

HEAD_CENTRE = np.array([0.0, -54.0, 0.0])
"""Middle of the average signer's head, in the coordinates of phonology.py."""

FROM_REST = 4.8
"""Frames that an average signer's hand needs to leave its rest, or to return to it."""
_OTHER_HAND_COMES = 110.0
"""Distance of the other hand between its rest and a two-handed sign, in pixels."""


@dataclass(frozen=True)
class Stroke:
    """A sign in time, as this signer makes it this time. Times are in frames."""

    token: SignToken
    sign: Sign
    begin: float
    """Time when the hand has arrived and the sign proper begins."""
    end: float
    onset: float
    """Time when the hand visibly leaves for this sign: start of the gloss."""
    place: np.ndarray
    """Target of the moving hand, (3,), in right-hand coordinates of this signer's body."""
    size: float
    """Factor for the movement's lengths."""
    tilt: np.ndarray
    """Rotation vector (3,) that this signer adds to the orientation, in radians."""
    bend: np.ndarray
    """Angles (16,) added to the handshape, in radians."""


def place_of(place: Place, signer: Signer) -> np.ndarray:
    """Return a place on or in front of this signer's body, (3,)."""
    at = np.array([place.x, place.y, place.z])
    if place.touches == "head":
        return signer.head * (at - HEAD_CENTRE) + HEAD_CENTRE
    if place.touches == "torso":
        return at * np.array([signer.shoulders, 1.0, 1.0])
    reach = 0.5 + 0.5 * signer.size
    return at * np.array([reach * signer.shoulders, reach, reach]) + [0, signer.height, 0]


def _intensity_size(token: SignToken) -> float:
    return {-1: 0.62, 0: 1.0, 1: 1.38}[token.intensity]


def _intensity_pace(token: SignToken) -> float:
    return {-1: 1.14, 0: 1.0, 1: 0.92}[token.intensity]


def schedule(tokens: Sequence[SignToken], signer: Signer, seed: int) -> tuple[list[Stroke], int]:
    """Compute the strokes of an utterance and the clip's number of frames.

    Raises InputError without any token, or if a token without a sign has a gloss that the lexicon
    lacks.
    """
    if not tokens:
        raise InputError("an utterance has no sign; expected at least one SignToken")
    signs = [token.sign or sign_of(token.gloss) for token in tokens]
    rng = random_stream(seed, "timeline", signer.name)
    pace = signer.speed * float(np.exp(rng.normal(0, 0.06)))
    places, accents = [], []
    for token, sign in zip(tokens, signs, strict=True):
        own = random_stream(0, "accent", signer.name, lexeme_of(token.gloss)[0])
        accents.append(
            {
                "place": own.normal(0, (3.2, 3.0, 2.5)) * signer.accent,
                "tilt": own.normal(0, 0.12, 3) * signer.accent,
                "bend": own.normal(0, 0.06, 16) * signer.accent,
                "size": float(np.exp(own.normal(0, 0.10 * signer.accent))),
                "frames": float(np.exp(own.normal(0, 0.09 * signer.accent))),
            }
        )
        touches = PLACES[sign.place].touches != ""
        spread = 1.2 if touches else 2.6
        where = place_of(PLACES[sign.place], signer) + accents[-1]["place"] * (
            0.5 if touches else 1.0
        )
        places.append(where + rng.normal(0, spread, 3))
    places = _coarticulated(places, signs)

    strokes: list[Stroke] = []
    now = rng.uniform(2.0, 4.0) + FROM_REST / pace
    onset = now - 2.8 / pace
    for index, (token, sign) in enumerate(zip(tokens, signs, strict=True)):
        accent = accents[index]
        frames = MOVEMENTS[sign.move].frames * accent["frames"] * _intensity_pace(token)
        frames *= float(np.exp(rng.normal(0, 0.10))) / pace
        end = now + max(frames, 3.0)
        strokes.append(
            Stroke(
                token=token,
                sign=sign,
                begin=now,
                end=end,
                onset=onset,
                place=places[index],
                size=signer.size
                * accent["size"]
                * _intensity_size(token)
                * float(np.exp(rng.normal(0, 0.06))),
                tilt=accent["tilt"] + rng.normal(0, 0.06, 3),
                bend=accent["bend"] + rng.normal(0, 0.035, 16),
            )
        )
        if index + 1 < len(tokens):
            distance = float(np.linalg.norm(places[index + 1] - places[index]))
            if (sign.hands is Hands.ONE) != (signs[index + 1].hands is Hands.ONE):
                distance = max(distance, _OTHER_HAND_COMES)
            transition = (2.5 + 0.02 * distance) / pace * float(np.exp(rng.normal(0, 0.08)))
            onset = end + 0.4 * transition
            now = end + transition
    last = strokes[-1].end + FROM_REST / pace + rng.uniform(2.0, 4.0)
    return strokes, int(np.ceil(last))


def _coarticulated(places: list[np.ndarray], signs: list[Sign]) -> list[np.ndarray]:
    """Pull places toward those of the neighbouring signs; places of contact move only a little."""
    drawn = []
    for index, (place, sign) in enumerate(zip(places, signs, strict=True)):
        firm = PLACES[sign.place].touches != "" or sign.hands is Hands.BASE
        pull = 0.03 if firm else 0.10
        moved = place.copy()
        for neighbour in (index - 1, index + 1):
            if 0 <= neighbour < len(places) and signs[neighbour].place != "hand" != sign.place:
                moved += pull * (places[neighbour] - place)
        drawn.append(moved)
    return drawn
