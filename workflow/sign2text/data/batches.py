"""Batches of like length: little padding, the same number each epoch, other ones each epoch."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator, Sequence
from multiprocessing.context import ForkContext, ForkProcess
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

LEFT_TO_TRAINING = (signal.SIGTERM, signal.SIGINT)
"""Signals that the processes which read leave to the one that trains."""

JITTER = 0.03  # how far a clip's length is shifted, relatively, before the clips are sorted by it


class BalancedBatchSampler(Sampler[list[tuple[int, int]]]):
    """Batches with equal sums of steps, made of clips of like length.

    Every epoch has ceil(clips / batch_size) batches, so `batch_size` is the mean number of clips
    in a batch: a batch of long clips holds fewer, one of short clips more. Items are pairs
    (clip, epoch), because what is random about a sample depends on the epoch.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.batches = max(1, math.ceil(len(self.lengths) / batch_size))
        self.seed, self.epoch = seed, 0

    def __len__(self) -> int:
        return self.batches

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next iteration is."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        groups = balanced(self.lengths, self.batches, rng)
        for number in rng.permutation(self.batches):
            yield [(int(clip), self.epoch) for clip in groups[number]]


def balanced(lengths: np.ndarray, batches: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Cut clips into batches with equal sums of steps, made of clips of like length.

    Args:
        lengths: int64 [M], steps of each clip.
        batches: at most M; each gets at least one clip.

    Returns:
        an index array for each batch.
    """
    noisy = lengths * rng.uniform(1 - JITTER, 1 + JITTER, len(lengths))
    order = np.lexsort((rng.random(len(noisy)), noisy))
    # A clip goes into the batch in whose share of all steps its middle lies. Then each batch is
    # given at least one clip, also where one long clip would skip a batch.
    ends = np.cumsum(lengths[order])
    middle = ends - lengths[order] / 2
    batch = np.minimum((middle * batches / ends[-1]).astype(np.int64), batches - 1)
    ranks = np.arange(len(order))
    batch = np.maximum(batch, ranks - len(order) + batches)
    batch = np.minimum.accumulate(np.minimum(batch, ranks) - ranks) + ranks
    return [order[batch == number] for number in range(batches)]


class EpochDataLoader(DataLoader):
    """A loader that passes the epoch on to its batch sampler.

    Workers are begun anew each epoch, and the epoch is a part of each item that they are asked for:
    what they give depends on nothing that they remember.
    """

    def set_epoch(self, epoch: int) -> None:
        """Called by the training loop before each epoch."""
        self.batch_sampler.set_epoch(epoch)


class _Worker(ForkProcess):
    """Begins with the signals blocked that would end it before _begin_worker has been called."""

    def start(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, LEFT_TO_TRAINING)
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Workers(ForkContext):
    """Forked, so that a store is not opened and indexed again by each of them."""

    Process = _Worker


def reading_by(workers: int) -> dict[str, Any]:
    """A loader's arguments for that many processes that read; 0: the training process itself."""
    settings: dict[str, Any] = {"num_workers": workers, "pin_memory": torch.cuda.is_available()}
    if workers:
        import cv2

        # Here and not in the workers: OpenCV's threads do not live on in a forked process, and one
        # that has inherited their pool waits for them for ever.
        cv2.setNumThreads(1)
        # By the context and not by a loader of ours: the library makes one of its own to go on in
        # the middle of an epoch, and takes these arguments along.
        settings |= {"worker_init_fn": _begin_worker, "multiprocessing_context": _Workers()}
    return settings


def _begin_worker(_: int) -> None:
    """Leave signals to the training process.

    A cluster or a terminal sends SIGTERM or SIGINT to all processes of a job. The training process
    finishes its step and saves its state, for which it needs the batches that are under way.
    """
    for number in LEFT_TO_TRAINING:
        signal.signal(number, signal.SIG_IGN)


def batches_by_length(lengths: Sequence[int] | np.ndarray, budget: int) -> list[np.ndarray]:
    """Cut the clips, longest first, into batches of at most `budget` padded steps (for evaluation).

    Returns index arrays; a clip that is longer than the budget is a batch of its own.
    """
    order = np.argsort(-np.asarray(lengths), kind="stable")
    batches: list[np.ndarray] = []
    start = 0
    while start < len(order):
        longest = max(1, int(lengths[order[start]]))
        count = max(1, budget // longest)
        batches.append(order[start : start + count])
        start += count
    return batches


def pad_flat(flat: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Lay out clips that lie one behind the other as a padded batch.

    Args:
        flat: [sum(N), C], the clips' steps.
        lengths: int64 [B], steps of each clip.

    Returns:
        padded [B, max(N), C] with zeros behind each clip's end, and its mask, bool [B, max(N)].
    """
    steps = torch.arange(int(lengths.max()), device=flat.device)
    mask = steps[None, :] < lengths.to(flat.device)[:, None]
    padded = flat.new_zeros(*mask.shape, flat.shape[-1])
    padded[mask] = flat
    return padded, mask
