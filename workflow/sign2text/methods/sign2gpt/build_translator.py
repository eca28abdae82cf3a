"""Build the model of adapt_language_model from an encoder and a frozen language model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

from transformers import set_seed

from sign2text.ground.errors import InputError
from sign2text.ground.settings import to_json_values
from sign2text.methods.sign2gpt.gated_decoder import GatedXGLM
from sign2text.methods.sign2gpt.gated_decoder_config import GatedDecoderConfig
from sign2text.methods.sign2gpt.prototype_model import PrototypeModel
from sign2text.methods.sign2gpt.translator import SignTranslator, SignTranslatorConfig
from sign2text.models.language_model import load_language_model
from sign2text.models.trained_model import load_trained
from sign2text.training.settings import Training

log = logging.getLogger(__name__)


class Config(Protocol):
    """Settings of adapt_language_model that determine the model."""

    through_encoder: bool
    decoder: GatedDecoderConfig
    most_tokens: int
    dropout: float | None
    attention_dropout: float | None
    training: Training
    seed: int


def build_translator(prototypes: Path, language_model: Path, config: Config) -> SignTranslator:
    """Load both models, and add gates and increments to the language model.

    Args:
        prototypes, language_model: output folders of pretrain_prototypes and
            pretrain_language_model.

    Raises:
        InputError: a folder holds another model, weights are missing or unused, or the language
            model has fewer positions than a sentence has tokens.
    """
    encoder = load_trained(prototypes, PrototypeModel)
    encoder.head, encoder.config.pseudo_glosses = None, []
    frozen = load_language_model(
        language_model, config.dropout, config.attention_dropout, decoders=True
    )
    set_seed(config.seed)
    width, where = encoder.encoder.config.width, f"{language_model}: "
    decoder = GatedXGLM.from_base(frozen, config.decoder, width, where)
    if (positions := decoder.config.max_position_embeddings) < config.most_tokens:
        raise InputError(
            f"{where}the language model has {positions} positions, expected at least most_tokens, "
            f"{config.most_tokens}. Lower most_tokens, or raise pretrain_language_model.positions."
        )
    model = SignTranslator(
        SignTranslatorConfig(
            encoder=encoder.config,
            language_model=decoder.config,
            decoder=to_json_values(config.decoder),
            through_encoder=config.through_encoder,
        ),
        encoder,
        decoder,
    )
    parts = {f"encoder.{name}": folder for name, folder in encoder.frozen_parts.items()}
    model.frozen_parts = parts | {"decoder": language_model}
    if not config.through_encoder:
        model.frozen_parts["encoder"] = prototypes
    if config.training.checkpointing:
        model.decoder.activation_checkpointing_enable()
        model.encoder.backbone.frame_encoder.checkpointing = True
    log.info(
        "encoder from %s, %s; language model from %s, %.2f M parameters; %.2f M are trained",
        *(prototypes, "trained" if config.through_encoder else "frozen", language_model),
        *(decoder.num_parameters() / 1e6, model.num_parameters(only_trainable=True) / 1e6),
    )
    return model
