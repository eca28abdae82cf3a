"""The translator that fine-tuning trains: a trained visual encoder, and a language model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, set_seed

from sign2text.methods.fla_llm.translator import (
    SignTranslator,
    SignTranslatorConfig,
    load_translator,
)
from sign2text.models.language_model import has_own_head, load_language_model

log = logging.getLogger(__name__)


def build_translator(
    visual_init: Path, language_model: Path, stored: str, config: Any
) -> SignTranslator:
    """Visual encoder of `visual_init`; a fresh LLM-Adapter; the language model.

    `visual_init` and `language_model` are folders, `stored` is what the features are that are read,
    `config` the `Config` of the stage finetune_llm.
    Says what was loaded; a weight that is missing or left over is an error.
    """
    visual = load_translator(visual_init)
    llm = load_language_model(language_model, config.dropout, config.attention_dropout)
    log.info(
        "visual encoder from %s, %d tensors, trained: %s; language model from %s, %d tensors",
        visual_init,
        len(visual.encoder.state_dict()),
        config.trained_visual,
        language_model,
        len(llm.state_dict()),
    )
    return make_translator(config, visual, llm, stored)


def make_translator(
    config: Any, visual: SignTranslator, llm: PreTrainedModel, stored: str
) -> SignTranslator:
    """The model that is trained: `visual`'s encoder, a fresh LLM-Adapter, and `llm`.

    Of the encoder all is frozen but what `trained_visual` names. The adapter reads the features as
    they are `stored`, or after what is trained of the encoder.
    """
    feature = stored if config.trained_visual == "nothing" else "sign_wise"
    light_t = None
    if feature == "hidden_states":
        light_t = visual.config.language_model
        visual.add_hidden_states()
    values = visual.config.to_dict() | {
        "language_model": llm.config,
        "light": False,
        "own_head": has_own_head(llm),
        "feature": feature,
        "light_t": light_t,
        "trained_visual": config.trained_visual,
    }
    set_seed(config.seed)
    model = SignTranslator(SignTranslatorConfig(**values))
    model.encoder.load_state_dict(visual.encoder.weights())
    model.language_model.load_state_dict(llm.state_dict())
    if config.trained_visual == "nothing":
        model.freeze_encoder()
    elif config.trained_visual == "temporal_module":
        model.freeze_frame_encoder()
    if config.training.checkpointing:
        model.use_checkpointing()
    return model
