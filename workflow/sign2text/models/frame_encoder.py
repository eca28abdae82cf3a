"""The frame encoder: a ResNet or a vision transformer frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers import Dinov2Config, PreTrainedModel, ResNetConfig, ResNetModel
from transformers.configuration_utils import PreTrainedConfig

from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file
from sign2text.models.loading import check_loaded, load_config, load_model
from sign2text.models.vision_transformer import VisionTransformer
from sign2text.untrusted.model_folder import check_folder

# Mean and standard deviation of ImageNet's RGB values, which published weights expect.
IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)

# On the CPU, torch 2.13 sometimes writes out of bounds in the backward pass of channels_last
# convolutions with fewer channels than this.
LEAST_CHANNELS_LAST = 16

FRAMES_AT_ONCE = 256
"""Maximum number of frames whose maps evaluation computes at once.

A ResNet18 takes 6.7 MB for a frame of 224 x 224: 1.7 GB for these, 27 GB for a clip of 4096 frames.
"""


class FrameEncoderConfig(PreTrainedConfig):
    """Sizes of the frame encoder.

    The ResNet's maps are averaged over the whole image (`grid` 1, as in the paper) or over each
    cell of a `grid` x `grid`, which preserves positions. With `projection` above 0, a linear layer
    and a ReLU map the averages to that many values.

    With `dinov2`, it is a vision transformer instead; a frame's features are its class token.
    """

    model_type = "frame_encoder"
    sub_configs: ClassVar = {"resnet": ResNetConfig, "dinov2": Dinov2Config}

    resnet: dict | ResNetConfig | None = None
    dinov2: dict | Dinov2Config | None = None
    grid: int = 1
    projection: int = 0

    def __post_init__(self, **kwargs: Any) -> None:
        if isinstance(self.dinov2, dict):
            self.dinov2 = Dinov2Config(**self.dinov2)
        if self.dinov2 is None and not isinstance(self.resnet, ResNetConfig):
            self.resnet = ResNetConfig(**(self.resnet or {}))
        if self.dinov2 is not None and (self.resnet or self.grid != 1 or self.projection):
            raise ValueError(
                "dinov2 with resnet, grid or projection, which are of a ResNet; expected one of "
                "both architectures"
            )
        super().__post_init__(**kwargs)

    @property
    def width(self) -> int:
        """Number of values per frame."""
        if self.dinov2 is not None:
            return self.dinov2.hidden_size
        return self.projection or self.resnet.hidden_sizes[-1] * self.grid**2


class FrameEncoder(PreTrainedModel):
    """Frame-wise features of images."""

    config_class = FrameEncoderConfig
    main_input_name = "frames"

    def __init__(self, config: FrameEncoderConfig) -> None:
        super().__init__(config)
        self.checkpointing = False
        """True: training stores only each block's input and recomputes the rest."""
        if config.dinov2 is not None:
            self.dinov2 = VisionTransformer(config.dinov2)
        else:
            self._make_resnet(config)
        mean, std = torch.tensor(IMAGE_MEAN), torch.tensor(IMAGE_STD)
        # Saved with the weights, since from_pretrained does not initialise unsaved buffers.
        self.register_buffer("scale", 1 / (255 * std).view(1, 3, 1, 1))
        self.register_buffer("shift", -(mean / std).view(1, 3, 1, 1))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Do nothing: ResNet and transformer initialise themselves; torch initialises the rest."""

    def _make_resnet(self, config: FrameEncoderConfig) -> None:
        resnet = config.resnet
        self.resnet = ResNetModel(resnet)
        if min(resnet.embedding_size, *resnet.hidden_sizes) >= LEAST_CHANNELS_LAST:
            self.resnet = self.resnet.to(memory_format=torch.channels_last)
        if config.projection:
            averages = resnet.hidden_sizes[-1] * config.grid**2
            self.projection = nn.Linear(averages, config.projection)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Compute features [M, C] of frames uint8 [M, H, W, 3] RGB.

        In evaluation mode a frame's features do not depend on the other frames, so they are
        computed for at most FRAMES_AT_ONCE frames at once.
        """
        if self.training:  # BatchNorm's statistics cover all frames of a batch
            return self._features(frames)
        return torch.cat([self._features(part) for part in frames.split(FRAMES_AT_ONCE)])

    def images(self, frames: torch.Tensor) -> torch.Tensor:
        """Normalise frames uint8 [M, H, W, 3] to images [M, 3, H, W]."""
        # Permuted, [M, H, W, 3] is [M, 3, H, W] in channels_last memory order.
        return frames.permute(0, 3, 1, 2).to(self.scale.dtype) * self.scale + self.shift

    def _features(self, frames: torch.Tensor) -> torch.Tensor:
        """Compute features [M, C] of frames uint8 [M, H, W, 3], all at once."""
        images = self.images(frames)
        if self.config.dinov2 is not None:
            vision = self.dinov2
            again, blocks = self.checkpointing and self.training, range(len(vision.blocks))
            tokens = vision.transform(vision.embed(images), blocks, checkpointing=again)
            return vision.class_tokens(tokens)
        maps = self._maps(images)  # [M, C, h, w]
        features = functional.adaptive_avg_pool2d(maps, self.config.grid).flatten(1)
        return torch.relu(self.projection(features)) if self.config.projection else features

    def _maps(self, images: torch.Tensor) -> torch.Tensor:
        """Compute the ResNet's last maps.

        Checkpointing is by blocks of layers, not by chunks of frames: BatchNorm's statistics cover
        all frames of a batch, so chunks would change the gradients.
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
    """Keep BatchNorm's running statistics unchanged in the block, also in training mode."""
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
