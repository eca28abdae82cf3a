"""Random augmentation of clips in training: all frames of a clip get the same changes.

The settings cover the augmentations of the papers (docs/frame_store.md has the table). FLa-LLM
names only its 224 x 224 crop, so everything here is off by default. GFSLT-VLP rotates and shifts.
Sign2GPT rotates, crops at random size, flips and changes colours. MMTLB crops at random size and
changes colours.

All movements of a clip are combined into one affine map and all colour changes into one 3 x 4
matrix, so each frame is computed once, whatever is switched on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from sign2text.ground.settings import Probability, stage_config

if TYPE_CHECKING:
    import numpy as np

Strength = Annotated[float, Field(ge=0, le=1)]
Span = Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=2)]

LUMA = (0.299, 0.587, 0.114)  # weights of R, G and B in grey (ITU-R BT.601)
GREY_STEP = 8  # the mean grey of a clip uses every 8th row, column and frame


@stage_config
class Augmentation:
    """Kinds and strengths of augmentation, all off by default."""

    rotation: Annotated[
        float,
        Field(ge=0, le=180, description="degrees to either side (GFSLT-VLP 30, Sign2GPT 5)"),
    ] = 0.0
    rotation_probability: Annotated[
        Probability, Field(description="share of clips (GFSLT-VLP 0.5, Sign2GPT 0.3)")
    ] = 0.5
    translation: Annotated[
        Strength,
        Field(
            description="shift to either side, of width and of height (GFSLT-VLP 10 pixels, which "
            "are 0.05 of PHOENIX's width and 0.04 of its height)"
        ),
    ] = 0.0
    translation_probability: Annotated[
        Probability, Field(description="share of clips (GFSLT-VLP 0.5)")
    ] = 0.5
    scale: Annotated[
        Span,
        Field(
            description="least and largest share of the picture's area in a crop that is resized "
            "(Sign2GPT 0.875 to 1, MMTLB 0.7 to 1); [1, 1]: the crop is not resized"
        ),
    ] = Field(default_factory=lambda: [1.0, 1.0])
    ratio: Annotated[
        Span,
        Field(
            description="least and largest width by height of such a crop (Sign2GPT 0.9 to 1.1, "
            "MMTLB 0.75 to 1.33)"
        ),
    ] = Field(default_factory=lambda: [1.0, 1.0])
    flip: Annotated[
        Probability, Field(description="share of clips that are mirrored (Sign2GPT 0.5)")
    ] = 0.0
    brightness: Annotated[Strength, Field(description="Sign2GPT 0.16, MMTLB 0.4")] = 0.0
    contrast: Annotated[Strength, Field(description="Sign2GPT 0.16, MMTLB 0.4")] = 0.0
    saturation: Annotated[Strength, Field(description="Sign2GPT 0.16, MMTLB 0.4")] = 0.0
    hue: Annotated[float, Field(ge=0, le=0.5, description="turns (Sign2GPT 0.04, MMTLB 0.1)")] = 0.0
    colour_probability: Annotated[
        Probability, Field(description="share of clips with these four (Sign2GPT and MMTLB 0.3)")
    ] = 0.3
    grey: Annotated[
        Probability, Field(description="share of clips without colour (Sign2GPT 0.2)")
    ] = 0.0

    @model_validator(mode="after")
    def _check_spans(self) -> Augmentation:
        for name in ("scale", "ratio"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} is [{low}, {high}]; the lower value is expected first")
        if self.scale[1] > 1:
            raise ValueError(f"scale goes up to {self.scale[1]}; a crop's area is at most 1")
        return self

    @property
    def resizes(self) -> bool:
        """True if the crop has a random size and is resized."""
        return [*self.scale, *self.ratio] != [1, 1, 1, 1]


def augment(
    frames: np.ndarray,
    crop: tuple[int, int],
    settings: Augmentation,
    rng: np.random.Generator,
) -> np.ndarray:
    """Move, cut and recolour the frames of a clip, uint8 [N, H, W, 3] RGB -> [N, h, w, 3].

    Args:
        crop: (h, w) of the result in pixels.
        rng: source of all random numbers; the draws do not depend on the frames' content.
    """
    moved = _move(frames, crop, settings, rng)
    matrix = _draw_colours(moved, settings, rng)
    return moved if matrix is None else _recolour(moved, matrix)


def _move(
    frames: np.ndarray, crop: tuple[int, int], settings: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """Rotate, shift, crop, resize and mirror, in one pass over each frame."""
    import numpy as np

    size = frames.shape[1:3]
    # Draw the same numbers whatever is switched on, so one setting does not change another's.
    drawn = _draw_window(size, settings, rng)
    window = drawn if settings.resizes else crop
    # Draw shares: integers take nothing from the generator if there is only one place.
    places = rng.random(2) * (size[0] - window[0] + 1, size[1] - window[1] + 1)
    top, left = int(places[0]), int(places[1])
    turn = rng.uniform(-1, 1) * settings.rotation
    turns = rng.random() < settings.rotation_probability and turn != 0
    # Shift by whole pixels, so that a clip that is only shifted is copied, not resampled.
    most = np.floor(settings.translation * np.array([size[1], size[0]]))
    shift = np.floor(rng.random(2) * (2 * most + 1)) - most
    shifts = rng.random() < settings.translation_probability and shift.any()
    flip = rng.random() < settings.flip
    if not turns:
        down, across = (int(each) * bool(shifts) for each in shift[::-1])
        cut = _cut(frames, top - down, left - across, window)
        return _fit(cut, crop, flip) if flip or window != crop else cut
    source = _source_map(size, crop, (top, left, *window), turn, shift * bool(shifts), flip)
    return _warp(frames, crop, source)


def _draw_window(
    size: tuple[int, int], settings: Augmentation, rng: np.random.Generator
) -> tuple[int, int]:
    """Draw (height, width) of a crop of random area and shape, at most the frame's size."""
    area = size[0] * size[1] * rng.uniform(*settings.scale)
    shape = math.exp(rng.uniform(*map(math.log, settings.ratio)))
    height, width = math.sqrt(area / shape), math.sqrt(area * shape)
    return max(1, min(size[0], round(height))), max(1, min(size[1], round(width)))


