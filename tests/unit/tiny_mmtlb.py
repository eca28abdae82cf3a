"""MMTLB's translators in small sizes, by language model."""

import functools
from typing import Any

import torch
from tiny_fla_llm import mbart, mt5
from transformers import GPT2Config, set_seed
from translator_cases import Case

from sign2text.data.clips import IGNORED
from sign2text.losses.ctc import CTC
from sign2text.losses.token_cross_entropy import token_loss
from sign2text.methods.mmtlb.gloss_translator import GlossTranslator, GlossTranslatorConfig
from sign2text.methods.mmtlb.recogniser import Recogniser, RecogniserConfig
from sign2text.methods.mmtlb.sign_translator import SignGlossTranslator, SignGlossTranslatorConfig
from sign2text.models.model_base import TrainedModel
from sign2text.models.small_language_models import gpt2_config

GLOSSES = ["MONTAG", "NORD", "REGEN", "SONNE"]


def gpt2(tokenizer: Any) -> GPT2Config:
    return gpt2_config(
        tokenizer, layers=1, heads=2, width=16, feed_forward=32, positions=64, dropout=0.0
    )


LANGUAGE_MODELS = {"mBART": mbart, "mT5": mt5, "GPT-2": gpt2}


def make(language_model: str, tokenizer: Any) -> GlossTranslator:
    set_seed(0)
    model = GlossTranslator(
        GlossTranslatorConfig(
            language_model=LANGUAGE_MODELS[language_model](tokenizer),
            own_head=language_model == "mT5",
            glosses=GLOSSES,
            endings=len(tokenizer("")["input_ids"]),
        )
    )
    model.language_model.set_attn_implementation("eager")
    model.tokenizer = tokenizer
    model.gloss_table.start_from(model.language_model, tokenizer)
    return model.train()


def gloss2text(language_model: str, tokenizer: Any) -> Case:
    model = make(language_model, tokenizer)
    start = model.start_token
    return Case(
        model,
        model.read_text(["MONTAG REGEN OSTEN", "SONNE"]),
        {
            "decoder_input_ids": torch.tensor([[start, 5, 6], [start, 7, 1]]),
            "labels": torch.tensor([[5, 6, 2], [7, 2, IGNORED]]),
        },
        loss,
    )


def loss(model: GlossTranslator, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    given = {name: values for name, values in batch.items() if name != "labels"}
    return token_loss(model(**given).logits, batch["labels"], 0.1)


def recogniser() -> RecogniserConfig:
    return RecogniserConfig(width=1 / 16, head_width=8, dropout=0.0, glosses=GLOSSES)


def frames() -> dict[str, torch.Tensor]:
    lengths = torch.tensor([9, 6])
    pictures = torch.randint(0, 255, (15, 32, 32, 3), dtype=torch.uint8)
    return {"frames": pictures, "lengths": lengths}


def sign2gloss(tokenizer: Any) -> Case:
    set_seed(0)
    labels = torch.tensor([[1, 3], [2, IGNORED]])
    return Case(Recogniser(recogniser()), frames(), {"gloss_labels": labels}, losses, ("s3d",))


def sign2text(inputs: str, tokenizer: Any) -> Case:
    set_seed(0)
    model = SignGlossTranslator(
        SignGlossTranslatorConfig(
            recogniser=recogniser(),
            language_model=mbart(tokenizer),
            glosses=GLOSSES,
            mapper_input=inputs,
        )
    ).train()
    model.language_model.set_attn_implementation("eager")
    model.start_mapper()
    given, start = frames(), model.start_token
    if inputs != "gloss_representations":
        steps = torch.tensor([3, 2])
        given = {"features": torch.randn(5, model.recogniser.s3d.channels), "lengths": steps}
    return Case(
        model,
        given,
        {
            "decoder_input_ids": torch.tensor([[start, 5, 6], [start, 7, 1]]),
            "labels": torch.tensor([[5, 6, 2], [7, 2, IGNORED]]),
            "gloss_labels": torch.tensor([[1, 3], [2, IGNORED]]),
        },
        losses,
    )


def losses(model: TrainedModel, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Sum the glosses' loss and, if the batch has a sentence, the loss of its tokens."""
    given = {name: values for name, values in batch.items() if not name.endswith("labels")}
    outputs = model(**given)
    total = CTC().sum(outputs, batch)
    if "labels" in batch:
        total = total + token_loss(outputs.logits, batch["labels"], 0.1)
    return total


MAPPED = ("gloss_representations", "gloss_logits", "gloss_probabilities", "s3d_features")
TRANSLATORS = {
    **{f"Gloss2Text with {name}": functools.partial(gloss2text, name) for name in LANGUAGE_MODELS},
    "Sign2Gloss": sign2gloss,
    **{f"Sign2Text from {name}": functools.partial(sign2text, name) for name in MAPPED},
}
