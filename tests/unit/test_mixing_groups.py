"""Mixtures whose sources share micro-batches: shares, and batches by seed and epoch alone."""

from collections import Counter

import pytest

from sign2text.training.mixing import Mixture, Source
from sign2text.training.rank_shares import Shares


class Items:
    """Items of one source: its name and their number."""

    def __init__(self, name: str, count: int) -> None:
        self.name, self.lengths = name, [3 + number % 7 for number in range(count)]

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, item: tuple[int, int]) -> str:
        return f"{self.name}{item[0]}"


def mixture(**groups: str | None) -> Mixture:
    """Mix 60 items of a, 30 of b and 200 of c, half of each batch of c."""
    sizes = {"a": (60, 0.3), "b": (30, 0.2), "c": (200, 0.5)}
    return Mixture(
        {
            name: Source(Items(name, count), "".join, share, groups.get(name))
            for name, (count, share) in sizes.items()
        }
    )


def drawn(mixed: Mixture, epoch: int = 0, seed: int = 1) -> list[list[tuple[int, int]]]:
    batches = mixed.batches(20, seed)
    batches.set_epoch(epoch)
    return list(batches)


def test_sources_without_a_group_are_alone_in_their_micro_batches() -> None:
    mixed = mixture()
    assert mixed.group_numbers == [0, 1, 2]
    assert drawn(mixed)[0][:4] == [(29, 0), (15, 0), (57, 0), (36, 0)], "fixed by the seed"
    with pytest.raises(ValueError):
        mixed.collate([mixed[0, 0], mixed[60, 0]])


def test_sources_of_a_group_share_micro_batches_and_keep_their_shares() -> None:
    mixed = mixture(a="clips", b="clips", c="text")
    batches = drawn(mixed)
    assert len(batches) == 10, "60 items of a are 0.3 of batches of 20"
    counts = Counter(mixed.source_of(item) for batch in batches for item in batch)
    assert counts == {0: 60, 1: 40, 2: 100}
    parts = next(iter(Shares(mixed.batches(20, 1), source_of=mixed.group_of)))
    assert len(parts) == 2
    groups = [{mixed.sources[mixed.source_of(item)].group for item in part.items} for part in parts]
    assert groups == [{"clips"}, {"text"}]
    assert {mixed.source_of(item) for item in parts[0].items} == {0, 1}
    assert mixed.collate([mixed[0, 0], mixed[60, 0]]) == "a0b0"


def test_a_batch_follows_from_seed_and_epoch_alone() -> None:
    groups = {"a": "clips", "b": "clips"}
    assert drawn(mixture(**groups), 3) == drawn(mixture(**groups), 3)
    assert drawn(mixture(**groups), 3) != drawn(mixture(**groups), 4)
    assert drawn(mixture(**groups), 3) != drawn(mixture(**groups), 3, seed=2)


def test_each_pass_over_a_source_has_each_item_once() -> None:
    mixed = mixture(a="clips", b="clips", c="text")
    taken = Counter(
        item
        for epoch in range(6)
        for batch in drawn(mixed, epoch)
        for item in batch
        if mixed.source_of(item) == 1
    )
    assert set(taken.values()) == {1} and len(taken) == 240, "8 passes over 30 items"
