"""Batches of similar length: little padding, as many in every epoch, but different ones."""

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
"""Signals that reader processes leave to the training process."""

JITTER = 0.03  # maximum relative change of the clips' lengths before sorting by length


class BalancedBatchSampler(Sampler[list[tuple[int, int]]]):
    """Sampler of batches with equal sums of steps, from clips of similar length.

    Every epoch has ceil(clips / batch_size) batches, so `batch_size` is the mean number of clips
    in a batch: a batch of long clips holds fewer, one of short clips more. Items are pairs
    (clip, epoch), since the random choices of a sample depend on the epoch.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.batches = max(1, math.ceil(len(self.lengths) / batch_size))
        self.seed, self.epoch = seed, 0

    def __len__(self) -> int:
        return self.batches

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next iteration."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        groups = balanced(self.lengths, self.batches, rng)
        for number in rng.permutation(self.batches):
            yield [(int(clip), self.epoch) for clip in groups[number]]


def balanced(lengths: np.ndarray, batches: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Divide clips into batches with equal sums of steps, from clips of similar length.

    Args:
        lengths: int64 [M], number of steps of each clip.
        batches: number of batches, at most M; each gets at least one clip.

    Returns:
        an index array per batch.
    """
    noisy = lengths * rng.uniform(1 - JITTER, 1 + JITTER, len(lengths))
    order = np.lexsort((rng.random(len(noisy)), noisy))
    # Batch b takes the clips with their middle in the b-th share of all steps. Then each batch
    # gets at least one clip, even where one long clip would skip a batch.
    ends = np.cumsum(lengths[order])
    middle = ends - lengths[order] / 2
    batch = np.minimum((middle * batches / ends[-1]).astype(np.int64), batches - 1)
    ranks = np.arange(len(order))
    batch = np.maximum(batch, ranks - len(order) + batches)
    batch = np.minimum.accumulate(np.minimum(batch, ranks) - ranks) + ranks
    return [order[batch == number] for number in range(batches)]


class EpochDataLoader(DataLoader):
    """Loader that passes the epoch on to its batch sampler.

    Each epoch starts new workers, and the epoch is part of each requested item, so the items do not
    depend on any state of a worker.
    """

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch; the training loop calls this before each epoch."""
        self.batch_sampler.set_epoch(epoch)


class _Worker(ForkProcess):
    """Worker started with signals blocked: they would kill it before `_begin_worker` runs."""

    def start(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, LEFT_TO_TRAINING)
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Workers(ForkContext):
    """Fork context, so that workers need not open and index a store again."""

    Process = _Worker


def reading_by(workers: int) -> dict[str, Any]:
    """Build a loader's arguments for `workers` reader processes; 0: the training process reads."""
    settings: dict[str, Any] = {"num_workers": workers, "pin_memory": torch.cuda.is_available()}
    if workers:
        import cv2

        # Here and not in the workers: OpenCV's threads do not survive a fork, and a process that
        # inherits their pool waits for them forever.
        cv2.setNumThreads(1)
        # A context and not a loader class: to resume within an epoch, the library creates its own
        # loader, which keeps these arguments.
        settings |= {"worker_init_fn": _begin_worker, "multiprocessing_context": _Workers()}
    return settings


def _begin_worker(_: int) -> None:
    """Leave signals to the training process.

    A cluster or a terminal sends SIGTERM or SIGINT to all processes of a job. The training process
    finishes its step and saves its state, for which it needs the batches in preparation.
    """
    for number in LEFT_TO_TRAINING:
        signal.signal(number, signal.SIG_IGN)


def batches_by_length(lengths: Sequence[int] | np.ndarray, budget: int) -> list[np.ndarray]:
    """Divide the clips, longest first, into batches of at most `budget` padded steps.

    For evaluation. Returns index arrays; a clip longer than the budget is alone in its batch.
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
    """Convert concatenated clips to a padded batch.

    Args:
        flat: [sum(N), C], the clips' steps.
        lengths: int64 [B], number of steps of each clip.

    Returns:
        padded [B, max(N), C] with zeros after each clip's end, and its mask, bool [B, max(N)].
    """
    steps = torch.arange(int(lengths.max()), device=flat.device)
    mask = steps[None, :] < lengths.to(flat.device)[:, None]
    padded = flat.new_zeros(*mask.shape, flat.shape[-1])
    padded[mask] = flat
    return padded, mask
