import numpy as np
import pytest

from sign2text.data.sampling import clip_rng, crop_offset, sample_indices, sampled_length


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
