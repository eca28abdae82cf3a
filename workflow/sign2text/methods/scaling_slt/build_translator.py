"""Build the translator from a language model, or from an earlier training's translator."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from transformers import set_seed

from sign2text.ground.errors import InputError
from sign2text.ground.settings import to_json_values
from sign2text.methods.scaling_slt.model_landmarks import check_extractor
from sign2text.methods.scaling_slt.prompts import time_tokens
from sign2text.methods.scaling_slt.translator import LandmarkTranslator
from sign2text.methods.scaling_slt.translator_config import LandmarkTranslatorConfig
from sign2text.models.language_model import has_own_head, load_language_model, set_dropout
from sign2text.models.new_tokens import add_rows
from sign2text.models.trained_model import load_trained
from sign2text.text.tokenizer import add_tokens
from sign2text.training.settings import Training

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

log = logging.getLogger(__name__)


class Config(Protocol):
    """Settings of the trainings that affect the model; those on clips have `landmarks` too."""

    dropout: float | None
    time_step: float
    time_tokens: int
    prompt_tokens: int
    training: Training
    seed: int


class Languages(Protocol):
    """Languages of a data set, as in languages.json."""

    sign_language: str
    own: str
    languages: Sequence[str]


def build_translator(
    language_model: Path,
    words: PreTrainedTokenizerFast,
    about: Languages,
    config: Config,
    *,
    extractor: Mapping[str, Any],
) -> tuple[LandmarkTranslator, PreTrainedTokenizerFast]:
    """Load the language model, add time tokens and a new landmark layer.

    Args:
        language_model: its folder.
        words: its tokenizer, to which time tokens are added in place.
        extractor: description of the landmarks' extractor; empty for text alone.

    Returns:
        the translator and `words`.

    Raises:
        InputError: the folder holds no encoder-decoder, or it does not fit the tokenizer.
    """
    loaded = load_language_model(language_model, config.dropout)
    set_seed(config.seed)
    add_tokens(words, time_tokens(config.time_tokens))
    add_rows(loaded, words)
    model = LandmarkTranslator(
        LandmarkTranslatorConfig(
            language_model=loaded.config,
            own_head=has_own_head(loaded),
            extractor=dict(extractor),
            **_from_settings(about, config),
        )
    )
    model.language_model.load_state_dict(loaded.state_dict())
    model.tokenizer = words
    if config.training.checkpointing:
        model.language_model.activation_checkpointing_enable()
    log.info(
        "language model %s, %.2f M parameters, output head %s; landmark layer %d parameters; "
        "%d time tokens of %s s",
        *(loaded.config.model_type, loaded.num_parameters() / 1e6),
        "its own" if model.config.own_head else "tied",
        model.landmark_layer.weight.numel(),
        *(config.time_tokens, config.time_step),
    )
    return model, words


def open_translator(
    folder: Path, about: Languages, config: Config, extractor: Mapping[str, Any]
) -> tuple[LandmarkTranslator, PreTrainedTokenizerFast]:
    """Load an earlier training's translator to train it further, perhaps for another data set.

    Args:
        folder: the earlier training's.
        extractor: description of the landmarks' extractor; empty for text alone.

    Returns:
        the translator and its tokenizer.

    Raises:
        InputError: the translator learned other landmarks or time tokens.
    """
    model = load_trained(folder, LandmarkTranslator)
    advice = "Give both trainings landmarks of the same extractor."
    check_extractor(extractor, model.config.extractor, str(folder), advice)
    new = _from_settings(about, config)
    for name in ("landmarks", "time_step", "time_tokens"):
        if (found := getattr(model.config, name)) != new[name]:
            raise InputError(
                f"{folder}: {name} is {found}, expected {new[name]}, as in the settings of this "
                "training. Give both trainings the same."
            )
    new["languages"] = list(dict.fromkeys([*model.config.languages, *new["languages"]]))
    for name, value in new.items():
        setattr(model.config, name, value)
    model.target = model.config.language
    set_dropout(model.config.language_model, config.dropout, None)
    renewed = LandmarkTranslator(model.config)
    renewed.load_state_dict(model.state_dict())
    renewed.tokenizer = model.tokenizer
    set_seed(config.seed)
    if config.training.checkpointing:
        renewed.language_model.activation_checkpointing_enable()
    return renewed, renewed.tokenizer


def _from_settings(about: Languages, config: Config) -> dict[str, Any]:
    """Return what the model's configuration has from the settings and the data set."""
    landmarks = getattr(config, "landmarks", None)
    return {
        "landmarks": None if landmarks is None else to_json_values(landmarks),
        "time_step": config.time_step,
        "time_tokens": config.time_tokens,
        "prompt_tokens": config.prompt_tokens,
        "sign_language": about.sign_language,
        "language": about.own,
        "languages": list(about.languages),
    }
