"""The frame encoder: a ResNet frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel, ResNetConfig, ResNetModel
from transformers.configuration_utils import PreTrainedConfig

from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file
from sign2text.models.loading import check_loaded, load_config, load_model
from sign2text.untrusted.model_folder import check_folder

# Mean and standard deviation of ImageNet's RGB values, which its checkpoints expect.
IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)

# torch 2.13 on the CPU now and then writes outside its memory in the backward pass of channels_last
# convolutions with fewer channels than this.
LEAST_CHANNELS_LAST = 16

FRAMES_AT_ONCE = 256
"""Most frames that evaluation computes maps of at once.

A ResNet18 takes 6.7 MB for a frame of 224 x 224, so 1.7 GB for these and 27 GB for a clip of 4096.
"""


class FrameEncoderConfig(PreTrainedConfig):
    """Sizes of the frame encoder.

    The ResNet's maps are averaged over the whole picture (`grid` 1, the paper's) or over each cell
    of a `grid` x `grid`, which keeps where things are. With `projection` above 0 a linear layer and
    a ReLU bring the averages to that many values.
    """

    model_type = "frame_encoder"
    sub_configs: ClassVar = {"resnet": ResNetConfig}

    resnet: dict | ResNetConfig | None = None
    grid: int = 1
    projection: int = 0

    def __post_init__(self, **kwargs: Any) -> None:
        if not isinstance(self.resnet, ResNetConfig):
            self.resnet = ResNetConfig(**(self.resnet or {}))
        super().__post_init__(**kwargs)

    @property
    def width(self) -> int:
        """Values a frame."""
        return self.projection or self.resnet.hidden_sizes[-1] * self.grid**2


class FrameEncoder(PreTrainedModel):
    """Pictures to frame-wise features."""

    config_class = FrameEncoderConfig
    main_input_name = "frames"

    def __init__(self, config: FrameEncoderConfig) -> None:
        super().__init__(config)
        self.checkpointing = False
        """Whether training keeps each block's input alone and computes the rest a second time."""
        resnet = config.resnet
        self.resnet = ResNetModel(resnet)
        if min(resnet.embedding_size, *resnet.hidden_sizes) >= LEAST_CHANNELS_LAST:
            self.resnet = self.resnet.to(memory_format=torch.channels_last)
        if config.projection:
            averages = resnet.hidden_sizes[-1] * config.grid**2
            self.projection = nn.Linear(averages, config.projection)
        mean, std = torch.tensor(IMAGE_MEAN), torch.tensor(IMAGE_STD)
        # Kept with the weights: from_pretrained does not fill buffers that are not.
        self.register_buffer("scale", 1 / (255 * std).view(1, 3, 1, 1))
        self.register_buffer("shift", -(mean / std).view(1, 3, 1, 1))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Nothing: the ResNet initialises itself, the rest has torch's way."""

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Features [M, C] of frames uint8 [M, H, W, 3] RGB.

        In evaluation mode a frame's features do not depend on its neighbours, so however many are
        given, at most FRAMES_AT_ONCE are in work.
        """
        if self.training:  # BatchNorm's statistics are of all frames of a batch
            return self._features(frames)
        return torch.cat([self._features(part) for part in frames.split(FRAMES_AT_ONCE)])

    def _features(self, frames: torch.Tensor) -> torch.Tensor:
        """Features [M, C] of frames uint8 [M, H, W, 3], all at once."""
        # Permuted, [M, H, W, 3] is [M, 3, H, W] in channels_last memory order.
        images = frames.permute(0, 3, 1, 2).to(self.scale.dtype) * self.scale + self.shift
        maps = self._maps(images)  # [M, C, h, w]
        features = functional.adaptive_avg_pool2d(maps, self.config.grid).flatten(1)
        return torch.relu(self.projection(features)) if self.config.projection else features

    def _maps(self, images: torch.Tensor) -> torch.Tensor:
        """The ResNet's last maps.

        Checkpointed it is by blocks of layers, not by chunks of frames: BatchNorm's statistics are
        of all frames of a batch, so a chunk of them would give other gradients.
        """
        if not (self.checkpointing and self.training):
            return self.resnet(images).last_hidden_state
        stages = self.resnet.encoder.stages
        for block in (self.resnet.embedder, *(layer for stage in stages for layer in stage.layers)):
            images = checkpoint(
                block,
                images,
                use_reentrant=False,
                context_fn=lambda block=block: (nullcontext(), statistics_kept(block)),
            )
        return images


def load_frame_encoder(folder: Path) -> FrameEncoder:
    """Load the frame encoder that pretrain_frame_encoder wrote, in training mode or not as saved.

    Raises:
        InputError: a file is missing or was cut, or the weights do not fit config.json.
    """
    weights = folder / "model.safetensors"
    for path in (folder / "config.json", weights):
        if not is_file(path):
            raise InputError(f"{path}: missing. Run the rule pretrain_frame_encoder to make it.")
    check_folder(folder)
    advice = "The weights do not fit config.json; run pretrain_frame_encoder again."
    config = load_config(folder, FrameEncoderConfig, advice)
    encoder, report = load_model(FrameEncoder, folder, config, advice=advice)
    check_loaded(report, weights, advice)
    return encoder


@contextmanager
def statistics_kept(module: nn.Module) -> Iterator[None]:
    """What is computed in training mode leaves BatchNorm's running statistics as they are."""
    norms = [each for each in module.modules() if isinstance(each, nn.BatchNorm2d)]
    kept = [dict(norm.named_buffers()) for norm in norms]
    for norm, buffers in zip(norms, kept, strict=True):
        for name, value in buffers.items():
            setattr(norm, name, value.clone())
    try:
        yield
    finally:
        for norm, buffers in zip(norms, kept, strict=True):
            for name, value in buffers.items():
                setattr(norm, name, value)
