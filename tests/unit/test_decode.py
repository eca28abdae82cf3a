import pytest

from sign2text.errors import InputError
from sign2text.stages.decode import video_orders


def test_without_permutations_each_clip_keeps_its_video():
    assert video_orders(4, 0, seed=1) == [[0, 1, 2, 3]]


def test_no_clip_keeps_its_own_video_and_each_video_is_used_once():
    orders = video_orders(40, 5, seed=1)
    assert len(orders) == 5
    for order in orders:
        assert sorted(order) == list(range(40))
        assert all(own != other for own, other in enumerate(order))
    assert orders == video_orders(40, 5, seed=1)
    assert orders != video_orders(40, 5, seed=2)
    assert len({tuple(order) for order in orders}) == 5


def test_a_single_clip_cannot_be_permuted():
    with pytest.raises(InputError, match="1 clip found, at least 2 expected"):
        video_orders(1, 5, seed=1)
