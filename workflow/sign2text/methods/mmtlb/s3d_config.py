"""Part of config.json that models with an S3D share: sizes and preparation of frames."""

from __future__ import annotations

from typing import Any

from transformers.configuration_utils import PreTrainedConfig

from sign2text.data.frame_format import FrameFormat


class S3DConfig(PreTrainedConfig):
    """Sizes of S3D, and how to prepare frames for it.

    `frame_size` (height, width), `frame_quality`, `frame_codec`, `frame_rate` (frames a second;
    None if it varied or is unknown) and `crop_size` are the training's values.
    `augmentation` lists the training's changes to frames besides the crop (data/augmentation.py).
    """

    model_type = "s3d"

    blocks: int = 4
    width: float = 1.0
    """Factor of the channels of each layer."""
    norm_momentum: float = 1e-3
    """A batch's share in BatchNorm's running statistics."""
    frame_size: list[int] | tuple[int, ...] = (256, 256)
    frame_quality: int = 90
    frame_codec: str = "jpeg"
    frame_rate: float | None = None
    crop_size: list[int] | tuple[int, ...] = (224, 224)
    augmentation: dict | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        if self.blocks not in (4, 5) or not self.width > 0:
            raise ValueError(
                f"blocks is {self.blocks} and width {self.width}; 4 or 5 blocks are expected, and "
                "a width above 0"
            )
        super().__post_init__(**kwargs)

    @property
    def frame_format(self) -> FrameFormat:
        """Format in which to store the frames of a new clip before cropping."""
        return FrameFormat(
            tuple(self.frame_size), self.frame_quality, self.frame_codec, self.frame_rate
        )


def frame_values(stored: FrameFormat, crop: tuple[int, int]) -> dict[str, Any]:
    """Return the values of `S3DConfig` for frames in the format `stored`, cropped to `crop`.

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
