"""The language model: any encoder-decoder of the transformers library that takes embeddings.

mBART and mT5 are FLa-LLM's (table 10). Methods that need only a decoder can also use GPT-2 and
XGLM.
This module handles the differences between architectures: whether the output head has separate
weights, whether the number of positions is limited, and the names of the dropout rates.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import safe_open
from torch import nn
from transformers import (
    CONFIG_MAPPING,
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    GenerationConfig,
    PreTrainedModel,
)
from transformers.configuration_utils import PreTrainedConfig
from transformers.utils.logging import disable_progress_bar

from sign2text.config.published_models import DECODERS
from sign2text.ground.errors import InputError
from sign2text.ground.files import read_json
from sign2text.models.loading import check_loaded, load_config, load_model
from sign2text.untrusted.model_folder import check_folder
from sign2text.untrusted.model_weights import tensors_in, weight_files

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_WANTED = "Expected an encoder-decoder that writes text, such as mBART or mT5, as safetensors."

log = logging.getLogger(__name__)


def read_config(values: Mapping[str, Any] | PreTrainedConfig | None) -> PreTrainedConfig:
    """Return the configuration of the language model from a translator's config.json.

    It keeps its type (MBartConfig, MT5Config, ...); without a model_type it is an MBartConfig.
    """
    if isinstance(values, PreTrainedConfig):
        return values
    values = {"model_type": "mbart"} | dict(values or {})
    return CONFIG_MAPPING[values.pop("model_type")](**values)


def make_language_model(
    config: PreTrainedConfig, own_head: bool, *, decoders: bool = False
) -> PreTrainedModel:
    """Make the model that `config` describes, with random weights.

    Args:
        own_head: the output head has separate weights, not those of the word embedding.
        decoders: decoder-only models are allowed.

    Raises:
        InputError: the model has another type, or its encoder takes no embeddings.
    """
    check_kind(config, decoders)
    decoder = is_decoder(config)
    kinds = MODEL_FOR_CAUSAL_LM_MAPPING if decoder else MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING
    model = kinds[type(config)](config)
    check_encoder(model)
    if own_head:
        give_own_head(model)
        # Our choice: logits of about 1. T5's embeddings are far too large for an output head.
        nn.init.normal_(model.get_output_embeddings().weight, std=config.hidden_size**-0.5)
    model.generation_config = decoding_tokens(config)
    return model


def load_language_model(
    folder: Path,
    dropout: float | None = None,
    attention_dropout: float | None = None,
    *,
    decoders: bool = False,
) -> PreTrainedModel:
    """Load the language model in `folder` from its safetensors, in float32.

    Args:
        dropout, attention_dropout: rates that replace the model's, if given.
        decoders: see `make_language_model`.

    Raises:
        InputError: the model is missing or has another type, its weights do not fit its
            configuration, or its encoder takes no embeddings.
    """
    check_folder(folder)
    config = load_config(folder, advice=_WANTED)
    if decoders or is_decoder(config):  # for other types the library explains the problem
        check_kind(config, decoders, f"{folder / 'config.json'}: ")
    set_dropout(config, dropout, attention_dropout)
    disable_progress_bar()  # loading takes a moment, not a wait
    model, report = load_model(
        AutoModelForCausalLM if is_decoder(config) else AutoModelForSeq2SeqLM,
        folder,
        config,
        problem="holds no language model that can be used",
        advice=_WANTED,
        dtype=torch.float32,
    )
    advice = "The weights do not fit config.json: fetch or make the model again."
    check_loaded(report, folder, advice)
    check_encoder(model)
    if publishes_own_head(model, folder):
        give_own_head(model)
    return model


def publishes_own_head(model: PreTrainedModel, folder: Path) -> bool:
    """Return whether the weights in `folder`, loaded into `model`, have their own output head.

    Raises:
        InputError: they should have one by config.json and lack it, or the library tied it.
    """
    head = model.get_output_embeddings()
    (name,) = (f"{name}.weight" for name, module in model.named_modules() if module is head)
    files = [path for path in weight_files(folder) if name in {n for n, *_ in tensors_in(path)}]
    own = read_json(folder / "config.json").get("tie_word_embeddings") is False
    if own and not files:
        raise InputError(
            f"{folder}: config.json has tie_word_embeddings false, but the weights lack {name}, so "
            "the library would tie the output head to the word embeddings. Expected both tensors: "
            "fetch the model again, or use another one."
        )
    if files and not has_own_head(model):
        with safe_open(files[0], framework="pt") as file:
            stored = file.get_tensor(name)
        if not torch.equal(stored.to(head.weight.dtype), head.weight):
            raise InputError(
                f"{files[0]}: {name} differs from the word embeddings, but the library tied both. "
                "Expected an output head of its own: use another model, or another version of "
                "transformers."
            )
    return has_own_head(model) or (own and bool(files))


def is_decoder(config: PreTrainedConfig) -> bool:
    """Return whether the model has no encoder."""
    return config.model_type in DECODERS


def check_kind(config: PreTrainedConfig, decoders: bool, where: str = "") -> None:
    """Raise InputError unless the model's type is allowed; the message begins with `where`."""
    serves = type(config) in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING
    if not (decoders if is_decoder(config) else serves):
        raise InputError(
            f"{where}language model: found model_type '{config.model_type}', expected an "
            f"encoder-decoder that writes text, such as mbart or mt5"
            f"{', or ' + ' or '.join(DECODERS) if decoders else ''}. Choose another model."
        )