def _source_map(
    size: tuple[int, int],
    crop: tuple[int, int],
    window: tuple[int, int, int, int],
    turn: float,
    shift: np.ndarray,
    flip: bool,
) -> np.ndarray:
    """Map each pixel of the result to its place in a frame: a matrix [2, 3] for pixel centres.

    The forward map rotates the frame about its centre by `turn` degrees, shifts it by (x, y), cuts
    out `window` (top, left, height, width), resizes it to `crop` and mirrors it if `flip` is true.
    This function returns the inverse map.
    """
    import numpy as np

    top, left, height, width = window
    across, down = width / crop[1], height / crop[0]
    start = left + 0.5 * across - 0.5
    if flip:
        across, start = -across, start + across * (crop[1] - 1)
    cut = np.array([[across, 0, start], [0, down, top + 0.5 * down - 0.5], [0, 0, 1]])
    middle = np.array([(size[1] - 1) / 2, (size[0] - 1) / 2])
    angle = math.radians(turn)
    turned = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    back = np.column_stack([turned, middle - turned @ (middle + shift)])
    return back @ cut


def _warp(frames: np.ndarray, crop: tuple[int, int], source: np.ndarray) -> np.ndarray:
    """Sample frames at the positions of `source`, [N, h, w, 3]; black outside the frame."""
    import cv2
    import numpy as np

    # OpenCV warps four channels in less than half the time of three.
    wide, turned = np.empty((*frames.shape[1:3], 4), np.uint8), np.empty((*crop, 4), np.uint8)
    moved, how = np.empty((len(frames), *crop, 3), np.uint8), cv2.INTER_LINEAR
    for frame, target in zip(frames, moved, strict=True):
        cv2.cvtColor(frame, cv2.COLOR_RGB2RGBA, dst=wide)
        cv2.warpAffine(wide, source, crop[::-1], dst=turned, flags=how | cv2.WARP_INVERSE_MAP)
        cv2.cvtColor(turned, cv2.COLOR_RGBA2RGB, dst=target)
    return moved


