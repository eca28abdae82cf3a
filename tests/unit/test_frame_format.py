"""How a frame is resized and compressed for the frame store."""

import cv2
import numpy as np
import pytest
import simplejpeg

from sign2text.data.frame_store import FrameFormat
from sign2text.ground.errors import InputError


def stored(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The red channel of a frame as it is kept losslessly."""
    data = FrameFormat(size, 90, "png").encode(frame)
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., 2]


def grey(values: list[list[int]]) -> np.ndarray:
    return np.repeat(np.array(values, np.uint8)[..., None], 3, axis=2)


def test_a_smaller_picture_has_the_means_of_its_areas():
    # Bilinear interpolation would see two of each three columns.
    frame = grey([[0, 90, 0, 240, 0, 0]] * 3)
    assert stored(frame, (1, 2)).tolist() == [[30, 80]]


def test_a_larger_picture_is_interpolated_bilinearly():
    assert stored(grey([[0, 100]]), (1, 4)).tolist() == [[0, 25, 75, 100]]
    # Also where one side shrinks: of four rows, the middle two meet in the one that is kept.
    assert stored(grey([[0, 0], [40, 40], [80, 80], [0, 0]]), (1, 4)).tolist() == [[60] * 4]


@pytest.mark.parametrize("fps", [0, -25, 1001, float("nan"), float("inf"), "25", True, [25]])
def test_a_rate_that_no_video_has_is_refused(fps):
    with pytest.raises(InputError, match=r"frame rate: found .* up to 1000 frames a second, or nu"):
        FrameFormat((32, 48), 90, fps=fps)


def test_jpeg_has_colours_at_half_the_resolution_and_the_quality_that_is_set():
    shade = np.broadcast_to(np.linspace(0, 255, 48, dtype=np.uint8)[None, :, None], (32, 48, 3))
    data = FrameFormat((32, 48), 90).encode(shade)
    assert np.abs(simplejpeg.decode_jpeg(data).astype(int) - shade).max() <= 4
    height, width, _, subsampling = simplejpeg.decode_jpeg_header(data)
    assert (height, width, subsampling) == (32, 48, "420")
    # The first step of the first quantisation table: 16, the standard's, at quality 50.
    assert data[data.index(b"\xff\xdb") + 5] == round(16 * (200 - 2 * 90) / 100)
