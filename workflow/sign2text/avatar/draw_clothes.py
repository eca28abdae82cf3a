"""Torso, neck and arms: the torso is drawn once per clip and moved, the arms once per frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from sign2text.avatar import brush
from sign2text.avatar.body import NECK, SIZE, Body
from sign2text.avatar.brush import Colour, lit, mixed
from sign2text.avatar.hair import rounded
from sign2text.avatar.signers import Signer

Place: TypeAlias = Callable[[np.ndarray | list], np.ndarray]
"""Function from points around the shoulders to points on the sprite."""
Limb: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float, float]

# Right half of the torso from the neck down, around the middle of the shoulders, in pixels.
_TORSO = [(-14, -15), (-22, -9), (-35, -5), (-46, -2), (-55, 8), (-57, 30), (-49, 70), (-45, 108),
          (-48, 150), (-50, 175)]  # fmt: skip
_FOLDS = [[(-34, 26), (-30, 60), (-36, 110)], [(34, 26), (30, 60), (36, 110)],
          [(-46, 40), (-28, 52)], [(46, 40), (28, 52)], [(-12, 90), (6, 140)]]  # fmt: skip
_MARGIN = 40
"""Canvas pixels around the torso's sprite, the limit of its movement."""


def _mirrored(half: list[tuple[float, float]]) -> np.ndarray:
    return np.array(half + [(-x, y) for x, y in reversed(half)], dtype=np.float64)


def _soft(mask: np.ndarray, radius: float) -> np.ndarray:
    """Turn a mask of 0 and 255 into 0..1 with soft edges, blurred at a quarter of its size."""
    small = cv2.resize(mask, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small.astype(np.float32) / 255, (0, 0), radius / 4)
    return cv2.resize(small, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)


class TorsoPainter:
    """The torso with neck and collar as a sprite with soft shading."""

    def __init__(
        self, body: Body, signer: Signer, skin: Colour, cloth: Colour, light: float
    ) -> None:
        self.home = body.neck[:, :2].mean(axis=0)
        self.moved = np.rint((body.neck[:, :2] - self.home) * brush.SCALE).astype(int)
        height, width = SIZE[1] * brush.SCALE, SIZE[0] * brush.SCALE
        self.shape = (height, width)
        sprite = np.zeros((height + 2 * _MARGIN, width + 2 * _MARGIN, 3), np.uint8)
        mask = np.zeros(sprite.shape[:2], np.uint8)

        def place(points: np.ndarray | list) -> np.ndarray:
            points = np.asarray(points, dtype=np.float64)
            at = (points - NECK[:2]) * body.zoom + self.home + _MARGIN / brush.SCALE
            return brush.fixed(at)

        proportions = np.array([0.5 * (signer.shoulders + signer.torso), 1.0])
        torso = rounded(_mirrored(_TORSO) * proportions)
        neck = np.array([(-13.5, -46), (-12.6, -20), (-16, -10), (0, 8), (16, -10), (12.6, -20),
                         (13.5, -46)])  # fmt: skip
        for points in (torso, neck):
            brush.polygon(mask, place(points), 255)
        brush.polygon(sprite, place(torso), cloth)
        lighter, folds = np.zeros_like(mask), np.zeros_like(mask)
        brush.polygon(lighter, place(torso + np.array([26 * light, 6])), 255)
        for fold in _FOLDS:
            brush.stroke(folds, place(np.array(fold) * proportions), 255, 6)
        shade = 0.16 * (_soft(lighter, 16) - 0.5) - 0.34 * _soft(folds, 5)
        self._neckline(sprite, place, signer, skin, cloth)
        shade = shade[..., None]
        self.sprite = np.clip(sprite * (1 + shade) + 20 * shade, 0, 255).astype(np.uint8)
        self.mask = mask

    @staticmethod
    def _neckline(
        sprite: np.ndarray, place: Place, signer: Signer, skin: Colour, cloth: Colour
    ) -> None:
        shaded = lit(skin, 0.86)
        openings = {
            "round": [(-15.5, -14), (-13, -5), (-7, 1), (0, 3), (7, 1), (13, -5), (15.5, -14)],
            "vee": [(-16.5, -13), (-9, 6), (0, 24), (9, 6), (16.5, -13)],
            "shirt": [(-14, -13), (-7, 4), (0, 15), (7, 4), (14, -13)],
        }
        opening = openings[signer.collar]
        column = [(-13.5, -46), (-12.8, -20), *opening, (12.8, -20), (13.5, -46)]
        brush.polygon(sprite, place(column), shaded)
        edge = lit(mixed(cloth, (255, 255, 255), 0.10), 1.1)
        brush.stroke(sprite, place(opening), edge, 4)
        if signer.collar == "shirt":
            for side in (-1, 1):
                flap = [(13.5 * side, -16), (19 * side, -9), (11 * side, 13), (1 * side, 14),
                        (8 * side, 2)]  # fmt: skip
                brush.polygon(sprite, place(flap), edge)
                brush.outline(sprite, place(flap), lit(cloth, 0.6), 2)
            brush.line(sprite, *place([(0, 16), (0, 175)]), lit(cloth, 0.72), 3)
            for y in range(34, 175, 26):
                brush.dot(sprite, place([(2.5, y)])[0], 1.1, edge)
        else:
            collar_bone = lit(skin, 0.74)
            brush.line(sprite, *place([(-9, -9), (-2, -5)]), collar_bone, 2)
            brush.line(sprite, *place([(9, -9), (2, -5)]), collar_bone, 2)

    def draw(self, canvas: np.ndarray, frame: int) -> None:
        """Draw the torso on the canvas."""
        dx, dy = np.clip(self.moved[frame], -_MARGIN, _MARGIN).tolist()
        height, width = self.shape
        window = np.s_[_MARGIN - dy : _MARGIN - dy + height, _MARGIN - dx : _MARGIN - dx + width]
        cv2.copyTo(self.sprite[window], self.mask[window], canvas)


