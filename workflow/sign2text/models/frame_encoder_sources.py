"""Initial frame encoders: with published weights, or small ones with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Protocol

from transformers import (
    Dinov2Config,
    Dinov2Model,
    PreTrainedModel,
    ResNetConfig,
    ResNetModel,
)
from transformers.configuration_utils import PreTrainedConfig

from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.models.loading import check_loaded, load_config, load_model
from sign2text.untrusted.model_folder import check_folder


class Architecture(NamedTuple):
    """A kind of frame encoder supported by the library."""

    config: type[PreTrainedConfig]
    model: type[PreTrainedModel]
    said: str
    """Name in messages."""


ARCHITECTURES = {
    "resnet": Architecture(ResNetConfig, ResNetModel, "ResNet"),
    "dinov2": Architecture(Dinov2Config, Dinov2Model, "DINOv2 without registers"),
}
"""Architectures by their name in settings and in `FrameEncoderConfig`."""


class Sizes(Protocol):
    """Settings that determine a small frame encoder."""

    architecture: str
    transformer: Any
    stem: int
    widths: list[int]
    depths: list[int]
    halve_first: bool
    grid: int
    projection: int
    crop_height: int
    crop_width: int


def published_encoder(folder: Path, architecture: str) -> tuple[FrameEncoder, int]:
    """Load the published model in `folder` without its classifier, all weights accounted for.

    Args:
        architecture: one of ARCHITECTURES.

    Returns:
        the encoder, and how many of its tensors come from the published model.

    Raises:
        InputError: the weights do not fit the model that config.json describes.
    """
    kind = ARCHITECTURES[architecture]
    check_folder(folder)
    advice = (
        f"Expected a {kind.said} of transformers, alone or as image classifier, and weights that "
        "fit its config.json: fetch it again, or choose another model."
    )
    published, report = load_model(
        kind.model,
        folder,
        load_config(folder, kind.config, advice),
        advice=advice,
        maker="fetch_model",
        ignore_mismatched_sizes=True,  # they are refused below, with their names
    )
    left = {name for name in report["unexpected_keys"] if not name.startswith("classifier.")}
    check_loaded({**report, "unexpected_keys": left}, folder, advice)
    encoder = FrameEncoder(FrameEncoderConfig(**{architecture: published.config}))
    weights = published.state_dict()
    getattr(encoder, architecture).load_state_dict(weights)
    return encoder, len(weights)


def small_encoder(config: Sizes) -> FrameEncoderConfig:
    """Return the configuration of the small frame encoder."""
    if config.architecture == "dinov2":
        sizes = config.transformer
        return FrameEncoderConfig(
            dinov2=Dinov2Config(
                # A square crop, the usual one, then has a position for each patch.
                image_size=max(config.crop_height, config.crop_width),
                patch_size=sizes.patch,
                hidden_size=sizes.width,
                num_hidden_layers=sizes.layers,
                num_attention_heads=sizes.heads,
                use_mask_token=False,
            )
        )
    resnet = ResNetConfig(
        embedding_size=config.stem,
        hidden_sizes=config.widths,
        depths=config.depths,
        layer_type="basic",
        downsample_in_first_stage=config.halve_first,
    )
    return FrameEncoderConfig(resnet=resnet, grid=config.grid, projection=config.projection)
