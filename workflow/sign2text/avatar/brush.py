"""Drawing on a canvas of twice the picture's size, so that edges are smooth after downscaling."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np

SCALE = 2
"""Canvas pixels per picture pixel in each direction."""
SHIFT = 4
Colour: TypeAlias = tuple[float, float, float]


def fixed(points: np.ndarray) -> np.ndarray:
    """Convert picture coordinates [..., 2+] to OpenCV's fixed-point canvas, int32 [..., 2]."""
    canvas = points[..., :2] * SCALE + (SCALE - 1) / 2
    return np.rint(canvas * (1 << SHIFT)).astype(np.int32, order="C")


def thickness(width: np.ndarray | float) -> np.ndarray:
    """Convert widths in picture pixels to line thickness on the canvas, at least 1."""
    return np.maximum(np.rint(np.asarray(width) * SCALE), 1).astype(int)


def polygon(canvas: np.ndarray, points: np.ndarray, colour: Colour) -> None:
    """Fill a polygon of fixed-point points [P, 2]."""
    cv2.fillPoly(canvas, [points], colour, cv2.LINE_8, SHIFT)


def outline(canvas: np.ndarray, points: np.ndarray, colour: Colour, width: int) -> None:
    """Draw the outline of a polygon of fixed-point points [P, 2]."""
    cv2.polylines(canvas, [points], True, colour, width, cv2.LINE_8, SHIFT)


def stroke(canvas: np.ndarray, points: np.ndarray, colour: Colour, width: int) -> None:
    """Draw a line along fixed-point points [P, 2]."""
    cv2.polylines(canvas, [points], False, colour, width, cv2.LINE_8, SHIFT)


def line(
    canvas: np.ndarray, start: np.ndarray, end: np.ndarray, colour: Colour, width: int
) -> None:
    """Draw a straight line with round ends between two fixed-point points (2,)."""
    a, b = start.tolist(), end.tolist()
    cv2.line(canvas, a, b, colour, width, cv2.LINE_8, SHIFT)


def dot(canvas: np.ndarray, centre: np.ndarray, radius: float, colour: Colour) -> None:
    """Fill a circle; the radius is in picture pixels."""
    size = max(int(radius * SCALE * (1 << SHIFT)), 1)
    cv2.circle(canvas, centre.tolist(), size, colour, -1, cv2.LINE_8, SHIFT)


def mixed(a: Colour, b: Colour, share: float) -> Colour:
    """Mix colours a (share 0) and b (share 1)."""
    return tuple(float(x + (y - x) * share) for x, y in zip(a, b, strict=True))


def lit(colour: Colour, factor: float) -> Colour:
    """Make a colour lighter or darker, within 0..255."""
    return tuple(float(min(max(value * factor, 0), 255)) for value in colour)
