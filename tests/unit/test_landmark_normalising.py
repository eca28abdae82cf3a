"""Normalised landmarks, compared with values computed by hand."""

import dataclasses

import numpy as np
import pytest

from sign2text.ground.errors import InputError
from sign2text.landmarks.normalising import (
    Landmarks,
    cut_off,
    fill_gaps,
    normalised,
    of_store,
    step_count,
)
from sign2text.landmarks.points import LEFT_SHOULDER, RIGHT_SHOULDER

ALL = Landmarks(every=1)


def clip(*frames: dict[int, tuple[float, float, float]]) -> np.ndarray:
    """Points [T, 85, 3] of which only the given ones are there, by number."""
    points = np.full((len(frames), 85, 3), np.nan, np.float32)
    for number, given in enumerate(frames):
        for point, place in given.items():
            points[number, point] = place
    return points


def test_the_published_values_are_the_defaults() -> None:
    assert dataclasses.asdict(Landmarks()) == {
        "box": "clip",
        "missing": -1.0,
        "longest_gap": 0,
        "every": 2,
        "longest": 256,
    }


def test_the_box_of_the_clip_is_one_box_for_all_frames() -> None:
    """x from 20 to 60, y from 10 to 30: both are divided by 40; z from -1 to 1 by 2."""
    points = clip({0: (20, 10, -1), 1: (60, 30, 0)}, {0: (40, 20, 1)})
    found = normalised(points, ALL).reshape(2, 85, 3)
    np.testing.assert_array_equal(found[0, 0], [0, 0, 0])
    np.testing.assert_array_equal(found[0, 1], [1, 0.5, 0.5])
    np.testing.assert_array_equal(found[1, 0], [0.5, 0.25, 1])
    assert (found[1, 1:] == -1).all()
    assert (found[0, 2:] == -1).all()


def test_values_of_a_point_follow_each_other() -> None:
    found = normalised(clip({0: (0, 0, 0), 84: (10, 4, 2)}), ALL)
    assert found.shape == (1, 255)
    assert found.dtype == np.float32
    assert found[0, -3:].tolist() == pytest.approx([1, 0.4, 1])


def test_a_taller_box_is_divided_by_its_height_and_a_flat_one_by_nothing() -> None:
    found = normalised(clip({0: (0, 0, 5), 1: (10, 50, 5)}), ALL).reshape(85, 3)
    np.testing.assert_allclose(found[1], [0.2, 1, 0], rtol=1e-6)
    found = normalised(clip({0: (7, 7, 7)}), ALL)
    np.testing.assert_array_equal(found[0, :3], [0, 0, 0])


def test_the_box_of_the_shoulders() -> None:
    """Middles (30, 50) and (32, 52), the second frame alone wider: medians of three frames."""
    left, right = LEFT_SHOULDER, RIGHT_SHOULDER
    points = clip(
        {left: (40, 50, 2), right: (20, 50, 4), 0: (50, 40, 3)},
        {left: (47, 52, 2), right: (17, 52, 4)},
        {left: (40, 50, 2), right: (20, 50, 4)},
        {left: (0, 0, 0), 0: (30, 60, 3)},
    )
    settings = Landmarks(every=1, box="shoulders", missing=-10)
    found = normalised(points, settings).reshape(4, 85, 3)
    np.testing.assert_array_equal(found[0, 0], [1, -0.5, 0])
    np.testing.assert_array_equal(found[3, 0], [0, 0.5, 0])
    np.testing.assert_allclose(found[0, left], [0.5, 0, -0.05], rtol=1e-6)
    assert (found[3, right] == -10).all()


def test_every_second_frame_and_the_longest_clip() -> None:
    points = clip(*({0: (frame, 0, 0)} for frame in range(9)))
    settings = Landmarks(every=2, longest=3)
    found = normalised(points, settings)[:, 0]
    # Frames 0, 2, 4; the box knows nothing of the frames after them.
    np.testing.assert_array_equal(found, [0, 0.5, 1])
    assert (step_count(9, settings), cut_off(9, settings)) == (3, 2)
    assert (step_count(5, settings), cut_off(5, settings)) == (3, 0)
    assert (step_count(1, settings), cut_off(1, settings)) == (1, 0)


def test_frames_that_were_extracted_alone_are_not_left_out_again() -> None:
    assert of_store(Landmarks(every=4), 2, "x").every == 2
    assert of_store(Landmarks(), 2, "x").every == 1
    with pytest.raises(InputError, match="x: holds every 2th frame, but every 3th is to be read"):
        of_store(Landmarks(every=3), 2, "x")


def test_gaps_up_to_a_length_are_interpolated() -> None:
    nothing: dict[int, tuple[float, float, float]] = {}
    points = clip(
        nothing, {0: (0, 0, 0), 1: (1, 1, 1)}, nothing, {0: (4, 8, 2)}, *[nothing] * 3,
        {0: (8, 8, 8), 1: (2, 2, 2)}, nothing,
    )  # fmt: skip
    filled = fill_gaps(points, 2)
    np.testing.assert_array_equal(filled[2, 0], [2, 4, 1])
    assert np.isnan(filled[[0, 4, 5, 6, 8], 0]).all()
    assert np.isnan(filled[2:7, 1]).all()  # five frames
    filled = fill_gaps(points, 3)
    np.testing.assert_array_equal(filled[4:7, 0, 0], [5, 6, 7])
    np.testing.assert_array_equal(filled[4:7, 0, 2], [3.5, 5, 6.5])
    assert np.isnan(points[2, 0]).all()
    assert fill_gaps(points, 0) is points
    # Filled before frames are left out: frame 2 lies between frames that are not read.
    found = normalised(points, Landmarks(every=2, longest_gap=1))
    assert found[1, 0] != -1


def test_a_hand_that_is_never_seen_is_missing_in_all_frames() -> None:
    points = np.random.default_rng(0).uniform(0, 99, (4, 85, 3)).astype(np.float32)
    points[:, :21] = np.nan
    found = normalised(points, ALL).reshape(4, 85, 3)
    assert (found[:, :21] == -1).all()
    assert ((found[:, 21:] >= 0) & (found[:, 21:] <= 1)).all()


def test_a_clip_that_cannot_be_scaled_is_refused() -> None:
    with pytest.raises(InputError, match=r"no landmark found in any of 2 frames"):
        normalised(clip({}, {}), ALL)
    points = clip({LEFT_SHOULDER: (0, 0, 0)}, {RIGHT_SHOULDER: (1, 1, 1)})
    with pytest.raises(InputError, match=r"no pair of shoulders found in any of 2 frames.*box"):
        normalised(points, Landmarks(every=1, box="shoulders"))


def test_a_box_that_the_read_frames_lack_comes_from_the_whole_clip() -> None:
    shoulders = {LEFT_SHOULDER: (10, 0, 0), RIGHT_SHOULDER: (0, 0, 0)}
    points = clip({0: (10, 10, 0)}, shoulders)
    found = normalised(points, Landmarks(box="shoulders", every=2)).reshape(1, 85, 3)
    np.testing.assert_array_equal(found[0, 0], [0.5, 1, 0])
    found = normalised(clip({}, shoulders), Landmarks(every=2))
    assert (found == -1).all()


@pytest.mark.parametrize("where", [{"box": "frame"}, {"every": 0}, {"longest": 0}])
def test_impossible_settings_are_refused(where: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(where))):
        Landmarks(**where)
