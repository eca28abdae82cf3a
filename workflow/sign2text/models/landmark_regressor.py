"""A frame encoder that learns to locate landmarks (targets: avatar/landmark_frames.py)."""

from __future__ import annotations

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import ImageClassifierOutput

from sign2text.avatar.landmark_frames import TARGETS
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig


class LandmarkRegressor(PreTrainedModel):
    """The frame encoder with a linear layer on top, which is discarded after training."""

    config_class = FrameEncoderConfig
    main_input_name = "frames"

    def __init__(self, config: FrameEncoderConfig) -> None:
        super().__init__(config)
        self.frames = FrameEncoder(config)
        self.head = nn.Linear(config.width, TARGETS)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Keep the initial weights: the ResNet draws its own, torch draws the linear layer's."""

    def forward(self, frames: torch.Tensor) -> ImageClassifierOutput:
        """Predict places and shapes [M, TARGETS] of the landmarks in frames uint8 [M, H, W, 3]."""
        return ImageClassifierOutput(logits=self.head(self.frames(frames)))
