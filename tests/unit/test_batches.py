import numpy as np
import pytest
import torch

from sign2text.data.batches import BalancedBatchSampler, batches_by_length, pad_flat


@pytest.fixture
def lengths():
    return np.random.default_rng(0).gamma(4, 7, 700).astype(int) + 2


def test_every_clip_comes_once_an_epoch_in_a_fixed_number_of_batches(lengths):
    sampler = BalancedBatchSampler(lengths, 8, seed=1)
    for epoch in range(3):
        sampler.set_epoch(epoch)
        batches = list(sampler)
        assert len(batches) == len(sampler) == 88
        assert sorted(clip for batch in batches for clip, _ in batch) == list(range(700))
        assert {each for batch in batches for _, each in batch} == {epoch}


def test_batches_hold_little_padding_and_like_numbers_of_steps(lengths):
    batches = [[clip for clip, _ in batch] for batch in BalancedBatchSampler(lengths, 8, seed=1)]
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert padded / lengths.sum() < 1.05
    sums = np.array([lengths[batch].sum() for batch in batches])
    assert sums.max() < 1.3 * sums.mean()


def test_batches_differ_from_epoch_to_epoch_and_are_the_same_for_the_same_seed(lengths):
    def epoch(seed, number):
        sampler = BalancedBatchSampler(lengths, 8, seed)
        sampler.set_epoch(number)
        return [tuple(sorted(clip for clip, _ in batch)) for batch in sampler]

    assert epoch(1, 0) == epoch(1, 0)
    assert len(set(epoch(1, 0)) & set(epoch(1, 1))) < 10
    assert set(epoch(1, 0)) != set(epoch(2, 0))


@pytest.mark.parametrize("lengths", [[1, 1, 1, 1000], [1000, 1, 1, 1, 1, 1], [5], [3, 3, 3]])
def test_no_batch_is_empty_even_beside_a_clip_as_long_as_all_others(lengths):
    for size in (1, 2, 3):
        batches = list(BalancedBatchSampler(lengths, size, seed=0))
        assert all(batches)
        assert sorted(clip for batch in batches for clip, _ in batch) == list(range(len(lengths)))


def test_evaluation_batches_stay_within_the_budget():
    batches = batches_by_length([3, 90, 10, 10, 10, 10, 4], budget=40)
    assert [batch.tolist() for batch in batches] == [[1], [2, 3, 4, 5], [6, 0]]


def test_pad_flat_lays_each_clip_out_in_its_row():
    padded, mask = pad_flat(torch.arange(1.0, 6)[:, None], torch.tensor([2, 3]))
    assert padded[..., 0].tolist() == [[1, 2, 0], [3, 4, 5]]
    assert mask.tolist() == [[True, True, False], [True, True, True]]
