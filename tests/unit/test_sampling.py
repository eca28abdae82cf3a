import numpy as np
import pytest

from sign2text.data.sampling import (
    clip_rng,
    crop_offset,
    sample_indices,
    sampled_length,
    strided_indices,
    strided_length,
)


@pytest.mark.parametrize(
    ("frames", "rate", "expected"),
    [
        (10, 0.25, [0, 4, 8]),
        (8, 0.25, [0, 4]),
        (1, 0.25, [0]),
        (3, 1.0, [0, 1, 2]),
        (5, 0.5, [0, 2, 4]),
        (17, 0.125, [0, 8, 16]),
    ],
)
def test_evaluation_takes_the_first_frame_of_each_run(frames, rate, expected):
    assert sample_indices(frames, rate).tolist() == expected
    assert sampled_length(frames, rate) == len(expected)


def test_training_takes_every_frame_of_a_run_equally_often_and_none_of_another_run():
    rng = np.random.default_rng(0)
    drawn = np.stack([sample_indices(10, 0.25, rng) for _ in range(4000)])
    for run, members in enumerate(([0, 1, 2, 3], [4, 5, 6, 7], [8, 9])):
        found, counts = np.unique(drawn[:, run], return_counts=True)
        assert found.tolist() == members
        assert np.allclose(counts / 4000, 1 / len(members), atol=0.03)


def test_sampling_depends_on_seed_epoch_and_clip_alone():
    def draw(seed, epoch, clip):
        return sample_indices(400, 0.25, clip_rng(seed, epoch, clip)).tolist()

    assert draw(1, 0, "a") == draw(1, 0, "a")
    others = [draw(2, 0, "a"), draw(1, 1, "a"), draw(1, 0, "b")]
    assert draw(1, 0, "a") not in others


def test_crop_is_the_centre_in_evaluation_and_reaches_every_edge_in_training():
    assert crop_offset((256, 256), (224, 224)) == (16, 16)
    rng = np.random.default_rng(0)
    drawn = {crop_offset((6, 5), (4, 4), rng) for _ in range(200)}
    assert drawn == {(top, left) for top in range(3) for left in range(2)}


def test_strides_take_the_whole_clip_in_evaluation():
    for frames, expected in ((1, [0]), (6, [0, 2, 4]), (7, [0, 2, 4, 6])):
        assert strided_indices(frames, 2).tolist() == expected
        assert strided_length(frames, 2) == len(expected)
    # 256 of 300, evenly spaced.
    found = strided_indices(600, 2, most=256)
    assert len(found) == strided_length(600, 2, 256) == 256
    assert found[0] == 0 and set(np.diff(found)) == {2, 4}


def test_strides_start_and_end_at_random_in_training():
    rng, ends = np.random.default_rng(0), set()
    for _ in range(600):
        found = strided_indices(20, 2, rng)
        assert set(np.diff(found)) == {2}
        ends.add((int(found[0]), int(found[-1])))
    assert {start for start, _ in ends} == {0, 1, 2, 3}
    # The end is one of 16 ... 20, and the last frame is even for an even start.
    assert {end for start, end in ends if start == 0} == {14, 16, 18}
    assert {end for start, end in ends if start == 1} == {15, 17, 19}


def test_strides_in_training_keep_at_least_a_frame_and_at_most_so_many():
    rng = np.random.default_rng(0)
    for frames in (1, 2, 3, 5):
        for _ in range(50):
            found = strided_indices(frames, 2, rng)
            assert 1 <= len(found) <= strided_length(frames, 2)
            assert found.min() >= 0 and found.max() < frames
    drawn = [strided_indices(100, 2, rng, most=10) for _ in range(400)]
    assert all(len(each) == 10 and (np.diff(each) > 0).all() for each in drawn)
    counts = np.bincount(np.concatenate(drawn), minlength=100)
    assert counts[10:90].min() > 15  # each frame in between: 40 times on average


def test_strides_depend_on_seed_epoch_and_clip_alone():
    def draw(seed, epoch, clip):
        return strided_indices(900, 2, clip_rng(seed, epoch, clip), most=40).tolist()

    assert draw(1, 0, "a") == draw(1, 0, "a")
    assert draw(1, 0, "a") not in [draw(2, 0, "a"), draw(1, 1, "a"), draw(1, 0, "b")]
