"""Part of config.json that models with an S3D share: sizes and preparation of frames."""

from __future__ import annotations

from typing import Any

from sign2text.models.prepared_frames import PreparedFramesConfig


class S3DConfig(PreparedFramesConfig):
    """Sizes of S3D, and how to prepare frames for it."""

    model_type = "s3d"

    blocks: int = 4
    width: float = 1.0
    """Factor of the channels of each layer."""
    norm_momentum: float = 1e-3
    """A batch's share in BatchNorm's running statistics."""

    def __post_init__(self, **kwargs: Any) -> None:
        if self.blocks not in (4, 5) or not self.width > 0:
            raise ValueError(
                f"blocks is {self.blocks} and width {self.width}; 4 or 5 blocks are expected, and "
                "a width above 0"
            )
        super().__post_init__(**kwargs)
