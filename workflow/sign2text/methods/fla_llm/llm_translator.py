"""Build the model for fine-tuning: a trained visual encoder and a language model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

from transformers import PreTrainedModel, set_seed

from sign2text.data.feature_store import FeatureStore
from sign2text.ground.errors import InputError
from sign2text.methods.fla_llm.translator import LightTranslator, LLMTranslator
from sign2text.methods.fla_llm.translator_config import SignTranslatorConfig
from sign2text.models.language_model import has_own_head, load_language_model
from sign2text.models.trained_model import load_trained
from sign2text.training.settings import Training

log = logging.getLogger(__name__)


class Config(Protocol):
    """Settings of the stage finetune_llm that affect the model."""

    trained_visual: str
    dropout: float | None
    attention_dropout: float | None
    training: Training
    seed: int


def stored_feature(features: Path | None) -> str:
    """Return the name of the features in a store, sign_wise if frames are read instead.

    Raises:
        InputError: the features are those of another method.
    """
    if features is None:
        return "sign_wise"
    found = FeatureStore(features).about["feature"]
    if found not in LightTranslator.features:
        raise InputError(
            f"{features}: holds features '{found}', expected one of "
            f"{', '.join(LightTranslator.features)}. They are of another method: run "
            "extract_features with the model of visual_init."
        )
    return found


def build_translator(
    visual_init: Path, language_model: Path, stored: str, config: Config
) -> LLMTranslator:
    """Load visual encoder and language model, and put a new LLM-Adapter between them.

    Args:
        visual_init, language_model: output folders of the two stages.
        stored: name of the stored features to read.

    Raises:
        InputError: a folder holds another model, or weights are missing or unused.
    """
    visual = load_trained(visual_init, LightTranslator)
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
    config: Config, visual: LightTranslator, llm: PreTrainedModel, stored: str
) -> LLMTranslator:
    """Build the model from `visual`'s encoder, a new LLM-Adapter, and `llm`.

    The encoder is frozen except for the part that `trained_visual` names. The adapter reads the
    `stored` features, or the output of the encoder's trained part.
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
    model = LLMTranslator(SignTranslatorConfig(**values))
    model.encoder.load_state_dict(visual.encoder.weights())
    model.language_model.load_state_dict(llm.state_dict())
    if config.trained_visual == "nothing":
        model.freeze_encoder()
    elif config.trained_visual == "temporal_module":
        model.freeze_frame_encoder()
    if config.training.checkpointing:
        model.use_checkpointing()
    return model
