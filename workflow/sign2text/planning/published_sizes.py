"""Untrained models in the sizes of published ones, from their configurations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import (
    AutoConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    ResNetConfig,
    ResNetModel,
)

from sign2text.config.published_models import MODELS, asked_for, is_folder
from sign2text.ground.errors import InputError
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.models.language_model import make_language_model
from sign2text.models.loading import check_size, load_config
from sign2text.models.small_language_models import gpt2_config, mbart_config, mt5_config
from sign2text.untrusted.model_folder import check_folder
from sign2text.untrusted.model_weights import WEIGHTS, measure, weight_files

RESNETS = {
    "microsoft/resnet-18": {
        "embedding_size": 64,
        "hidden_sizes": [64, 128, 256, 512],
        "depths": [2, 2, 2, 2],
        "layer_type": "basic",
    }
}
LANGUAGE_MODELS = {
    "dbmdz/german-gpt2": {
        "layers": 12,
        "heads": 12,
        "width": 768,
        "feed_forward": 3072,
        "positions": 1024,
        "dropout": 0.1,
    },
    "facebook/mbart-large-cc25": {
        "layers": 12,
        "heads": 16,
        "width": 1024,
        "feed_forward": 4096,
        "positions": 1024,
        "dropout": 0.1,
        "attention_dropout": 0.0,
    },
    "google/mt5-base": {
        "layers": 12,
        "heads": 12,
        "width": 768,
        "feed_forward": 2048,
        "dropout": 0.1,
    },
}


def untrained_model(
    stage: str, config: Any, words: PreTrainedTokenizerFast | None
) -> PreTrainedModel:
    """A model like the one that a shared stage makes from a published one, with random weights.

    Args:
        stage: pretrain_frame_encoder or pretrain_language_model.
        words: the tokenizer that a language model's vocabulary is cut to.

    Raises:
        InputError: the model's sizes are not known here.
    """
    if stage == "pretrain_frame_encoder":
        return FrameEncoder(frame_encoder_config(config))
    sizes = language_model_config(config, words)
    return make_language_model(sizes, own_head=sizes.model_type == "mt5", decoders=True)


def frame_encoder_config(config: Any) -> FrameEncoderConfig:
    """Sizes of the frame encoder that the settings name as published."""
    name, _ = asked_for(config)
    if is_folder(name):
        return FrameEncoderConfig(resnet=_config_in(Path(name), ResNetConfig, ResNetModel))
    sizes = _known("pretrain_frame_encoder", name, RESNETS)
    return FrameEncoderConfig(resnet=ResNetConfig(**sizes))


def language_model_config(config: Any, words: PreTrainedTokenizerFast) -> PreTrainedConfig:
    """Sizes of the language model that the settings name as published, cut to `words`."""
    name, _ = asked_for(config)
    if is_folder(name):
        found = _config_in(Path(name), AutoConfig, _language_model)
        found.vocab_size = len(words)
        return found
    sizes = _known("pretrain_language_model", name, LANGUAGE_MODELS)
    if name == MODELS["gpt2"]:
        return gpt2_config(words, **sizes)
    return mbart_config(words, **sizes) if "positions" in sizes else mt5_config(words, **sizes)


def _language_model(config: PreTrainedConfig) -> PreTrainedModel:
    return make_language_model(config, own_head=False, decoders=True)


def _config_in(folder: Path, kind: Any, model: Any) -> PreTrainedConfig:
    """The configuration in a folder, of a model as large as its weights where they are there."""
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
