"""Measures of landmarks, against numbers computed by hand."""

import numpy as np
import pytest

from sign2text.landmarks.points import COUNT, FACE, LEFT_HAND, PARTS, POSE, RIGHT_HAND
from sign2text.landmarks.quality import (
    ClipQuality,
    clip_quality,
    detected,
    gaps,
    jitter,
    shoulder_width,
    summarise,
)


def still(frames: int) -> np.ndarray:
    """A person who stands still; the shoulders are 50 pixels apart."""
    points = np.zeros((frames, COUNT, 3), np.float32)
    points[:] = np.random.default_rng(0).uniform(20, 80, (COUNT, 3))
    points[:, POSE.start], points[:, POSE.start + 1] = (120, 90, 0), (80, 60, 0)
    return points


def test_a_part_is_detected_where_any_of_its_points_is() -> None:
    points = still(3)
    points[1, LEFT_HAND] = np.nan
    points[2, LEFT_HAND.start + 1 : LEFT_HAND.stop] = np.nan
    points[2, FACE, 2] = np.nan  # a point lacks one of its three numbers: it is missing
    assert list(PARTS) == ["left hand", "right hand", "pose", "face"]
    assert detected(points).astype(int).tolist() == [[1, 1, 1, 1], [0, 1, 1, 1], [1, 1, 1, 0]]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [("1111", ((), 0)), ("0000", ((), 4)), ("0110", ((), 2)), ("1011001", ((1, 2), 0)),
     ("0010100", ((1,), 4))],
)  # fmt: skip
def test_gaps_lie_between_detections_and_the_ends_are_counted_apart(seen, expected) -> None:
    assert gaps(np.array([each == "1" for each in seen])) == expected


def test_shoulder_width_is_the_median_of_the_frames_with_both_shoulders() -> None:
    points = still(4)
    points[0, POSE.start, 0] = 800
    points[1, POSE.start] = np.nan
    assert shoulder_width(points) == pytest.approx(50)
    points[:, POSE.start] = np.nan
    assert np.isnan(shoulder_width(points))
    points[:, POSE] = 3  # both shoulders in one place measure nothing
    assert np.isnan(shoulder_width(points))


def test_jitter_of_rest_and_of_even_motion_is_none_and_trembling_counts_twice() -> None:
    points = still(6)[:, LEFT_HAND]
    assert jitter(points, 50) == 0
    points += 7 * np.arange(6)[:, None, None]
    assert jitter(points, 50) == pytest.approx(0, abs=1e-6)
    # +1, -1, +1 pixel in x: the second difference is 4 pixels.
    points[..., 0] += np.where(np.arange(6) % 2, -1, 1)[:, None]
    assert jitter(points, 50) == pytest.approx(4 / 50, abs=1e-6)
    points[..., 2] += 100 * np.random.default_rng(1).normal(size=points.shape[:2])  # depth is none
    assert jitter(points, 50) == pytest.approx(4 / 50, abs=1e-6)
    points[2:4] = np.nan  # nothing is there three times in a row
    assert np.isnan(jitter(points, 50))


def test_a_clip_s_error_is_that_of_the_points_found() -> None:
    true = still(5)
    points = true.copy()
    points[:, LEFT_HAND, :2] += (3, 4)  # 5 pixels, a tenth of the shoulders' width
    points[1:3, LEFT_HAND] = np.nan
    points[:, RIGHT_HAND] = np.nan
    points[::2, FACE, 0] += 2
    found = clip_quality(points, true)
    assert (found.frames, found.width) == (5, pytest.approx(50))
    left, right, face = (found.parts[name] for name in ("left hand", "right hand", "face"))
    assert (left.detected, left.gaps, left.ends) == (3, (2,), 0)
    assert left.error == pytest.approx(0.1)
    assert np.isnan(left.jitter)
    assert (right.detected, right.gaps, right.ends) == (0, (), 5)
    assert np.isnan(right.error)
    assert face.error == pytest.approx(2 / 50)  # in three of five frames
    assert (face.jitter, face.true_jitter) == (pytest.approx(4 / 50), 0)
    assert found.parts["pose"].error == 0
    assert found.share == pytest.approx((3 / 5 + 0 + 1 + 1) / 4)


def test_the_truth_s_own_jitter_is_that_of_the_frames_found() -> None:
    true = still(9)
    true[:5, FACE, 0] += np.array([0, 5, 0, 5, 0])[:, None]
    points = true.copy()
    points[:5, FACE] = np.nan  # only where the face rests is it found
    face = clip_quality(points, true).parts["face"]
    assert (face.jitter, face.true_jitter) == (0, 0)


def test_without_truth_there_is_no_error_and_without_shoulders_no_distance() -> None:
    points = still(4)
    assert np.isnan(clip_quality(points).parts["face"].error)
    points[:, POSE] = np.nan
    found = clip_quality(points, still(4))
    assert np.isnan(found.width) and np.isnan(found.parts["face"].jitter)
    assert found.parts["face"].error == 0  # in widths of the true shoulders


def clips() -> list[ClipQuality]:
    first, second, third = still(10), still(4), still(6)
    first[[2, 5, 6, 7, 8], LEFT_HAND] = np.nan  # gaps of 1 and 4 frames
    second[:, LEFT_HAND] = np.nan
    third[0, LEFT_HAND] = third[4, LEFT_HAND] = np.nan  # an end and a gap of 1
    return [clip_quality(each) for each in (first, second, third)]


def test_a_summary_counts_frames_of_all_clips_together() -> None:
    found = summarise(clips(), "left hand")
    assert (found.clips, found.frames, found.never) == (3, 20, 1)
    assert found.detected == pytest.approx((5 + 0 + 4) / 20)
    assert (found.gaps, found.median_gap, found.longest_gap) == (3, 1, 4)
    assert found.short == pytest.approx(2 / 3)
    assert found.ends == pytest.approx((4 + 1) / 20)
    whole = summarise(clips(), "face")
    assert (whole.detected, whole.gaps, whole.longest_gap) == (1, 0, 0)
    assert np.isnan(whole.median_gap) and np.isnan(whole.short) and np.isnan(whole.error)


def test_a_summary_s_jitter_and_error_are_medians_over_the_clips_that_have_them() -> None:
    true = still(4)
    moved = []
    for pixels in (5, 10, 25, None):
        points = true.copy()
        points[:, FACE, 0] += np.nan if pixels is None else pixels
        moved.append(clip_quality(points, true))
    found = summarise(moved, "face")
    assert (found.error, found.jitter, found.never) == (pytest.approx(0.2), 0, 1)
