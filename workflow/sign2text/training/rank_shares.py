"""Shares of a batch: parts that are computed one after the other, divided among ranks.

The clips of a batch, and of each of its parts, do not depend on the number of ranks.
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
    """Items that a rank computes at once: a part of a batch, or its share of that part."""

    items: list[Item]
    counts: bool
    """False if no clip was left: the rank computes one only to stay in step."""


class Part(NamedTuple):
    """A collated part of a batch."""

    inputs: dict[str, torch.Tensor]
    counts: bool


class Shares(Sampler[list[Asked]]):
    """One rank's clips of each batch, in parts.

    A batch is first divided into `parts` with similar numbers of clips; a batch with fewer clips
    has fewer parts. The clips of a part are then dealt to the ranks one by one: since they are
    sorted by length, the ranks get similar numbers of steps. A rank without a clip gets the first
    one, to stay in step. Parts never mix clips of several sources.
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
        """Stop after `limit` batches in the whole training, even within an epoch."""
        self.batches, self.parts = batches, parts
        self.process, self.processes = process, processes
        self.source_of, self.limit, self.epoch = source_of or (lambda _: 0), limit, 0

    def __len__(self) -> int:
        return len(self.batches)

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next iteration."""
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
    """Clips read part by part; `collate` collates each part."""

    def __init__(
        self, clips: Dataset, collate: Callable[[Sequence[Any]], dict[str, torch.Tensor]]
    ) -> None:
        self.clips, self.collate = clips, collate

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, asked: Asked) -> Part:
        return Part(self.collate([self.clips[item] for item in asked.items]), asked.counts)