def _cut(frames: np.ndarray, top: int, left: int, window: tuple[int, int]) -> np.ndarray:
    """Cut the window (height, width) out of each frame; black outside the frame."""
    import numpy as np

    bottom, right = top + window[0], left + window[1]
    inside = frames[:, max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if inside.shape[1:3] == window:
        return inside
    cut = np.zeros((len(frames), *window, 3), np.uint8)
    row, column = max(0, -top), max(0, -left)
    cut[:, row : row + inside.shape[1], column : column + inside.shape[2]] = inside
    return cut


def _fit(frames: np.ndarray, crop: tuple[int, int], flip: bool) -> np.ndarray:
    """Resize frames to `crop` and mirror them if `flip` is true."""
    import cv2
    import numpy as np

    fitted = np.empty((len(frames), *crop, 3), np.uint8)
    # Intel's inexact rounding (off by at most 1 of 255) takes half the time of OpenCV's.
    before = cv2.ipp.useIPP_NotExact()
    cv2.ipp.setUseIPP_NotExact(True)
    try:
        for frame, target in zip(frames, fitted, strict=True):
            cv2.resize(frame, crop[::-1], dst=target, interpolation=cv2.INTER_LINEAR)
            if flip:
                cv2.flip(target, 1, dst=target)
    finally:
        cv2.ipp.setUseIPP_NotExact(before)
    return fitted


def _draw_colours(
    frames: np.ndarray, settings: Augmentation, rng: np.random.Generator
) -> np.ndarray | None:
    """Draw the clip's colour matrix, [3, 4] (the last column is added); None for no change.

    Brightness, contrast, saturation and hue are applied in this order. Contrast stretches about the
    clip's mean grey. Hue rotates the plane of colour differences (YIQ), so a matrix can express it.
    """
    import numpy as np

    strengths = (settings.brightness, settings.contrast, settings.saturation)
    bright, contrast, vivid = (rng.uniform(1 - each, 1 + each) for each in strengths)
    hue = rng.uniform(-settings.hue, settings.hue)
    changes, grey = rng.random() < settings.colour_probability, rng.random() < settings.grey
    if not changes or not (any(strengths) or settings.hue):
        bright, contrast, vivid, hue = 1.0, 1.0, 1.0, 0.0
        if not grey:
            return None
    mean = 0.0
    if contrast != 1:
        seen = frames[::GREY_STEP, ::GREY_STEP, ::GREY_STEP].mean((0, 1, 2))
        mean = bright * float(seen @ np.array(LUMA))
    luma = np.tile(LUMA, (3, 1))
    vivid = 0.0 if grey else vivid
    colour = _turn_hue(hue) @ (vivid * np.eye(3) + (1 - vivid) * luma)
    # Rows of `colour` sum to 1, so a grey offset passes through it unchanged.
    return np.column_stack([bright * contrast * colour, np.full(3, (1 - contrast) * mean)])


def _turn_hue(turns: float) -> np.ndarray:
    """Return the matrix that rotates the hue of an RGB value and keeps its luma."""
    import numpy as np

    to_yiq = np.array([LUMA, [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    cos, sin = math.cos(2 * math.pi * turns), math.sin(2 * math.pi * turns)
    turn = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    return np.linalg.inv(to_yiq) @ turn @ to_yiq


def _recolour(frames: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Apply a [3, 4] matrix to every pixel; round the result and clip it to 0 ... 255."""
    import cv2
    import numpy as np

    count, height, width, _ = frames.shape
    # One tall picture takes one call for the clip instead of one per frame.
    tall = np.ascontiguousarray(frames).reshape(count * height, width, 3)
    return cv2.transform(tall, matrix).reshape(frames.shape)
