"""Untrained models in the sizes of published ones, made from their configurations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import (
    AutoConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from sign2text.config.published_models import MODELS, asked_for, is_folder
from sign2text.ground.errors import InputError
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.models.frame_encoder_sources import ARCHITECTURES
from sign2text.models.language_model import make_language_model
from sign2text.models.loading import check_size, load_config
from sign2text.models.published_sizes import FRAME_ENCODERS, LANGUAGE_MODELS
from sign2text.models.small_language_models import (
    gpt2_config,
    mbart_config,
    mt5_config,
    t5_config,
    xglm_config,
)
from sign2text.untrusted.model_folder import check_folder
from sign2text.untrusted.model_weights import WEIGHTS, measure, weight_files


def untrained_model(
    stage: str, config: Any, words: PreTrainedTokenizerFast | None
) -> PreTrainedModel:
    """Make a model as a shared stage makes it from a published one, but with random weights.

    Args:
        stage: pretrain_frame_encoder or pretrain_language_model.
        words: the tokenizer to whose vocabulary a language model is trimmed.

    Raises:
        InputError: the model's sizes are unknown.
    """
    if stage == "pretrain_frame_encoder":
        return FrameEncoder(frame_encoder_config(config))
    sizes = language_model_config(config, words)
    # A T5 that does not scale what its head reads has its own head: version 1.1 and ByT5.
    own = sizes.model_type == "mt5" or getattr(sizes, "scale_decoder_outputs", None) is False
    return make_language_model(sizes, own_head=own, decoders=True)


def frame_encoder_config(config: Any) -> FrameEncoderConfig:
    """Return the sizes of the published frame encoder that the settings name."""
    name, _ = asked_for(config)
    kind = ARCHITECTURES[config.architecture]
    if is_folder(name):
        found = _config_in(Path(name), kind.config, kind.model)
    else:
        known = FRAME_ENCODERS[config.architecture]
        found = kind.config(**_known("pretrain_frame_encoder", name, known))
    return FrameEncoderConfig(**{config.architecture: found})


def language_model_config(config: Any, words: PreTrainedTokenizerFast) -> PreTrainedConfig:
    """Return the sizes of the published language model in the settings, trimmed to `words`."""
    name, _ = asked_for(config)
    if is_folder(name):
        found = _config_in(Path(name), AutoConfig, _language_model)
        found.vocab_size = len(words)
        return found
    sizes = _known("pretrain_language_model", name, LANGUAGE_MODELS)
    if name == MODELS["gpt2"]:
        return gpt2_config(words, **sizes)
    if name.startswith("facebook/xglm-"):
        return xglm_config(words, **sizes)
    if name.startswith(("google/t5-v1_1-", "google/byt5-")):
        return t5_config(words, **sizes)
    return mbart_config(words, **sizes) if "positions" in sizes else mt5_config(words, **sizes)


def _language_model(config: PreTrainedConfig) -> PreTrainedModel:
    return make_language_model(config, own_head=False, decoders=True)


def _config_in(folder: Path, kind: Any, model: Any) -> PreTrainedConfig:
    """Read a folder's configuration; compare it with the size of the weights, if present."""
    folder, advice = folder.expanduser(), "Correct `published`, or fetch the model again."
    check_folder(folder, advice)
    config = load_config(folder, kind, advice)
    if (folder / WEIGHTS).is_file():
        check_size(model, config, measure(weight_files(folder), advice=advice), folder)
    return config


def _known(stage: str, name: str, sizes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if name not in sizes:
        raise InputError(
            f"{stage}.published: nothing is known here of the sizes of '{name}', expected "
            f"{', '.join(sizes)} or a folder on this machine. Give the folder of a downloaded copy."
        )
    return sizes[name]
