"""The format of the frames in a frame store: size, rate and compression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sign2text.data.resampling import MOST_FPS
from sign2text.ground.errors import InputError
from sign2text.untrusted.pictures import MOST_PIXELS, MOST_SIDE

Codec = Literal["jpeg", "png"]
SUFFIXES: dict[Codec, str] = {"jpeg": ".jpg", "png": ".png"}
SUBSAMPLING = "420"


@dataclass(frozen=True)
class FrameFormat:
    """Format of stored frames.

    `size` is (height, width) in pixels and `quality` the JPEG quality (1-100). The codec `png`
    keeps each resized pixel exactly and ignores the quality. `fps` is the rate of all clips in
    frames per second; None if it differs or is unknown. Raises InputError for unknown codecs and
    for impossible sizes, qualities and rates.
    """

    size: tuple[int, int]
    quality: int
    codec: Codec = "jpeg"
    fps: float | None = None

    def __post_init__(self) -> None:
        if self.codec not in SUFFIXES:
            raise InputError(
                f"codec: '{self.codec}' found, {' or '.join(get_args(Codec))} expected. The file "
                "that says so was made by another version; make it again."
            )
        sides = [*self.size]
        numbers = all(type(value) is int for value in (*sides, self.quality))  # excludes True
        if not (
            numbers
            and len(sides) == 2
            and all(0 < side <= MOST_SIDE for side in sides)
            and math.prod(sides) <= MOST_PIXELS
            and (1 <= self.quality <= 100 or self.codec == "png")
        ):
            raise InputError(
                f"height, width and quality: found {str([*sides, self.quality])[:120]}, expected "
                f"whole numbers: 1 to {MOST_SIDE} pixels a side, at most {MOST_PIXELS} in all, and "
                "a quality of 1 to 100. Correct the settings or the file that say so."
            )
        is_number = type(self.fps) in (int, float)  # excludes True
        if self.fps is not None and not (is_number and 0 < self.fps <= MOST_FPS):
            raise InputError(
                f"frame rate: found {str(self.fps)[:120]}, expected a number above 0 and up to "
                f"{MOST_FPS} frames a second, or null. Correct the file that says so, or make it "
                "again."
            )

    def encode(self, frame: np.ndarray) -> bytes:
        """Resize a frame (uint8 [h, w, 3] RGB) to `size` and compress it."""
        import cv2
        import simplejpeg

        height, width = self.size
        if frame.shape[:2] != (height, width):
            shrinks = frame.shape[0] >= height and frame.shape[1] >= width
            method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            frame = cv2.resize(frame, (width, height), interpolation=method)
        if self.codec == "png":
            _, data = cv2.imencode(".png", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
            return data.tobytes()
        frame = np.ascontiguousarray(frame)
        return simplejpeg.encode_jpeg(frame, quality=self.quality, colorsubsampling=SUBSAMPLING)

    def check_crop(self, crop: tuple[int, int]) -> None:
        """Raise InputError if `crop`, (height, width), is larger than a stored frame."""
        for side, wanted, found in zip(("height", "width"), crop, self.size, strict=True):
            if wanted > found:
                raise InputError(
                    f"crop_{side}: {wanted} found, at most {found} expected, the {side} of the "
                    f"stored frames. Lower it, or raise sample_frames.{side}."
                )