def check_encoder(model: PreTrainedModel) -> None:
    """Raise InputError unless the model's encoder takes embeddings in place of tokens."""
    encoder = model if is_decoder(model.config) else model.get_encoder()
    if "inputs_embeds" not in inspect.signature(encoder.forward).parameters:
        raise InputError(
            f"language model: the encoder of a {type(model).__name__} takes no embeddings "
            "(inputs_embeds), which is how features reach it. Choose another model."
        )


def without_cache(encoder: PreTrainedModel) -> dict[str, bool]:
    """Return the arguments that turn off an encoder's cache; empty if it has no such argument."""
    parameters = inspect.signature(encoder.forward).parameters
    free = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    return {"use_cache": False} if free or "use_cache" in parameters else {}


def has_own_head(model: PreTrainedModel) -> bool:
    """Return whether the output head has separate weights from the word embedding (as in mT5)."""
    head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
    return head.weight.data_ptr() != embedding.weight.data_ptr()


def give_own_head(model: PreTrainedModel) -> None:
    """Untie the output head from the word embedding; tied weights are copied.

    The library ties the head of every mT5, although published ones are untied: google/mt5-base has
    both tensors. It loads them correctly, but would tie them when it next reads the configuration.
    """
    head = model.get_output_embeddings()
    names = {f"{name}.weight" for name, module in model.named_modules() if module is head}
    tied = model._tied_weights_keys or {}
    model._tied_weights_keys = {key: value for key, value in tied.items() if key not in names}
    for name in names:
        model.all_tied_weights_keys.pop(name, None)
    if head.weight is model.get_input_embeddings().weight:
        head.weight = nn.Parameter(head.weight.detach().clone())


def positions_of(config: PreTrainedConfig) -> int | None:
    """Return the maximum number of input or output steps; None for relative positions (T5)."""
    return getattr(config, "max_position_embeddings", None)


def set_dropout(
    config: PreTrainedConfig, dropout: float | None, attention_dropout: float | None
) -> None:
    """Set a configuration's dropout rates; None keeps a rate.

    T5 has a single rate, which becomes `dropout`. GPT-2 has three.
    """
    if hasattr(config, "dropout_rate"):
        rates = {"dropout_rate": dropout}
    elif hasattr(config, "attn_pdrop"):
        rates = dict.fromkeys(("resid_pdrop", "embd_pdrop"), dropout)
        rates["attn_pdrop"] = attention_dropout
    else:
        rates = {"dropout": dropout, "attention_dropout": attention_dropout}
    for name, rate in rates.items():
        if rate is not None:
            setattr(config, name, rate)


def set_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Set the model's ids of the tokens that pad, end and start a sentence from `tokenizer`.

    A published model's other generation settings (minimum and maximum length, forced first tokens)
    are dropped, since only the stage decode determines decoding.
    """
    config, forced = model.config, getattr(model.config, "forced_eos_token_id", None)
    if forced is None:
        forced = getattr(model.generation_config, "forced_eos_token_id", None)
    config.pad_token_id = tokenizer.pad_token_id
    config.bos_token_id = tokenizer.bos_token_id
    config.eos_token_id = tokenizer.eos_token_id
    config.decoder_start_token_id = tokenizer.start_token_id
    config.forced_eos_token_id = None if forced is None else tokenizer.eos_token_id
    model.generation_config = decoding_tokens(config)


def decoding_tokens(config: PreTrainedConfig) -> GenerationConfig:
    """Return the generation settings of a model: only its special tokens."""
    names = (f"{kind}_token_id" for kind in ("pad", "bos", "eos", "decoder_start", "forced_eos"))
    ids: dict[str, Any] = {name: getattr(config, name, None) for name in names}
    return GenerationConfig(**ids)
