"""Hands: a palm and five fingers of tapered segments, nearer parts over farther ones."""

from __future__ import annotations

import numpy as np

from sign2text.avatar import brush
from sign2text.avatar.body import FOCAL_LENGTH, LEFT, Body
from sign2text.avatar.brush import Colour, lit, mixed
from sign2text.avatar.signers import Signer

# Points of each finger from the knuckle (thumb: from its base), and widths of its segments.
_CHAINS = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16],
                    [17, 18, 19, 20]])  # fmt: skip
_WIDTHS = np.array([[8.2, 7.4, 6.4], [7.2, 6.6, 5.8], [7.4, 6.8, 6.0], [7.0, 6.4, 5.6],
                    [6.2, 5.6, 5.0]])  # fmt: skip
_PALM = 5
_EDGE = 1.1
"""Width of the dark line around a finger, in pixels."""
_SHADES = 12


class HandPainter:
    """A painter of a clip's hands, which computes as much as possible for all frames at once."""

    def __init__(self, body: Body, signer: Signer, skin: Colour, light: float) -> None:
        hands = body.hands  # [T, 2, 21, 3]
        near = FOCAL_LENGTH / (FOCAL_LENGTH + hands[..., 2] / body.zoom)
        scale = body.zoom * signer.hands * near[..., 9]  # [T, 2]
        self.points = brush.fixed(hands)
        chains = hands[:, :, _CHAINS]  # [T, 2, 5, 4, 3]
        steps = np.diff(chains, axis=3)
        across = hands[:, :, 5] - hands[:, :, 17]
        palmar = np.cross(across[:, :, None, None], steps)
        palmar[:, LEFT] *= -1
        size = np.linalg.norm(palmar, axis=-1)
        self.facing = -palmar[..., 2] / np.maximum(size, 1e-6)  # 1: inner side to the camera
        self.widths = brush.thickness(_WIDTHS * scale[..., None, None])
        self.edge = max(round(_EDGE * 2 * brush.SCALE * body.zoom), 2)
        self.round = brush.thickness(7.0 * scale)

        depth = chains[..., 1:, 2].mean(axis=3)  # [T, 2, 5]
        palm_points = hands[:, :, [0, 5, 9, 13, 17]]
        palm_depth = palm_points[..., 2].mean(axis=2)[..., None]
        self.order = np.argsort(-np.concatenate([depth, palm_depth], axis=2), axis=2, kind="stable")
        self.depth = hands[..., 2].mean(axis=2)
        self.palm = brush.fixed(self._palm_outline(hands))
        self.palm_facing = -body.palms[..., 2]
        crease = np.stack(
            [
                0.72 * hands[:, :, 5] + 0.28 * hands[:, :, 0] + 0.02 * across,
                0.62 * hands[:, :, 9] + 0.38 * hands[:, :, 0],
                0.66 * hands[:, :, 17] + 0.34 * hands[:, :, 0],
            ],
            axis=2,
        )
        self.crease = brush.fixed(crease)
        # Light from above on one side: a thin bright line along each finger, off its axis.
        offset = np.array([-light * 0.9, -0.6, 0.0]) * scale[..., None, None, None]
        self.shine = brush.fixed(chains + offset)
        self.shine_width = np.maximum((self.widths[..., 1] * 0.36).astype(int), 1)
        nails = chains[..., 2:3, :] + steps[..., 2:3, :] * np.array([0.45, 0.85])[:, None]
        self.nails = brush.fixed(nails)
        inner = mixed(skin, (236, 170, 150), 0.22)
        outer = lit(skin, 0.95)
        ramp = np.linspace(0, 1, _SHADES)
        self.fill = [mixed(outer, inner, share) for share in ramp]
        self.bright = [lit(colour, 1.10) for colour in self.fill]
        self.dark = lit(mixed(skin, (90, 40, 30), 0.25), 0.55)
        self.soft = lit(mixed(skin, (120, 60, 50), 0.2), 0.78)
        self.knuckle = lit(mixed(skin, (150, 70, 60), 0.12), 0.9)
        self.nail = lit(mixed(skin, (250, 205, 198), 0.55), 1.03)
        self.shades = np.clip((self.facing + 1) / 2 * _SHADES, 0, _SHADES - 1).astype(int)
        self.palm_shades = np.clip((self.palm_facing + 1) / 2 * _SHADES, 0, _SHADES - 1).astype(int)

    @staticmethod
    def _palm_outline(hands: np.ndarray) -> np.ndarray:
        """Return the palm's polygon [T, 2, 9, 3], which is rounded and widened when drawn."""
        wrist, thumb = hands[:, :, 0], hands[:, :, 1]
        across = hands[:, :, 5] - hands[:, :, 17]
        parts = [
            wrist + 0.24 * across,
            0.8 * thumb + 0.2 * wrist,
            0.45 * hands[:, :, 5] + 0.55 * thumb + 0.06 * across,
            hands[:, :, 5],
            hands[:, :, 9],
            hands[:, :, 13],
            hands[:, :, 17],
            0.5 * hands[:, :, 17] + 0.5 * wrist - 0.17 * across,
            wrist - 0.24 * across,
        ]
        return np.stack(parts, axis=2)

    def draw(self, canvas: np.ndarray, frame: int, side: int) -> None:
        """Draw one hand (side RIGHT or LEFT) of one frame."""
        for part in self.order[frame, side].tolist():
            if part == _PALM:
                self._draw_palm(canvas, frame, side)
            else:
                self._draw_finger(canvas, frame, side, part)

    def _draw_palm(self, canvas: np.ndarray, frame: int, side: int) -> None:
        points = self.palm[frame, side]
        width = int(self.round[frame, side])
        shade = int(self.palm_shades[frame, side])
        brush.outline(canvas, points, self.dark, width + self.edge)
        brush.outline(canvas, points, self.fill[shade], width)
        brush.polygon(canvas, points, self.fill[shade])
        facing = self.palm_facing[frame, side]
        if facing > 0.35:
            brush.stroke(canvas, self.crease[frame, side], self.soft, 2)
        elif facing < -0.35:
            for knuckle in (5, 9, 13, 17):
                brush.dot(canvas, self.points[frame, side, knuckle], 1.5, self.knuckle)

    def _draw_finger(self, canvas: np.ndarray, frame: int, side: int, finger: int) -> None:
        chain = self.points[frame, side, _CHAINS[finger]]
        widths = self.widths[frame, side, finger].tolist()
        shades = self.shades[frame, side, finger].tolist()
        folded = int(np.dot(chain[1] - chain[0], chain[3] - chain[2])) < 0
        for k in range(3):
            brush.line(canvas, chain[k], chain[k + 1], self.dark, widths[k] + self.edge)
        for k in range(3):
            if folded and k:
                brush.line(canvas, chain[k], chain[k + 1], self.soft, widths[k] + 2)
            brush.line(canvas, chain[k], chain[k + 1], self.fill[shades[k]], widths[k])
        shine = self.shine[frame, side, finger]
        if folded:
            brush.line(canvas, shine[2], shine[3], self.bright[shades[2]], 2)
        else:
            width = int(self.shine_width[frame, side, finger])
            brush.stroke(canvas, shine, self.bright[shades[1]], width)
        if self.facing[frame, side, finger, 2] < -0.3:
            start, end = self.nails[frame, side, finger]
            brush.line(canvas, start, end, self.nail, max(widths[2] - 5, 2))
