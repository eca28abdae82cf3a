"""The head: hair, face with its shading, brows, eyes with gaze and lids, nose, mouth."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from sign2text.avatar import brush
from sign2text.avatar.body import Body
from sign2text.avatar.brush import Colour, lit, mixed
from sign2text.avatar.hair import hair_model, rounded
from sign2text.avatar.head import CONTOUR, FACE_INDEX
from sign2text.avatar.signers import Signer

Tone: TypeAlias = Callable[[Colour], Colour]
"""Function that gives a colour the clip's light."""


def _rows(*names: str) -> list[int]:
    return [FACE_INDEX[name] for name in names]


_EYE = {
    side: _rows(*(f"{name}_{side}" for name in ("eye_outer", "lid_up_out", "lid_up", "lid_up_in",
                  "eye_inner", "lid_low_in", "lid_low", "lid_low_out")))
    for side in "rl"
}  # fmt: skip
_BROW = {side: _rows(f"brow_in_{side}", f"brow_mid_{side}", f"brow_out_{side}") for side in "rl"}
_UPPER_LIP = _rows("corner_r", "lip_up_side_r", "lip_up_r", "lip_up", "lip_up_l", "lip_up_side_l",
                   "corner_l", "inner_up_side_l", "inner_up_l", "inner_up", "inner_up_r",
                   "inner_up_side_r")  # fmt: skip
_LOWER_LIP = _rows("corner_r", "inner_low_r", "inner_low", "inner_low_l", "corner_l",
                   "lip_low_side_l", "lip_low", "lip_low_side_r")  # fmt: skip
_MOUTH = _rows("corner_r", "inner_up_side_r", "inner_up_r", "inner_up", "inner_up_l",
               "inner_up_side_l", "corner_l", "inner_low_l", "inner_low",
               "inner_low_r")  # fmt: skip
_MOUTH_LINE = _rows("corner_r", "inner_low_r", "inner_low", "inner_low_l", "corner_l")
_NOSE_BASE = _rows("ala_r", "nostril_r", "nose_base", "nostril_l", "ala_l")


_GLINT = np.array([-20, -24], dtype=np.int32)
"""Position of the glint on an eye relative to the iris, in sixteenths of a canvas pixel."""


