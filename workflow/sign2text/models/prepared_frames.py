"""Preparation of a model's frames, as a part of the config.json of models that read frames."""

from __future__ import annotations

from typing import Any

from transformers.configuration_utils import PreTrainedConfig

from sign2text.data.frame_format import FrameFormat


class PreparedFramesConfig(PreTrainedConfig):
    """Format of the frames that a model was trained with, which new clips must share.

    `frame_size` (height, width), `frame_quality`, `frame_codec`, `frame_rate` (frames per second;
    None if it varied or is unknown) and `crop_size` describe the training frames. `augmentation`
    has the augmentation besides the crop (data/augmentation.py).
    """

    frame_size: list[int] | tuple[int, ...] = (256, 256)
    frame_quality: int = 90
    frame_codec: str = "jpeg"
    frame_rate: float | None = None
    crop_size: list[int] | tuple[int, ...] = (224, 224)
    augmentation: dict | None = None

    @property
    def frame_format(self) -> FrameFormat:
        """Format in which to store the frames of a new clip before cropping."""
        return FrameFormat(
            tuple(self.frame_size), self.frame_quality, self.frame_codec, self.frame_rate
        )


def frame_values(stored: FrameFormat, crop: tuple[int, int]) -> dict[str, Any]:
    """Return the values of `PreparedFramesConfig` for frames of this format and a crop.

    Raises:
        InputError: the crop is larger than the stored frames.
    """
    stored.check_crop(crop)
    return {
        "frame_size": list(stored.size),
        "frame_quality": stored.quality,
        "frame_codec": stored.codec,
        "frame_rate": stored.fps,
        "crop_size": list(crop),
    }
