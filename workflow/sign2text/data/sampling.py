"""Sampling of a clip's frames: one of each run, or every n-th frame from a random start."""

from __future__ import annotations

import hashlib
import math

import numpy as np


def sampled_length(frames: int, rate: float) -> int:
    """Return how many frames `sample_indices` takes from a clip of `frames` frames, at least 1.

    >>> sampled_length(116, 0.25), sampled_length(117, 0.25), sampled_length(2, 0.125)
    (29, 30, 1)
    """
    return max(1, math.ceil(round(frames * rate, 6)))


def sample_indices(frames: int, rate: float, rng: np.random.Generator | None = None) -> np.ndarray:
    """Return the indices of the sampled frames, int64 [N], rising; N = `sampled_length(...)`.

    FLa-LLM, section 4.1: one frame of each run of 1/rate.

    The clip is divided into N runs of 1/rate frames (the last may be shorter). Training takes a
    random frame of each run, evaluation (`rng=None`) the first one; the authors' follow-up C2RL
    describes this for the same pipeline.

    >>> sample_indices(10, 0.25).tolist()
    [0, 4, 8]
    """
    starts, ends = run_bounds(frames, rate)
    return starts if rng is None else rng.integers(starts, ends)


def run_bounds(frames: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the first frame of each run and the frame after its last, int64 [N] each.

    >>> [edge.tolist() for edge in run_bounds(10, 0.25)]
    [[0, 4, 8], [4, 8, 10]]
    """
    count = sampled_length(frames, rate)
    edges = np.minimum(np.floor(np.arange(count + 1) / rate + 1e-6).astype(np.int64), frames)
    return edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)


def strided_length(frames: int, stride: int, most: int | None = None) -> int:
    """Return how many frames `strided_indices` takes in evaluation, and at most in training.

    >>> strided_length(117, 2), strided_length(1000, 2, 256)
    (59, 256)
    """
    count = max(1, math.ceil(frames / stride))
    return count if most is None else min(count, most)


def strided_indices(
    frames: int,
    stride: int,
    rng: np.random.Generator | None = None,
    *,
    play: int = 4,
    most: int | None = None,
) -> np.ndarray:
    """Return the indices of every `stride`-th frame, int64 [N], rising (Sign2GPT's public code).

    Training starts at a random frame of 0 ... `play` - 1 and leaves out a random number of the last
    frames, up to `play`. If more than `most` frames remain, it takes `most` of them at random.
    Evaluation (`rng=None`) uses the whole clip, and takes evenly spaced frames if there are more
    than `most`. The public code draws them at random there too, so its results vary.

    >>> strided_indices(7, 2).tolist(), strided_indices(9, 2, most=3).tolist()
    ([0, 2, 4, 6], [0, 2, 6])
    """
    start, end = 0, frames
    if rng is not None:
        start = int(rng.integers(play))
        end = frames - int(rng.integers(play + 1))
        start = min(start, frames - 1)
        end = max(end, start + 1)
    indices = np.arange(start, end, stride)
    if most is None or len(indices) <= most:
        return indices
    if rng is None:
        return indices[np.arange(most) * len(indices) // most]
    return indices[np.sort(rng.permutation(len(indices))[:most])]


def clip_rng(seed: int, epoch: int, clip: str) -> np.random.Generator:
    """Return the random generator of one clip in one epoch.

    It depends on nothing else, so a sample does not depend on the worker or the order of reading.
    """
    digest = hashlib.blake2b(f"{seed}/{epoch}/{clip}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def crop_offset(
    size: tuple[int, int], crop: tuple[int, int], rng: np.random.Generator | None = None
) -> tuple[int, int]:
    """Return top and left of the crop, the same for all frames of a clip.

    Random in training, the centre in evaluation. `size` and `crop` are (height, width) in pixels.
    """
    room = (size[0] - crop[0], size[1] - crop[1])
    if rng is None:
        return room[0] // 2, room[1] // 2
    return int(rng.integers(room[0] + 1)), int(rng.integers(room[1] + 1))
