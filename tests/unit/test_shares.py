"""Division of a batch into parts and shares: nothing lost, repeated or left out."""

import numpy as np
import pytest
import torch

from sign2text.data.batches import BalancedBatchSampler
from sign2text.data.clips import Collator
from sign2text.ground.errors import InputError
from sign2text.ground.processes import Processes, in_turn, processes
from sign2text.training.rank_shares import Asked, Parts, Shares

COLLATE = Collator("features", 1, 0)


class Listed:
    """A sampler of the given batches."""

    def __init__(self, *batches):
        self.batches = [[(clip, 0) for clip in batch] for batch in batches]

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        return iter(self.batches)


def shared(batches, parts, processes):
    """Return each process's shares, by batch and part, as (clips, whether they count)."""
    each = [list(Shares(batches, parts, process, processes)) for process in range(processes)]
    return [
        [
            [([clip for clip, _ in own.items], own.counts) for own in part]
            for part in zip(*batch, strict=True)
        ]
        for batch in zip(*each, strict=True)
    ]


def test_a_batch_is_cut_into_parts_and_each_part_dealt_out():
    (batch,) = shared(Listed([0, 1, 2, 3, 4, 5, 6]), parts=2, processes=2)
    assert batch == [
        [([0, 2], True), ([1, 3], True)],
        [([4, 6], True), ([5], True)],
    ]


def test_alone_a_process_is_given_all_of_each_part():
    one, two = shared(Listed([4, 3, 2, 1, 0], [5, 6]), parts=3, processes=1)
    assert one == [[([4, 3], True)], [([2, 1], True)], [([0], True)]]
    assert two == [[([5], True)], [([6], True)]], "no more parts than clips"


def test_who_is_left_with_none_is_given_one_that_does_not_count():
    (batch,) = shared(Listed([7, 8]), parts=1, processes=3)
    assert batch == [[([7], True), ([8], True), ([7], False)]]


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("processes", [1, 2, 5])
def test_batches_and_parts_are_the_same_for_any_number_of_processes(parts, processes):
    lengths = np.random.default_rng(0).gamma(4, 7, 300).astype(int) + 2
    batches = BalancedBatchSampler(lengths, 6, seed=1)
    for epoch in range(2):
        Shares(batches).set_epoch(epoch)
        wanted = shared(batches, parts, 1)
        found = shared(batches, parts, processes)
        assert len(found) == len(Shares(batches, parts, 0, processes)) == 50
        for batch, whole in zip(found, wanted, strict=True):
            for part, [(clips, _)] in zip(batch, whole, strict=True):
                counted = [clip for own, counts in part if counts for clip in own]
                assert sorted(counted) == sorted(clips)
                assert all(own for own, _ in part), "each has something to compute"


def test_like_numbers_of_steps_fall_to_each():
    lengths = np.random.default_rng(0).gamma(4, 7, 800).astype(int) + 2
    batches = BalancedBatchSampler(lengths, 32, seed=1)
    for (one, _), (two, _) in (batch[0] for batch in shared(batches, 1, 2)):
        assert abs(lengths[one].sum() - lengths[two].sum()) < 0.2 * lengths[[*one, *two]].sum()


CLIPS = {
    (clip, 3): {"steps": torch.randn(steps, 3), "target": [5] * (words - 1) + [2]}
    for clip, (steps, words) in enumerate([(4, 3), (1, 6), (2, 2)])
}


def test_a_part_is_put_together_of_its_own_clips_alone():
    part = Parts(CLIPS, COLLATE)[Asked([(0, 3), (2, 3)], counts=True)]
    expected = COLLATE([CLIPS[0, 3], CLIPS[2, 3]])
    assert part.counts
    assert part.inputs.keys() == expected.keys()
    assert all(torch.equal(part.inputs[key], expected[key]) for key in expected)
    assert part.inputs["labels"].shape == (2, 3), "padded to its own longest sentence"


def test_a_clip_that_does_not_count_is_put_together_and_marked():
    """The loop multiplies its loss by zero (test_several_processes.py)."""
    part = Parts(CLIPS, COLLATE)[Asked([(1, 3)], counts=False)]
    assert not part.counts
    assert part.inputs["lengths"].tolist() == [1]


def test_a_batch_of_several_sources_is_cut_between_them_first():
    batches = Listed([0, 1, 2, 7, 8])
    (batch,) = Shares(batches, 2, source_of=lambda item: int(item[0] >= 5))
    assert [[clip for clip, _ in part.items] for part in batch] == [[0, 1], [2], [7], [8]]
    (batch,) = Shares(batches, 1, 1, 2, source_of=lambda item: int(item[0] >= 5))
    assert [[clip for clip, _ in part.items] for part in batch] == [[1], [8]]


def test_a_limit_on_the_batches_ends_in_the_middle_of_an_epoch():
    batches = BalancedBatchSampler([3] * 12, 2, seed=1)
    shares, counts = Shares(batches, limit=9), []
    for epoch in range(3):
        shares.set_epoch(epoch)
        counts.append(len(list(shares)))
    assert counts == [6, 3, 0] and len(shares) == 6


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_what_was_dealt_out_comes_back_in_its_order(count):
    items = list("abcdef")
    assert in_turn([Processes(number, count).share(items) for number in range(count)]) == items


def test_more_processes_than_gpus_are_refused(monkeypatch):
    for name, value in {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(InputError, match=r"2 processes were started .* 1 GPU found.* gpu=1 "):
        processes.__wrapped__()
