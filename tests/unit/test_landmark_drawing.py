"""Landmarks drawn over a frame: where, in which colours, and what is left out."""

import numpy as np
import pytest

from sign2text.ground.errors import InputError
from sign2text.landmarks.drawing import COLOURS, bones, draw_landmarks
from sign2text.landmarks.points import COUNT, FACE, LEFT_HAND, POSE, RIGHT_HAND

GREY = np.full((260, 210, 3), 90, np.uint8)
NOTHING = np.full((COUNT, 3), np.nan, np.float32)


def marked(picture: np.ndarray) -> np.ndarray:
    return (picture != 90).any(axis=2)


def test_a_small_frame_is_enlarged_and_stays_as_it_is_without_points() -> None:
    drawn = draw_landmarks(GREY, NOTHING)
    assert drawn.shape == (520, 420, 3)
    assert not marked(drawn).any()
    assert draw_landmarks(np.zeros((720, 1280, 3), np.uint8), NOTHING).shape == (720, 1280, 3)


def test_the_frame_itself_is_not_drawn_upon() -> None:
    large, points = np.full((600, 600, 3), 90, np.uint8), NOTHING.copy()
    points[0] = 300, 300, 0
    assert marked(draw_landmarks(large, points)).any()
    assert not marked(large).any()


@pytest.mark.parametrize(
    ("place", "part"),
    [(LEFT_HAND.start, "left hand"), (RIGHT_HAND.start + 8, "right hand"), (POSE.start + 3, "pose"),
     (FACE.stop - 1, "face")],
)  # fmt: skip
def test_a_point_is_a_dot_of_its_part_s_colour_at_its_place(place: int, part: str) -> None:
    points = NOTHING.copy()
    points[place] = 50, 200, -3
    drawn = draw_landmarks(GREY, points)
    rows, columns = np.nonzero(marked(drawn))
    # Pixel 50 is 100 and 101 in the enlarged picture.
    assert (rows.mean(), columns.mean()) == pytest.approx((400.5, 100.5), abs=0.3)
    assert tuple(drawn[400, 100]) == COLOURS[part]
    assert rows.max() - rows.min() < 12


def test_a_bone_is_drawn_if_both_its_ends_are_seen() -> None:
    points = NOTHING.copy()
    wrist, knuckle = LEFT_HAND.start, LEFT_HAND.start + 5
    points[wrist], points[knuckle] = (40, 100, 0), (140, 100, 0)
    assert tuple(draw_landmarks(GREY, points)[200, 180]) == COLOURS["left hand"]
    points[knuckle, 2] = np.nan  # a point without a depth counts as missing
    assert not marked(draw_landmarks(GREY, points))[200, 150:].any()


def test_what_is_outside_the_frame_does_no_harm() -> None:
    points = NOTHING.copy()
    points[POSE.start + 4 : POSE.stop] = 1e30  # hips
    points[0], points[5] = (40, 100, 0), (400, 100, 0)
    drawn = marked(draw_landmarks(GREY, points))
    assert drawn[200, 419]
    assert not drawn[220:].any()


def test_bones_join_neighbours_of_one_body() -> None:
    found = [(a, b) for _, a, b in bones()]
    assert len(set(found)) == len(found) == 8 + 2 * 21
    right = {(a - 21, b - 21) for a, b in found if 21 <= a < 42}
    assert right == {(a, b) for a, b in found if a < 21 and b < 21}
    # Each point of a hand hangs on its wrist.
    reached = {0}
    for a, b in sorted(right):
        reached |= {b} if a in reached else set()
    assert reached == set(range(21))


@pytest.mark.parametrize(
    ("frame", "points", "found"),
    [(GREY[:, :, 0], NOTHING, r"uint8 \[260, 210\]"), (GREY / 255, NOTHING, "float64"),
     (GREY, NOTHING[:84], r"\[84, 3\]")],
)  # fmt: skip
def test_other_forms_are_refused(frame: np.ndarray, points: np.ndarray, found: str) -> None:
    with pytest.raises(InputError, match=found):
        draw_landmarks(frame, points)
