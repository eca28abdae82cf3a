"""Renderer of a clip: studio, signer, light, camera noise; one picture at a time."""

from __future__ import annotations

import cv2
import numpy as np

from sign2text.avatar import brush
from sign2text.avatar.body import LEFT, RIGHT, SIZE, Body
from sign2text.avatar.brush import Colour
from sign2text.avatar.draw_clothes import ArmPainter, TorsoPainter
from sign2text.avatar.draw_hands import HandPainter
from sign2text.avatar.draw_head import HeadPainter
from sign2text.avatar.geometry import random_stream
from sign2text.avatar.signers import Signer

_TILE = 48
"""Range of the noise's random shift in each frame, in pixels."""


class Painter:
    """A painter of one clip's frames; constant parts are made only once.

    Light, background and noise are functions of the seed and the signer.
    """

    def __init__(self, body: Body, signer: Signer, seed: int) -> None:
        rng = random_stream(seed, "studio", signer.name)
        self._gain = float(rng.uniform(0.90, 1.07)) * (1 + rng.uniform(-0.035, 0.035, 3))
        light = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.6, 1.0))  # -1: from the left
        skin, cloth = self._tone(signer.skin), self._tone(signer.clothes)
        self._background = self._studio(rng)
        self._canvas = self._background.copy()
        self._torso = TorsoPainter(body, signer, skin, cloth, light)
        self._arms = ArmPainter(body, signer, skin, cloth, light)
        self._head = HeadPainter(body, signer, skin, self._tone, light)
        self._hands = HandPainter(body, signer, skin, light)
        # The farther hand first, with its forearm.
        self._far_first = np.argsort(-self._hands.depth, axis=1, kind="stable").tolist()
        strength = float(rng.uniform(1.0, 3.0))
        shape = (SIZE[1] + _TILE, SIZE[0] + _TILE, 3)
        tile = strength * rng.standard_normal(shape, dtype=np.float32)
        self._brighter = np.clip(np.rint(tile), 0, 255).astype(np.uint8)
        self._darker = np.clip(np.rint(-tile), 0, 255).astype(np.uint8)
        self._shifts = rng.integers(0, _TILE, (len(body), 2)).tolist()

    def _tone(self, colour: Colour) -> Colour:
        """Return a colour in this clip's light."""
        return tuple(float(min(c * g, 255)) for c, g in zip(colour, self._gain, strict=True))

    def _studio(self, rng: np.random.Generator) -> np.ndarray:
        """Make the background [2H, 2W, 3]: a grey wall, lighter toward the floor and one side."""
        width, height = SIZE
        top = rng.uniform(120, 165) + rng.uniform(-7, 7, 3) + np.array([-3, 0, 6])
        bottom = top + rng.uniform(25, 60)
        down = np.linspace(0, 1, height)[:, None, None]
        across = np.linspace(-1, 1, width)[None, :, None]
        wall = top + (bottom - top) * down ** rng.uniform(0.8, 1.6)
        wall = wall + rng.uniform(-10, 10) * across - 8 * across**2
        wall = np.clip(wall * self._gain, 0, 255).astype(np.uint8)
        return cv2.resize(wall, None, fx=brush.SCALE, fy=brush.SCALE)

    def draw(self, frame: int) -> np.ndarray:
        """Draw the picture [260, 210, 3] uint8 RGB of a frame."""
        canvas = self._canvas
        np.copyto(canvas, self._background)
        self._head.draw_behind(canvas, frame)
        self._torso.draw(canvas, frame)
        self._head.draw(canvas, frame)
        for side in (RIGHT, LEFT):
            self._arms.draw_upper(canvas, frame, side)
        for side in self._far_first[frame]:
            self._arms.draw_forearm(canvas, frame, side)
            self._hands.draw(canvas, frame, side)
        picture = cv2.resize(canvas, SIZE, interpolation=cv2.INTER_AREA)
        down, aside = self._shifts[frame]
        window = np.s_[down : down + SIZE[1], aside : aside + SIZE[0]]
        cv2.add(picture, self._brighter[window], dst=picture)
        cv2.subtract(picture, self._darker[window], dst=picture)
        return picture
