"""Hair styles as polygons around the head, in head.py's coordinates for the average signer."""

from __future__ import annotations

from functools import cache

import numpy as np

_CROWN = [(-26.5, 3), (-27.5, -9), (-25.5, -22), (-19, -32.5), (-10, -38), (0, -39.8), (10, -38),
          (19, -32.5), (25.5, -22), (27.5, -9), (26.5, 3)]  # fmt: skip
# Hairlines run back from the signer's left to the right.
_HAIRLINES = {
    "middle": [(23, 1), (22, -9), (17, -18), (8, -24), (0, -27), (-8, -24), (-17, -18), (-22, -9),
               (-23, 1)],
    "side": [(22.8, 1), (22, -9), (20, -17), (13, -24.5), (8, -27), (-2, -22), (-14, -17.5),
             (-21, -11), (-22.8, 1)],
    "high": [(23, -2), (21.5, -13), (16, -23), (7, -27), (-3, -26), (-12, -25), (-18, -20),
             (-21.5, -13), (-23, -2)],
    "fringe": [(23, 1), (22, -8), (20, -13.5), (12, -15.5), (4, -15), (-4, -15.5), (-13, -15),
               (-20, -13), (-22, -8), (-23, 1)],
}  # fmt: skip
_LONG = [(-27, -16), (-29, 4), (-30, 24), (-31, 46), (-26, 62), (-14, 62), (0, 50), (14, 62),
         (26, 62), (31, 46), (30, 24), (29, 4), (27, -16), (14, -36), (-14, -36)]  # fmt: skip
_BOB = [(-27, -16), (-29.5, 4), (-30.5, 22), (-26, 34), (-12, 35), (12, 35), (26, 34), (30.5, 22),
        (29.5, 4), (27, -16), (14, -36), (-14, -36)]  # fmt: skip
_TAIL = [(6, -30), (30, -24), (38, -2), (36, 30), (30, 44), (26, 26), (24, 0), (16, -18)]
_SIDES = [[(-22, -18), (-26, -12), (-26.5, 0), (-24, 6), (-22.5, 0), (-22, -9)],
          [(22, -18), (26, -12), (26.5, 0), (24, 6), (22.5, 0), (22, -9)]]  # fmt: skip


def _disc(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    return [(x + width * np.cos(a), y + height * np.sin(a)) for a in turn]


def _cap(hairline: str, lower: float = 0.0) -> list[tuple[float, float]]:
    outer = [(x, y + (lower if y > 0 else 0)) for x, y in _CROWN]
    inner = [(x, y + (lower if y > 0 else 0)) for x, y in _HAIRLINES[hairline]]
    return outer + inner


def _curls() -> list[tuple[float, float]]:
    turn = np.linspace(0, 2 * np.pi, 44, endpoint=False)
    bump = 1 + 0.055 * np.cos(11 * turn)
    return [(32 * b * np.sin(a), -10 - 34 * b * np.cos(a)) for a, b in zip(turn, bump, strict=True)]


# Style -> polygons behind the head, polygons in front of it.
_STYLES: dict[str, tuple[list, list]] = {
    "bun": ([_disc(15, 6, 17, 14), _disc(0, -12, 26, 27)], [_cap("side")]),
    "short": ([], [_cap("high")]),
    "curly": ([_curls()], [_cap("middle", 4)]),
    "bob": ([_BOB], [_cap("side", 16)]),
    "long": ([_LONG], [_cap("middle", 14)]),
    "bald": ([], _SIDES),
    "fringe": ([_BOB], [_cap("fringe", 12)]),
    "ponytail": ([_TAIL], [_cap("high", 2)]),
}  # fmt: skip
BEARD = [(-23.6, 4), (-22.6, 13), (-19.4, 22.5), (-13, 31), (-6, 35.4), (0, 36), (6, 35.4),
         (13, 31), (19.4, 22.5), (22.6, 13), (23.6, 4), (21, 9), (17, 15), (10, 14.5), (4, 14.4),
         (0, 15), (-4, 14.4), (-10, 14.5), (-17, 15), (-21, 9)]  # fmt: skip


def rounded(polygon: np.ndarray, times: int = 2) -> np.ndarray:
    """Round closed polygons [..., P, D] by cutting corners (Chaikin), [..., P * 2**times, D]."""
    for _ in range(times):
        after = np.roll(polygon, -1, axis=-2)
        pairs = np.stack([0.75 * polygon + 0.25 * after, 0.25 * polygon + 0.75 * after], axis=-2)
        polygon = pairs.reshape(*polygon.shape[:-2], -1, polygon.shape[-1])
    return polygon


@cache
def hair_model(style: str, beard: bool) -> tuple[tuple[np.ndarray, int], ...]:
    """Return a style's polygons [P, 3] and layers: 0 behind the head, 1 in front, 2 beard."""
    behind, before = _STYLES[style]
    layers = [(p, 0, 9.0) for p in behind] + [(p, 1, -9.0) for p in before]
    if beard:
        layers.append((BEARD, 2, -16.0))
    model = []
    for polygon, layer, z in layers:
        flat = rounded(np.array(polygon, dtype=np.float64))
        model.append((np.column_stack([flat, np.full(len(flat), z)]), layer))
    return tuple(model)