class ArmPainter:
    """Upper arms and forearms as tapered limbs with a lighter ridge."""

    def __init__(
        self, body: Body, signer: Signer, skin: Colour, cloth: Colour, light: float
    ) -> None:
        wide = body.zoom * (0.5 + 0.5 * signer.torso)
        wrists = body.hands[:, :, 0]
        self.upper = self._limb(body.shoulders, body.elbows, 12.3 * wide, 11.0 * wide)
        ends = body.elbows + (wrists - body.elbows) * max(signer.sleeves, 0.12)
        tip = 11.0 + (8.0 - 11.0) * signer.sleeves
        self.sleeve = self._limb(body.elbows, ends, 11.0 * wide, tip * wide)
        self.bare = None
        if signer.sleeves < 0.98:
            self.bare = self._limb(ends, wrists, (tip - 1.5) * wide, 6.4 * wide)
        self.cuff = self._limb(ends - 0.03 * (wrists - body.elbows), ends, tip * wide, tip * wide)
        self.wrist = self._limb(ends, wrists, 6.6 * wide, 6.4 * wide)
        self.light = light
        self.skin, self.skin_edge = lit(skin, 0.95), lit(skin, 0.6)
        self.skin_ridge = lit(skin, 1.0)
        self.cloth = lit(mixed(cloth, (255, 255, 255), 0.012), 1.02)
        self.ridge = lit(mixed(cloth, (255, 255, 255), 0.055), 1.06)
        self.edge = lit(cloth, 0.52)
        self.cuff_colour = lit(mixed(cloth, (255, 255, 255), 0.10), 1.1)

    @staticmethod
    def _limb(start: np.ndarray, end: np.ndarray, first: float, last: float) -> Limb:
        """Compute fixed-point quads [T, 2, 4, 2], ridge lines and end radii of a tapered limb."""
        along = (end - start)[..., :2]
        length = np.linalg.norm(along, axis=-1, keepdims=True)
        aside = np.stack([-along[..., 1], along[..., 0]], axis=-1) / np.maximum(length, 1e-6)
        a, b = start[..., :2], end[..., :2]
        quad = np.stack(
            [a + aside * first, b + aside * last, b - aside * last, a - aside * first], axis=2
        )
        ridge = np.stack([a + (b - a) * 0.24, a + (b - a) * 0.86], axis=2)
        ridge = ridge + np.array([-1.5, -1.5])
        return brush.fixed(quad), brush.fixed(ridge), brush.fixed(a), brush.fixed(b), first, last

    @staticmethod
    def _draw_limb(
        canvas: np.ndarray,
        limb: Limb,
        frame: int,
        side: int,
        fill: Colour,
        edge: Colour,
        ridge: Colour,
        round_start: bool = True,
        round_end: bool = True,
    ) -> None:
        quads, ridges, starts, ends, first, last = limb
        quad = quads[frame, side]
        brush.outline(canvas, quad, edge, 3)
        if round_start:
            brush.dot(canvas, starts[frame, side], first + 0.7, edge)
        if round_end:
            brush.dot(canvas, ends[frame, side], last + 0.7, edge)
            brush.dot(canvas, ends[frame, side], last, fill)
        brush.dot(canvas, starts[frame, side], first, fill)
        brush.polygon(canvas, quad, fill)
        brush.line(canvas, *ridges[frame, side], ridge, max(int(first * 1.2), 2))

    def draw_upper(self, canvas: np.ndarray, frame: int, side: int) -> None:
        """Draw an upper arm."""
        self._draw_limb(
            canvas, self.upper, frame, side, self.cloth, self.edge, self.ridge, round_start=False
        )

    def draw_forearm(self, canvas: np.ndarray, frame: int, side: int) -> None:
        """Draw a forearm with its sleeve."""
        skin = (self.skin, self.skin_edge, self.skin_ridge)
        limb = self.wrist if self.bare is None else self.bare
        self._draw_limb(canvas, limb, frame, side, *skin)
        self._draw_limb(
            canvas, self.sleeve, frame, side, self.cloth, self.edge, self.ridge, round_end=False
        )
        brush.polygon(canvas, self.cuff[0][frame, side], self.cuff_colour)