class HeadPainter:
    """A painter of the head in each frame of a clip."""

    def __init__(self, body: Body, signer: Signer, skin: Colour, tone: Tone, light: float) -> None:
        self.signer, self.light = signer, light
        zoom = self.zoom = body.zoom * signer.head
        face = body.face[..., :2]
        self.face = brush.fixed(face)
        contour = face[:, CONTOUR]
        self.contour = brush.fixed(rounded(contour))
        middle = face[:, [FACE_INDEX["nose_root"]]]
        lower = middle + (contour - middle) * np.array([0.86, 0.9])
        self.inner = brush.fixed(rounded(lower + np.array([2.6 * light, -1.0]) * zoom))
        self.cheeks = brush.fixed(face[:, _rows("cheek_r", "cheek_l")])
        self.ears = brush.fixed(face[:, _rows("face_side_r", "face_side_l")] + np.array([0, -4.0]))
        chin = face[:, [FACE_INDEX["chin"]]]
        under = np.array([(-15, -9), (15, -9), (11.5, 3), (5, 9), (-5, 9), (-11.5, 3)]) * zoom
        self.under_chin = brush.fixed(0.6 * chin + 0.4 * (body.neck[:, None, :2] - [0, 12]) + under)
        lids = {side: face[:, _EYE[side][:5]] for side in "rl"}
        raised = np.array([[0, -1.6], [0, -3.0], [0, -3.4], [0, -3.0], [0, -1.6]]) * zoom
        self.lids = {
            side: brush.fixed(np.concatenate([lid, (lid + raised)[:, ::-1]], axis=1))
            for side, lid in lids.items()
        }
        lows = {side: face[:, [*_EYE[side][4:], _EYE[side][0]]] for side in "rl"}
        self.low_lids = {
            side: brush.fixed(
                np.concatenate([low, (low + np.array([0, 3.0]) * zoom)[:, ::-1]], axis=1)
            )
            for side, low in lows.items()
        }
        self.openness = {
            side: (
                face[:, FACE_INDEX[f"lid_low_{side}"], 1] - face[:, FACE_INDEX[f"lid_up_{side}"], 1]
            )
            / zoom
            for side in "rl"
        }
        mouth = face[:, FACE_INDEX["inner_low"], 1] - face[:, FACE_INDEX["inner_up"], 1]
        self.mouth_open = mouth / zoom
        teeth = face[:, _rows("inner_up_side_r", "inner_up", "inner_up_side_l")]
        self.teeth = brush.fixed(teeth + np.array([0, 1.0]) * zoom)
        root, tip, base = (face[:, FACE_INDEX[n]] for n in ("nose_root", "nose_tip", "nose_base"))
        aside = np.array([-3.2 * light, 0.0]) * zoom
        self.nose = brush.fixed(
            np.stack([root + aside, 0.5 * (root + tip) + aside, tip + 1.3 * aside], 1)
        )
        self.nose_shine = brush.fixed(
            np.stack([0.4 * root + 0.6 * tip, tip], 1) - 0.2 * aside[None]
        )
        self.nose_under = brush.fixed(base + np.array([0, 1.2]) * zoom)
        beside = np.array([[1.5, 0.5], [3.5, -1.5]]) * zoom
        self.smile_lines = {
            side: brush.fixed(
                face[:, _rows(f"ala_{side}", f"corner_{side}")] + beside * np.array([sign, 1])
            )
            for side, sign in (("r", -1), ("l", 1))
        }
        self.puff = body.puff
        boxes = brush.SCALE * np.stack([contour.min(axis=1), contour.max(axis=1)], axis=1)
        self.boxes = np.rint(boxes).astype(int)
        self.hair = [
            (brush.fixed(polygon), layer)
            for polygon, (_, layer) in zip(
                body.hair, hair_model(signer.hair_style, signer.beard), strict=True
            )
        ]
        crown = face[:, _rows("outline_r3", "outline_r1", "outline_l2")]
        self.strands = brush.fixed(crown + np.array([-1.0 * light, -3.4]) * zoom)
        self._mix_colours(signer, skin, tone)

    def _mix_colours(self, signer: Signer, skin: Colour, tone: Tone) -> None:
        self.skin = skin
        self.shade = lit(mixed(skin, (110, 60, 50), 0.10), 0.84)
        self.soft = mixed(skin, self.shade, 0.55)
        self.edge = lit(mixed(skin, (80, 40, 30), 0.2), 0.62)
        self.light_skin = lit(skin, 1.06)
        self.blush = mixed(skin, tone((226, 120, 108)), 0.20)
        self.lid = lit(mixed(skin, (120, 70, 60), 0.12), 0.90)
        self.hair_colour = tone(signer.hair)
        self.hair_dark = lit(self.hair_colour, 0.66)
        self.hair_light = lit(mixed(self.hair_colour, (255, 236, 214), 0.12), 1.12)
        self.brow = lit(mixed(self.hair_colour, tone((50, 34, 26)), 0.55), 0.85)
        self.white = tone((240, 236, 232))
        self.iris = tone(signer.eyes)
        self.dark = tone((22, 16, 16))
        self.lips = tone(signer.lips)
        self.upper_lip = lit(self.lips, 0.86)
        self.lip_line = lit(self.lips, 0.5)
        self.mouth = tone((70, 22, 24))
        self.teeth_colour = tone((232, 226, 216))
        self.beard = mixed(self.hair_colour, skin, 0.16)

    def _below(self, pixels: float) -> np.ndarray:
        """Return a fixed-point step downward, given in pixels of the average signer's face."""
        return np.array([0, int(pixels * self.zoom * (brush.SCALE << brush.SHIFT))], dtype=np.int32)

    def draw_behind(self, canvas: np.ndarray, frame: int) -> None:
        """Draw the hair that falls behind the neck."""
        for polygons, layer in self.hair:
            if layer == 0:
                brush.polygon(canvas, polygons[frame], self.hair_dark)

    def draw(self, canvas: np.ndarray, frame: int) -> None:
        """Draw the head except for the hair behind it."""
        self._draw_skin(canvas, frame)
        face = self.face[frame]
        for side in "rl":
            brush.line(canvas, *self.smile_lines[side][frame], self.soft, 2)
        brush.dot(canvas, face[FACE_INDEX["under_lip"]], 2.2 * self.zoom, self.soft)
        for polygons, layer in self.hair:
            if layer == 2:
                brush.polygon(canvas, polygons[frame], self.beard)
        for side in "rl":
            self._draw_eye(canvas, frame, side)
        self._draw_nose(canvas, frame)
        self._draw_mouth(canvas, frame)
        for side in "rl":
            width = max(int(2.3 * brush.SCALE * self.zoom), 2)
            brow = face[_BROW[side]]
            brush.stroke(canvas, brow, self.brow, width - 1)
            brush.line(canvas, brow[0], brow[1], self.brow, width)
        for polygons, layer in self.hair:
            if layer == 1:
                brush.polygon(canvas, polygons[frame], self.hair_colour)
                brush.outline(canvas, polygons[frame], self.hair_dark, 1)
        if self.signer.hair_style != "bald":
            brush.stroke(canvas, self.strands[frame], self.hair_light, 4)
        if self.signer.glasses:
            self._draw_glasses(canvas, face)
        if self.signer.earrings:
            for ear in self.ears[frame]:
                brush.dot(canvas, ear + self._below(9), 1.5, (214, 190, 120))

    def _draw_skin(self, canvas: np.ndarray, frame: int) -> None:
        brush.polygon(canvas, self.under_chin[frame], lit(self.shade, 0.84))
        for ear in self.ears[frame]:
            brush.dot(canvas, ear, 4.6 * self.zoom, self.edge)
            brush.dot(canvas, ear, 4.0 * self.zoom, self.shade)
        brush.polygon(canvas, self.contour[frame], self.shade)
        brush.polygon(canvas, self.inner[frame], self.skin)
        puff = float(self.puff[frame])
        for cheek in self.cheeks[frame]:
            brush.dot(canvas, cheek, 5.0 * self.zoom, self.blush)
            if puff > 0.2:
                brush.dot(canvas, cheek + self._below(4), 6.5 * puff, self.light_skin)
        self._soften(canvas, frame)
        brush.outline(canvas, self.contour[frame], self.edge, 2)

    def _soften(self, canvas: np.ndarray, frame: int) -> None:
        """Blur the skin tones within the face's outline."""
        (left, top), (right, bottom) = np.maximum(self.boxes[frame], 0).tolist()
        area = canvas[top:bottom, left:right]
        if area.size == 0:
            return
        inside = np.zeros(area.shape[:2], np.uint8)
        corner = np.array([left, top], dtype=np.int32) << brush.SHIFT
        brush.polygon(inside, self.contour[frame] - corner, 255)
        cv2.copyTo(cv2.blur(area, (11, 11)), inside, area)

    def _draw_eye(self, canvas: np.ndarray, frame: int, side: str) -> None:
        face = self.face[frame]
        eye = face[_EYE[side]]
        if self.openness[side][frame] > 1.2:
            brush.polygon(canvas, eye, self.white)
            iris = face[FACE_INDEX[f"iris_{side}"]]
            brush.dot(canvas, iris, 2.9 * self.zoom, self.iris)
            brush.dot(canvas, iris, 1.5 * self.zoom, self.dark)
            brush.dot(canvas, iris + _GLINT, 0.6, (250, 250, 250))
        brush.polygon(canvas, self.lids[side][frame], self.lid)
        brush.polygon(canvas, self.low_lids[side][frame], self.skin)
        brush.stroke(canvas, eye[:5], self.dark, max(int(1.5 * brush.SCALE * self.zoom), 2))
        brush.stroke(canvas, eye[[4, 5, 6, 7, 0]], self.edge, 1)

    def _draw_nose(self, canvas: np.ndarray, frame: int) -> None:
        face = self.face[frame]
        brush.stroke(canvas, self.nose[frame], self.shade, 3)
        brush.line(canvas, *self.nose_shine[frame], self.light_skin, 5)
        brush.dot(canvas, self.nose_under[frame], 1.6 * self.zoom, self.shade)
        brush.stroke(canvas, face[_NOSE_BASE], lit(self.edge, 0.95), 2)
        for side in "rl":
            brush.dot(canvas, face[FACE_INDEX[f"nostril_{side}"]], 0.9, lit(self.edge, 0.6))

    def _draw_mouth(self, canvas: np.ndarray, frame: int) -> None:
        face = self.face[frame]
        brush.polygon(canvas, face[_LOWER_LIP], self.lips)
        opening = self.mouth_open[frame]
        if opening > 1.4:
            brush.polygon(canvas, face[_MOUTH], self.mouth)
            if opening > 2.4:
                brush.stroke(canvas, self.teeth[frame], self.teeth_colour, 4)
        brush.polygon(canvas, face[_UPPER_LIP], self.upper_lip)
        if opening <= 1.4:
            brush.stroke(canvas, face[_MOUTH_LINE], self.lip_line, 2)

    def _draw_glasses(self, canvas: np.ndarray, face: np.ndarray) -> None:
        frame = (44, 40, 40)
        sides = [face[_rows(f"eye_outer_{s}", f"eye_inner_{s}")].mean(axis=0) for s in "rl"]
        for centre in sides:
            middle = np.rint(centre).astype(int).tolist()
            size = int(8.2 * self.zoom * 32)
            cv2.ellipse(
                canvas, [m // 16 for m in middle], (size // 16, int(size / 16 * 0.85)), 0, 0, 360,
                frame, 3,
            )  # fmt: skip
        reach = np.array([int(8.0 * self.zoom * 32), 0])
        brush.line(canvas, (sides[0] + reach).astype(int), (sides[1] - reach).astype(int), frame, 3)
        for side, centre, sign in (("r", sides[0], -1), ("l", sides[1], 1)):
            ear = face[FACE_INDEX[f"face_side_{side}"]] - self._below(8)
            brush.line(canvas, (centre + sign * reach).astype(int), ear, frame, 2)
