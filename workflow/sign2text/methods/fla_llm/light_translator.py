"""The translator that visual initialising trains: a frame encoder, and Light-T at random."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast, set_seed

from sign2text.data.frame_store import FrameFormat, FrameStore
from sign2text.ground.settings import to_json_values
from sign2text.methods.fla_llm.light_t import mbart_config
from sign2text.methods.fla_llm.translator import SignTranslator, SignTranslatorConfig
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig, load_frame_encoder

log = logging.getLogger(__name__)


def build_translator(
    frame_encoder: Path, frames: Path, tokenizer: PreTrainedTokenizerFast, config: Any
) -> SignTranslator:
    """The model that is trained, for frames as those in the store `frames`.

    Args:
        frame_encoder: the folder that pretrain_frame_encoder wrote.
        config: the `Config` of the stage visual_init; its seed draws the weights.

    Raises:
        InputError: the folder or the store is missing, was cut, or is something else.
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
    config: Any,
    encoder: FrameEncoder,
    tokenizer: PreTrainedTokenizerFast,
    frame_format: FrameFormat,
) -> SignTranslator:
    """The same from a loaded `encoder`: its weights, and the rest with random ones."""
    model = SignTranslator(translator_config(config, encoder.config, tokenizer, frame_format))
    model.encoder.frames.load_state_dict(encoder.state_dict())
    if not config.train_frame_encoder:
        model.freeze_frame_encoder()
    if config.training.checkpointing:
        model.use_checkpointing()
    return model


def translator_config(
    config: Any,
    frames: FrameEncoderConfig,
    tokenizer: PreTrainedTokenizerFast,
    frame_format: FrameFormat,
) -> SignTranslatorConfig:
    """The model's configuration from the stage's settings and inputs."""
    light = config.light_t
    return SignTranslatorConfig(
        frames=frames,
        language_model=mbart_config(
            tokenizer,
            layers=light.layers,
            heads=light.heads,
            width=light.width,
            feed_forward=light.feed_forward,
            positions=light.positions,
            dropout=light.dropout,
            attention_dropout=light.attention_dropout,
        ),
        temporal_kernel=config.temporal_kernel,
        frame_size=list(frame_format.size),
        frame_quality=frame_format.quality,
        frame_codec=frame_format.codec,
        crop_size=[config.crop_height, config.crop_width],
        sampling_rate=config.sampling_rate,
        augmentation=to_json_values(config.augmentation),
    )
