"""Build the model for visual initialising: a frame encoder and a randomly initialised Light-T."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Protocol

from transformers import PreTrainedTokenizerFast, set_seed

from sign2text.data.augmentation import Augmentation
from sign2text.data.frame_store import FrameFormat, FrameStore
from sign2text.ground.settings import to_json_values
from sign2text.methods.fla_llm.translator import LightTranslator
from sign2text.methods.fla_llm.translator_config import SignTranslatorConfig
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig, load_frame_encoder
from sign2text.models.small_language_models import mbart_config
from sign2text.training.settings import Training

log = logging.getLogger(__name__)


class Config(Protocol):
    """Settings of the stage visual_init that affect the model."""

    light_t: Any
    train_frame_encoder: bool
    temporal_kernel: int
    crop_height: int
    crop_width: int
    sampling_rate: float
    augmentation: Augmentation
    training: Training
    seed: int


def build_translator(
    frame_encoder: Path, frames: Path, tokenizer: PreTrainedTokenizerFast, config: Config
) -> LightTranslator:
    """Load the frame encoder and build the model for the frame format of the store `frames`.

    Args:
        frame_encoder: the output folder of pretrain_frame_encoder.
        config: settings; the seed draws the weights.

    Raises:
        InputError: the folder or the store is missing, truncated or of another kind.
    """
    set_seed(config.seed)
    encoder = load_frame_encoder(frame_encoder)
    model = make_translator(config, encoder, tokenizer, FrameStore(frames).format)
    log.info(
        "frame encoder from %s, %d tensors, trained: %s; Light-T at random, %.2f M parameters",
        frame_encoder,
        len(encoder.state_dict()),
        "yes" if config.train_frame_encoder else "no",
        model.language_model.num_parameters() / 1e6,
    )
    return model


def make_translator(
    config: Config,
    encoder: FrameEncoder,
    tokenizer: PreTrainedTokenizerFast,
    frame_format: FrameFormat,
) -> LightTranslator:
    """Build the model with the weights of `encoder`, and random weights elsewhere."""
    model = LightTranslator(translator_config(config, encoder.config, tokenizer, frame_format))
    model.encoder.frames.load_state_dict(encoder.state_dict())
    if not config.train_frame_encoder:
        model.freeze_frame_encoder()
    if config.training.checkpointing:
        model.use_checkpointing()
    return model


def translator_config(
    config: Config,
    frames: FrameEncoderConfig,
    tokenizer: PreTrainedTokenizerFast,
    frame_format: FrameFormat,
) -> SignTranslatorConfig:
    """Fill the model's configuration from the stage's settings and inputs."""
    return SignTranslatorConfig(
        frames=frames,
        language_model=mbart_config(tokenizer, **to_json_values(config.light_t)),
        temporal_kernel=config.temporal_kernel,
        frame_size=list(frame_format.size),
        frame_quality=frame_format.quality,
        frame_codec=frame_format.codec,
        frame_rate=frame_format.fps,
        crop_size=[config.crop_height, config.crop_width],
        sampling_rate=config.sampling_rate,
        augmentation=to_json_values(config.augmentation),
    )
