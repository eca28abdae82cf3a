"""Landmarks as NumPy arrays of MediaPipe Holistic, in the form of VSL-GH.

The form is that of the corpus's own program, source/extract_keypoints.py of
github.com/nguyentheanh822/Vietnamese-Sign-Language-Translation: float32 [frames, 411], 25 points
of the pose, 70 of the face, and both hands, each with x, y, z; x and y in widths and heights of
the picture, z in widths; zeros where MediaPipe found nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sign2text.ground.errors import InputError
from sign2text.landmarks.points import (
    AXES,
    COUNT,
    FACE,
    FACE_INDICES,
    LEFT_HAND,
    POSE,
    POSE_INDICES,
    RIGHT_HAND,
)

THEIR_POSE = (*range(9), *range(11, 21), *range(23, 29))
"""Points of the pose in the array, by their numbers in MediaPipe."""
THEIR_FACE = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 308, 324, 318, 402, 317, 14, 87, 178, 88,
    33, 7, 163, 144, 145, 153, 362, 382, 381, 380, 374, 373, 46, 53, 52, 65, 55, 285, 295, 282,
    283, 276, 168, 6, 197, 195, 5, 4, 1, 19, 94, 10, 338, 297, 332, 284, 251, 389, 356, 454, 323,
    361, 288, 397, 365, 379, 378, 400, 377, 152,
)  # fmt: skip
"""Points of the face in the array, by their numbers in MediaPipe's mesh."""
HAND = 21
THEIR_COUNT = len(THEIR_POSE) + len(THEIR_FACE) + 2 * HAND
WIDTH = THEIR_COUNT * AXES
SIZE = (1080, 1080)
"""Width and height of VSL-GH's pictures, which the arrays do not say."""
FPS = 30.0
_LONGEST = 2**20
_MAGIC = b"\x93NUMPY"


def _sources() -> tuple[np.ndarray, np.ndarray]:
    """Return the points of the 85 that the array has, and their places in it."""
    face = len(THEIR_POSE)
    left = face + len(THEIR_FACE)
    places = {
        **{POSE.start + n: THEIR_POSE.index(each) for n, each in enumerate(POSE_INDICES)},
        **{
            FACE.start + n: face + THEIR_FACE.index(each)
            for n, each in enumerate(FACE_INDICES)
            if each in THEIR_FACE
        },
        **{LEFT_HAND.start + n: left + n for n in range(HAND)},
        **{RIGHT_HAND.start + n: left + HAND + n for n in range(HAND)},
    }
    return np.array(list(places)), np.array(list(places.values()))


OURS, THEIRS = _sources()
MISSING = tuple(sorted(set(range(COUNT)) - set(OURS.tolist())))
"""Points of the face that the array lacks; they are missing in every frame."""


def read_holistic_array(
    path: Path, size: tuple[int, int] = SIZE
) -> tuple[np.ndarray, float, tuple[int, int]]:
    """Read an array as (points float32 [T, 85, 3] in pixels, frames per second, picture size).

    A point at zero in all three values was not found, and is NaN, as are MISSING.

    Args:
        path: a .npy file; nothing in it is unpickled.
        size: width and height of the picture.

    Raises:
        InputError: the file is missing, cut, pickled, or of another type or shape, has no frame,
            or holds values that are not finite.
    """
    array = _load(path)
    if not np.isfinite(array).all():
        frame = int((~np.isfinite(array)).any(axis=1).argmax())
        raise InputError(
            f"{path}, frame {frame}: a value is not finite, expected positions in the picture. "
            "Fetch the file again, or take the clip out."
        )
    found = np.asarray(array, np.float32).reshape(len(array), THEIR_COUNT, AXES)[:, THEIRS]
    found = np.where((found == 0).all(axis=2, keepdims=True), np.nan, found)
    points = np.full((len(array), COUNT, AXES), np.nan, np.float32)
    width, height = size
    points[:, OURS] = found * np.array([width, height, width], np.float32)
    return points, FPS, size


def count_array_frames(path: Path) -> int:
    """Count an array's frames from its header. Raises InputError as `read_holistic_array`."""
    return len(_load(path))


def _load(path: Path) -> np.ndarray:
    """Map an array into memory and check its type and shape."""
    problem = ""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                problem = "no array of NumPy (.npy)"
        if not problem:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            if array.dtype not in (np.float32, np.float64):
                problem = f"values of type {array.dtype}"
            elif array.ndim != 2 or array.shape[1] != WIDTH or not 0 < len(array) <= _LONGEST:
                problem = f"the shape {list(array.shape)}"
    except FileNotFoundError:
        raise InputError(
            f"{path}: is missing. Fetch the file, or take the clip out of the list."
        ) from None
    except (OSError, ValueError, EOFError) as error:  # ValueError: cut, pickled, or a bad header
        problem = f"an array that cannot be read ({' '.join(str(error).split())[:120]})"
    if problem:
        raise InputError(
            f"{path}: found {problem}, expected float32 [frames, {WIDTH}] of VSL-GH. Fetch the "
            "file again, or take the clip out."
        )
    return array
