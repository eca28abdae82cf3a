"""Vectorised geometry: rotations as quaternions (w, x, y, z), easing, smoothing, seeds."""

from __future__ import annotations

from zlib import crc32

import numpy as np


def random_stream(seed: int, *names: str) -> np.random.Generator:
    """Return a generator that depends only on the seed and the names, in every process."""
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def minimum_jerk(u: np.ndarray) -> np.ndarray:
    """Compute positions (0..1) of a reach from rest to rest at times u (Flash and Hogan, 1985)."""
    u = np.clip(u, 0.0, 1.0)
    return u**3 * (10.0 + u * (6.0 * u - 15.0))


def smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """Smooth values [T, ...]: pull each frame toward each of its two neighbours by `weight`."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    return (1 - 2 * weight) * values + weight * (padded[:-2] + padded[2:])


def slow_noise(rng: np.random.Generator, frames: int, size: int, period: float) -> np.ndarray:
    """Make smooth noise [frames, size] of about unit deviation, changing every `period` frames."""
    knots = int(frames / period) + 4
    values = rng.standard_normal((knots, size))
    at = np.arange(frames) / period + rng.random()
    first = at.astype(int)
    u = (at - first)[:, None]
    u = u * u * (3 - 2 * u)
    return (1 - u) * values[first] + u * values[first + 1]


def quaternion_of_rotation_vector(vector: np.ndarray) -> np.ndarray:
    """Convert rotation vectors [..., 3] in radians to quaternions [..., 4]."""
    angle = np.linalg.norm(vector, axis=-1, keepdims=True)
    scale = 0.5 * np.sinc(angle / (2 * np.pi))
    return np.concatenate([np.cos(angle / 2), vector * scale], axis=-1)


def quaternion_of_matrix(matrix: np.ndarray) -> np.ndarray:
    """Convert one rotation matrix (3, 3) to a quaternion (4,), by its largest component."""
    m = matrix
    squared = 0.25 * np.array(
        [
            1 + m[0, 0] + m[1, 1] + m[2, 2],
            1 + m[0, 0] - m[1, 1] - m[2, 2],
            1 - m[0, 0] + m[1, 1] - m[2, 2],
            1 - m[0, 0] - m[1, 1] + m[2, 2],
        ]
    )
    largest = int(np.argmax(squared))
    size = np.sqrt(squared[largest])
    wx, wy, wz = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]
    xy, xz, yz = m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1]
    rows = [
        (4 * squared[0], wx, wy, wz),
        (wx, 4 * squared[1], xy, xz),
        (wy, xy, 4 * squared[2], yz),
        (wz, xz, yz, 4 * squared[3]),
    ]
    return np.array(rows[largest]) / (4 * size)


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply quaternions: a after b, or b in the frame of a. Broadcasts over leading axes."""
    aw, ax, ay, az = np.moveaxis(np.asarray(a), -1, 0)
    bw, bx, by, bz = np.moveaxis(np.asarray(b), -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def matrix_of_quaternion(q: np.ndarray) -> np.ndarray:
    """Convert quaternions [..., 4] of any length to rotation matrices [..., 3, 3]."""
    w, x, y, z = np.moveaxis(q / np.linalg.norm(q, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def euler_matrix(yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """Compute rotations of the head [T, 3, 3] from angles [T] in radians.

    Positive yaw turns the face to the right of the picture, positive pitch looks down, positive
    roll tilts the crown to the right of the picture.
    """
    zero, one = np.zeros_like(yaw), np.ones_like(yaw)

    def matrix(*rows: list[np.ndarray]) -> np.ndarray:
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)

    cos, sin = np.cos(-yaw), np.sin(-yaw)
    about_y = matrix([cos, zero, sin], [zero, one, zero], [-sin, zero, cos])
    cos, sin = np.cos(pitch), np.sin(pitch)
    about_x = matrix([one, zero, zero], [zero, cos, -sin], [zero, sin, cos])
    cos, sin = np.cos(roll), np.sin(roll)
    about_z = matrix([cos, -sin, zero], [sin, cos, zero], [zero, zero, one])
    return about_z @ about_x @ about_y
