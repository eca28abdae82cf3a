"""Several sources of training items, mixed in proportion: tasks of one model, or corpora."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from sign2text.data.batches import balanced

Item = tuple[int, int]
"""An item's number, and the pass over its source in which it is read."""


@dataclass(frozen=True)
class Source:
    """Items of one kind with their `lengths`, indexed by (number, pass)."""

    items: Dataset
    collate: Callable[[Sequence[Any]], dict[str, torch.Tensor]]
    share: float
    """Share of the items in a batch, relative to the other sources' shares."""
    group: str | None = None
    """Sources of one group share micro-batches, collated by the first of them; None: alone."""


class Mixture(Dataset):
    """Items of several sources, numbered consecutively; a micro-batch has items of one group."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        """Combine sources; an epoch is one pass over the first, and shares set the others' items.

        Raises:
            ValueError: a source is empty, or its share is not above zero.
        """
        for name, source in sources.items():
            if source.share <= 0 or not len(source.items):
                raise ValueError(
                    f"source '{name}': {len(source.items)} items with a share of {source.share}, "
                    "expected at least one item and a share above 0. Leave the source out."
                )
        self.sources = list(sources.values())
        sizes = [len(source.items) for source in self.sources]
        self.ends = np.cumsum(sizes)
        self.lengths = [length for source in self.sources for length in source.items.lengths]
        names = [source.group or number for number, source in enumerate(self.sources)]
        order = [*dict.fromkeys(names)]
        self.group_numbers = [order.index(name) for name in names]
        """Number of each source's group."""

    def __len__(self) -> int:
        return int(self.ends[-1])

    def source_of(self, item: Item) -> int:
        """Return the number of the source of an item."""
        return int(np.searchsorted(self.ends, item[0], side="right"))

    def group_of(self, item: Item) -> int:
        """Return the number of the group of an item's source."""
        return self.group_numbers[self.source_of(item)]

    def __getitem__(self, item: Item) -> tuple[int, Any]:
        source = self.source_of(item)
        start = self.start(source)
        return source, self.sources[source].items[item[0] - start, item[1]]

    def start(self, source: int) -> int:
        """Return the number of the first item of a source."""
        return int(self.ends[source - 1]) if source else 0

    def collate(self, items: Sequence[tuple[int, Any]]) -> dict[str, torch.Tensor]:
        """Collate items of one group."""
        (group,) = {self.group_numbers[source] for source, _ in items}
        first = self.sources[self.group_numbers.index(group)]
        return first.collate([item for _, item in items])

    def batches(self, batch_size: int, seed: int) -> MixedBatchSampler:
        """Return the mixture's batch sampler."""
        return MixedBatchSampler(self, batch_size, seed)


class MixedBatchSampler(Sampler[list[Item]]):
    """Batches with items of all sources by their shares, group by group, with similar lengths.

    Sources of one group are drawn together, so their shares vary from batch to batch. Every epoch
    has the same number of batches: as many as the first source fills. Each source has a separate
    random order, with a new order for each pass over it; a pass may end within an epoch.
    The items of an epoch depend only on the seed and the epoch's number.
    """

    def __init__(self, mixture: Mixture, batch_size: int, seed: int) -> None:
        self.mixture, self.seed, self.epoch = mixture, seed, 0
        shares = np.array([source.share for source in mixture.sources])
        first = len(mixture.sources[0].items)
        self.counts = [max(1, round(first * share / shares[0])) for share in shares]
        """Items of each source per epoch."""
        self.number = max(1, math.ceil(first / (batch_size * shares[0] / shares.sum())))
        self.number = min(self.number, first)

    def __len__(self) -> int:
        return self.number

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next iteration."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[Item]]:
        batches: list[list[Item]] = [[] for _ in range(self.number)]
        numbers = self.mixture.group_numbers
        for group in dict.fromkeys(numbers):
            sources = [source for source, each in enumerate(numbers) if each == group]
            for batch, items in zip(batches, self._of(sources), strict=True):
                batch += items
        yield from batches

    def _of(self, sources: list[int]) -> list[list[Item]]:
        """Return the items of a group's sources, batch by batch."""
        items = [item for source in sources for item in self._drawn(source)]
        rng = np.random.default_rng([self.seed, self.epoch, sources[0]])
        if len(items) < self.number:  # too few for all batches
            cut: list[Any] = [[] for _ in range(self.number)]
            for item, batch in enumerate(rng.permutation(self.number)[: len(items)]):
                cut[batch] = [item]
        else:
            lengths = np.array([self.mixture.lengths[number] for number, _ in items])
            cut = balanced(lengths, self.number, rng)
            cut = [cut[number] for number in rng.permutation(self.number)]
        return [[items[place] for place in batch] for batch in cut]

    def _drawn(self, source: int) -> list[Item]:
        """Return the items of a source in this epoch, from an endless sequence of passes."""
        size, count = len(self.mixture.sources[source].items), self.counts[source]
        start, places = self.mixture.start(source), np.arange(count) + self.epoch * count
        orders = {
            int(turn): np.random.default_rng([self.seed, source, int(turn), 1]).permutation(size)
            for turn in np.unique(places // size)
        }
        return [
            (start + int(orders[int(place // size)][place % size]), int(place // size))
            for place in places
        ]
