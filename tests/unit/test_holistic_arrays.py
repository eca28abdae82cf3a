"""Arrays of MediaPipe Holistic in VSL-GH's form, as the 85 points."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from sign2text.ground.errors import InputError
from sign2text.landmarks.holistic_arrays import (
    MISSING,
    THEIR_FACE,
    THEIR_POSE,
    WIDTH,
    count_array_frames,
    read_holistic_array,
)
from sign2text.landmarks.points import FACE, FACE_INDICES, LEFT_HAND, POSE, RIGHT_HAND


def write(path: Path, array: np.ndarray) -> Path:
    np.save(path, array)
    return path


def numbered(frames: int = 2) -> np.ndarray:
    """An array whose point n has x = (n + 1) / 1000, y = x / 2 and z = -x."""
    x = np.arange(1, 138, dtype=np.float32) / 1000
    return np.tile(np.stack([x, x / 2, -x], axis=1).reshape(1, -1), (frames, 1))


def test_points_are_found_by_their_number_in_mediapipe(tmp_path):
    points, fps, size = read_holistic_array(write(tmp_path / "a.npy", numbered()))
    assert points.shape == (2, 85, 3) and points.dtype == np.float32
    assert (fps, size) == (30.0, (1080, 1080))
    assert (len(THEIR_POSE), len(THEIR_FACE), WIDTH) == (25, 70, 411)

    def place(landmark: int) -> int:
        """The point of the array, from x in pixels."""
        return round(float(points[0, landmark, 0]) / 1.08) - 1

    # Left shoulder: nose, six points of the eyes and two ears come before it.
    assert [place(POSE.start + n) for n in range(6)] == [9, 10, 11, 12, 19, 20]
    assert [place(LEFT_HAND.start + n) for n in (0, 20)] == [95, 115]
    assert [place(RIGHT_HAND.start + n) for n in (0, 20)] == [116, 136]
    face = {FACE_INDICES[n - FACE.start]: place(n) - 25 for n in range(FACE.start, FACE.stop)
            if n not in MISSING}  # fmt: skip
    assert face == {number: THEIR_FACE.index(number) for number in face}
    assert len(face) == 18 and len(MISSING) == 19
    assert np.isnan(points[:, list(MISSING)]).all()


def test_pixels_have_the_picture_s_size_and_depth_its_width(tmp_path):
    points, _, size = read_holistic_array(write(tmp_path / "a.npy", numbered(1)), (200, 100))
    assert size == (200, 100)
    np.testing.assert_allclose(points[0, POSE.start], [2.0, 0.5, -2.0], rtol=1e-5)


def test_a_hand_that_was_not_found_is_missing(tmp_path):
    array = numbered(3)
    array[1, 285:348] = 0
    array[2, 285] = 0  # one coordinate at the picture's edge
    points, _, _ = read_holistic_array(write(tmp_path / "a.npy", array))
    assert np.isnan(points[1, LEFT_HAND]).all() and not np.isnan(points[1, RIGHT_HAND]).any()
    assert points[2, 0, 0] == 0 and not np.isnan(points[2, LEFT_HAND]).any()


def damaged(kind: str) -> bytes:
    import io

    buffer = io.BytesIO()
    if kind == "objects":
        np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    else:
        np.save(buffer, numbered(4))
    data = buffer.getvalue()
    return {
        "cut": data[:-50],
        "header": data[:30],
        "pickle": pickle.dumps(numbered()),
        "empty": b"",
    }.get(kind, data)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("cut", "an array that cannot be read"),
        ("header", "an array that cannot be read"),
        ("objects", "an array that cannot be read|values of type object"),
        ("pickle", "no array of NumPy"),
        ("empty", "no array of NumPy"),
    ],
)
def test_a_damaged_file_is_refused_and_nothing_is_unpickled(tmp_path, kind, message):
    path = tmp_path / "a.npy"
    path.write_bytes(damaged(kind))
    for read in (read_holistic_array, count_array_frames):
        with pytest.raises(InputError, match=rf"a\.npy: found ({message})"):
            read(path)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 410), np.float32), r"found the shape \[3, 410\], expected float32"),
        (np.zeros((3, 137, 3), np.float32), r"found the shape \[3, 137, 3\]"),
        (np.zeros((0, 411), np.float32), r"found the shape \[0, 411\]"),
        (np.zeros((3, 411), np.int64), r"found values of type int64"),
        (np.full((3, 411), np.nan, np.float32), r"frame 0: a value is not finite"),
    ],
)
def test_another_form_is_refused(tmp_path, array, message):
    with pytest.raises(InputError, match=message):
        read_holistic_array(write(tmp_path / "a.npy", array))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.npy: is missing"):
        read_holistic_array(tmp_path / "none.npy")


def test_frames_are_counted(tmp_path):
    assert count_array_frames(write(tmp_path / "a.npy", numbered(5).astype(np.float64))) == 5
