"""Scaling SLT's translator in small sizes, by language model."""

import functools
from typing import Any

import torch
from tiny_fla_llm import mbart, mt5
from transformers import T5Config, set_seed
from translator_cases import Case

from sign2text.data.clips import IGNORED
from sign2text.losses.token_cross_entropy import token_loss
from sign2text.methods.scaling_slt.translator import LandmarkTranslator
from sign2text.methods.scaling_slt.translator_config import LandmarkTranslatorConfig
from sign2text.models.small_language_models import t5_config

EXTRACTOR = {"extractor": "rendered", "version": "1", "settings": {}}


def t5(tokenizer: Any) -> T5Config:
    return t5_config(
        tokenizer, layers=2, decoder_layers=1, heads=2, width=16, feed_forward=32, dropout=0.0
    )


LANGUAGE_MODELS = {"T5": t5, "mT5": mt5, "mBART": mbart}


def make(language_model: str, tokenizer: Any, **changes: Any) -> LandmarkTranslator:
    values = {
        "language_model": LANGUAGE_MODELS[language_model](tokenizer),
        "own_head": language_model != "mBART",
        "extractor": EXTRACTOR,
        "sign_language": "avs",
        "language": "de",
        "languages": ["de", "en", "zh"],
    }
    set_seed(0)
    model = LandmarkTranslator(LandmarkTranslatorConfig(**(values | changes)))
    model.language_model.set_attn_implementation("eager")
    model.tokenizer = tokenizer
    return model.train()


def inputs() -> dict[str, torch.Tensor]:
    """Return a clip after a prompt of 3 tokens, and a prompt alone."""
    generator = torch.Generator().manual_seed(1)
    return {
        "prompt": torch.tensor([4, 5, 6, 7, 8]),
        "prompt_lengths": torch.tensor([3, 2]),
        "landmarks": torch.rand(4, 255, generator=generator),
        "lengths": torch.tensor([7, 2]),
    }


def case(language_model: str, tokenizer: Any) -> Case:
    model = make(language_model, tokenizer)
    start = model.start_token
    targets = {
        "decoder_input_ids": torch.tensor([[start, 5, 6], [start, 7, 1]]),
        "labels": torch.tensor([[5, 6, 2], [7, 2, IGNORED]]),
    }
    return Case(model, inputs(), targets, loss)


def loss(model: LandmarkTranslator, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    given = {name: values for name, values in batch.items() if name != "labels"}
    return token_loss(model(**given).logits, batch["labels"], 0.1)


TRANSLATORS = {f"translator with {name}": functools.partial(case, name) for name in LANGUAGE_MODELS}
