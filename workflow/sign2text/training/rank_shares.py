"""A batch cut for what computes it: into parts, one after the other, and over several processes.

Which clips are in a batch, and in which of its parts, does not depend on the number of processes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from sign2text.data.batches import BalancedBatchSampler
from sign2text.training.mixing import MixedBatchSampler

Item = tuple[int, int]
"""Number and epoch."""


class Asked(NamedTuple):
    """Items that a process computes at once: a part of a batch, or its share of one."""

    items: list[Item]
    counts: bool
    """False where no clip was left: one is computed to stay in step, and nothing learned of it."""


class Part(NamedTuple):
    """A part of a batch, put together."""

    inputs: dict[str, torch.Tensor]
    counts: bool


class Shares(Sampler[list[Asked]]):
    """The clips of each batch that one process computes, in parts.

    A batch is first cut between clips into `parts` with like numbers of them; one of fewer clips
    has fewer parts. The clips of a part are then dealt out to the processes in turn: since they are
    sorted by length, like numbers of steps fall to each. One that is left with no clip is given the
    first one to stay in step. A batch with clips of several sources is cut between these first.
    """

    def __init__(
        self,
        batches: BalancedBatchSampler | MixedBatchSampler,
        parts: int = 1,
        process: int = 0,
        processes: int = 1,
        *,
        source_of: Callable[[Item], int] | None = None,
        limit: int | None = None,
    ) -> None:
        """`limit` is the number of batches of the whole training, whatever epoch it ends in."""
        self.batches, self.parts = batches, parts
        self.process, self.processes = process, processes
        self.source_of, self.limit, self.epoch = source_of or (lambda _: 0), limit, 0

    def __len__(self) -> int:
        return len(self.batches)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next iteration is."""
        self.epoch = epoch
        self.batches.set_epoch(epoch)

    def __iter__(self) -> Iterator[list[Asked]]:
        left = None if self.limit is None else max(0, self.limit - self.epoch * len(self))
        for batch in itertools.islice(self.batches, left):
            yield [
                self._share(part)
                for _, items in itertools.groupby(batch, self.source_of)
                for part in self._cut(list(items))
            ]

    def _cut(self, batch: list[Item]) -> list[list[Item]]:
        rows = np.array_split(np.arange(len(batch)), min(self.parts, len(batch)))
        return [[batch[row] for row in part] for part in rows]

    def _share(self, part: list[Item]) -> Asked:
        own = part[self.process :: self.processes]
        return Asked(own or part[:1], bool(own))


class Parts(Dataset):
    """Clips read part by part, each part put together by `collate`."""

    def __init__(
        self, clips: Dataset, collate: Callable[[Sequence[Any]], dict[str, torch.Tensor]]
    ) -> None:
        self.clips, self.collate = clips, collate

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, asked: Asked) -> Part:
        return Part(self.collate([self.clips[item] for item in asked.items]), asked.counts)
