"""Rotate and mirror pictures by a container's display matrix; all readers use this function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from av import VideoFrame


def upright(picture: np.ndarray, frame: VideoFrame) -> np.ndarray:
    """Return the picture of a frame as players show it, [H, W, 3] contiguous.

    The matrix has 3 x 3 numbers, a b u / c d v / x y w, and maps the pixel (x, y) to
    (ax + cy, bx + dy) (ISO/IEC 14496-12, section 8.3.2). Phones write only multiples of 90 degrees;
    other angles are rounded to the nearest of the eight orientations. Scales are ignored.
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return picture
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        picture, right, down = picture.swapaxes(0, 1), c, b
    else:
        right, down = a, d
    if right < 0:
        picture = picture[:, ::-1]
    if down < 0:
        picture = picture[::-1]
    return np.ascontiguousarray(picture)
