"""Which frames of a clip are used: one of each run of 1/rate (FLa-LLM, section 4.1)."""

from __future__ import annotations

import hashlib
import math

import numpy as np


def sampled_length(frames: int, rate: float) -> int:
    """Number of frames that `sample_indices` takes from a clip of `frames` frames, at least 1.

    >>> sampled_length(116, 0.25), sampled_length(117, 0.25), sampled_length(2, 0.125)
    (29, 30, 1)
    """
    return max(1, math.ceil(round(frames * rate, 6)))


def sample_indices(frames: int, rate: float, rng: np.random.Generator | None = None) -> np.ndarray:
    """Indices of the sampled frames, int64 [N], rising, with N = `sampled_length(frames, rate)`.

    The clip is cut into N runs of 1/rate frames (the last may be shorter). Training takes a frame
    at random from each run, evaluation (`rng=None`) the first one; the authors' follow-up C2RL
    says so of the same pipeline.

    >>> sample_indices(10, 0.25).tolist()
    [0, 4, 8]
    """
    starts, ends = run_bounds(frames, rate)
    return starts if rng is None else rng.integers(starts, ends)


def run_bounds(frames: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """First frame of each run and the one behind its last, int64 [N] each.

    >>> [edge.tolist() for edge in run_bounds(10, 0.25)]
    [[0, 4, 8], [4, 8, 10]]
    """
    count = sampled_length(frames, rate)
    edges = np.minimum(np.floor(np.arange(count + 1) / rate + 1e-6).astype(np.int64), frames)
    return edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)


def clip_rng(seed: int, epoch: int, clip: str) -> np.random.Generator:
    """Random generator of one clip in one epoch.

    It depends on nothing else, so a sample is the same whatever worker reads it and in what order.
    """
    digest = hashlib.blake2b(f"{seed}/{epoch}/{clip}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def crop_offset(
    size: tuple[int, int], crop: tuple[int, int], rng: np.random.Generator | None = None
) -> tuple[int, int]:
    """Top and left of the crop, the same for all frames of a clip.

    At random in training, the centre in evaluation. `size` and `crop` are (height, width) in
    pixels.
    """
    room = (size[0] - crop[0], size[1] - crop[1])
    if rng is None:
        return room[0] // 2, room[1] // 2
    return int(rng.integers(room[0] + 1)), int(rng.integers(room[1] + 1))
