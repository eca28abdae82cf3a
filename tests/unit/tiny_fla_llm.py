"""FLa-LLM's translators, small, with each of the inputs that they can be trained on."""

import functools
from typing import Any

import torch
from transformers import MBartConfig, MT5Config, ResNetConfig, set_seed
from translator_cases import Case

from sign2text.data.clips import IGNORED
from sign2text.losses.token_cross_entropy import token_loss
from sign2text.methods.fla_llm.translator import SignTranslator, SignTranslatorConfig
from sign2text.models.frame_encoder import FrameEncoderConfig
from sign2text.models.small_language_models import mbart_config

LENGTHS, FRAMES = [5, 3], 8
ENCODER = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic")
INPUTS = {
    "frames": lambda: torch.randint(0, 255, (FRAMES, 32, 32, 3), dtype=torch.uint8),
    "frame_features": lambda: torch.randn(FRAMES, 12),
    "features": lambda: torch.randn(FRAMES, 12),
}


def mt5(tokenizer: Any) -> MT5Config:
    return MT5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2,
        decoder_start_token_id=tokenizer.start_token_id,
    )  # fmt: skip


def mbart(tokenizer: Any) -> MBartConfig:
    return mbart_config(
        tokenizer, layers=1, heads=2, width=16, feed_forward=32, positions=64, dropout=0.0,
        attention_dropout=0.0,
    )  # fmt: skip


KINDS: dict[str, dict[str, Any]] = {
    "mBART": {"language_model": mbart, "light": False},
    "mT5": {"language_model": mt5, "light": False, "own_head": True},
    "frame-wise features": {"language_model": mbart, "light": False, "feature": "frame_wise"},
    "Light-T": {"language_model": mbart, "light": True},
}


def make(kind: str, tokenizer: Any) -> SignTranslator:
    settings = dict(KINDS[kind])
    language_model = settings.pop("language_model")(tokenizer)
    frames = FrameEncoderConfig(resnet=ENCODER)
    set_seed(0)
    config = SignTranslatorConfig(frames=frames, language_model=language_model, **settings)
    model = SignTranslator.class_for(config)(config)
    model.language_model.set_attn_implementation("eager")
    return model.train()


def case(kind: str, key: str, tokenizer: Any) -> Case:
    model = make(kind, tokenizer)
    start = model.start_token
    extracted = ("frame_wise", "sign_wise", "hidden_states")
    return Case(
        model,
        {key: INPUTS[key](), "lengths": torch.tensor(LENGTHS)},
        {
            "decoder_input_ids": torch.tensor([[start, 5, 6], [start, 7, 1]]),
            "labels": torch.tensor([[5, 6, 2], [7, 2, IGNORED]]),
        },
        loss,
        extracted if kind == "Light-T" and key != "features" else (),
    )


def loss(model: SignTranslator, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    given = {name: values for name, values in batch.items() if name != "labels"}
    return token_loss(model(**given).logits, batch["labels"], 0.1)


TRANSLATORS = {
    f"{kind} on {key}": functools.partial(case, kind, key) for kind in KINDS for key in INPUTS
}
