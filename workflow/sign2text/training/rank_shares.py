"""A batch cut for what computes it: into parts, one after the other, and over several processes.

Which clips are in a batch, and in which of its parts, does not depend on the number of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from sign2text.data.batches import BalancedBatchSampler
from sign2text.data.clips import IGNORED


class Asked(NamedTuple):
    """What a process computes at once: a part of a batch, or its share of one."""

    items: list[tuple[int, int]]
    """Pairs (clip, epoch)."""
    counts: bool
    """False where no clip was left: one is computed to stay in step, and nothing learned of it."""


class Part(NamedTuple):
    """The same, put together."""

    inputs: dict[str, torch.Tensor]
    counts: bool


class Shares(Sampler[list[Asked]]):
    """Of each batch the clips that one process computes, in parts.

    A batch is first cut between clips into `parts` with like numbers of them; one of fewer clips
    has fewer parts. The clips of a part are then dealt out to the processes in turn: since they are
    sorted by length, like numbers of steps fall to each. One that is left with no clip is given the
    first one to stay in step.
    """

    def __init__(
        self, batches: BalancedBatchSampler, parts: int = 1, process: int = 0, processes: int = 1
    ) -> None:
        self.batches, self.parts = batches, parts
        self.process, self.processes = process, processes

    def __len__(self) -> int:
        return len(self.batches)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next iteration is."""
        self.batches.set_epoch(epoch)

    def __iter__(self) -> Iterator[list[Asked]]:
        for batch in self.batches:
            rows = np.array_split(np.arange(len(batch)), min(self.parts, len(batch)))
            yield [self._share([batch[row] for row in part]) for part in rows]

    def _share(self, part: list[tuple[int, int]]) -> Asked:
        own = part[self.process :: self.processes]
        return Asked(own or part[:1], bool(own))


class Parts(Dataset):
    """Clips that are asked for in parts, each put together by `collate`."""

    def __init__(
        self, clips: Dataset, collate: Callable[[Sequence[Any]], dict[str, torch.Tensor]]
    ) -> None:
        self.clips, self.collate = clips, collate

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, asked: Asked) -> Part:
        inputs = self.collate([self.clips[item] for item in asked.items])
        if not asked.counts:
            inputs["labels"] = torch.full_like(inputs["labels"], IGNORED)
        return Part(inputs, asked.counts)
