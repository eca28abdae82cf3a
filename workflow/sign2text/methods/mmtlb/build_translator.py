"""Build the model for Sign2Text: a recogniser, a new mapper and a translation network."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from transformers import set_seed

from sign2text.methods.mmtlb.gloss_translator import GlossTranslator
from sign2text.methods.mmtlb.recogniser import Recogniser
from sign2text.methods.mmtlb.sign_translator import SignGlossTranslator, SignGlossTranslatorConfig
from sign2text.models.language_model import has_own_head, load_language_model, set_dropout
from sign2text.models.trained_model import load_trained
from sign2text.training.settings import Training

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

log = logging.getLogger(__name__)


class Config(Protocol):
    """Settings of the stage train_sign2text that affect the model."""

    through_s3d: bool
    mapper_input: str
    freeze_block1: bool
    dropout: float | None
    attention_dropout: float | None
    training: Training
    seed: int


def build_translator(
    recogniser: Path,
    gloss2text: Path | None,
    language_model: Path | None,
    words: PreTrainedTokenizerFast,
    config: Config,
) -> SignGlossTranslator:
    """Load both networks and put a new mapper between them.

    Args:
        recogniser: the output folder of Sign2Gloss.
        gloss2text, language_model: exactly one: the weights of Gloss2Text, or of a language model
            without glosses. In the second case the gloss table starts from the word embeddings.
        words: the language model's tokenizer.

    Raises:
        InputError: a folder holds another model, or weights are missing or unused.
    """
    seen = load_trained(recogniser, Recogniser)
    glosses = list(seen.config.glosses)
    if gloss2text is not None:
        known = load_trained(gloss2text.parent, GlossTranslator)
        written, own_head, glosses = (
            known.language_model,
            known.config.own_head,
            known.config.glosses,
        )
    else:
        known = None
        written = load_language_model(language_model.parent, decoders=True)
        own_head = has_own_head(written)
    set_dropout(written.config, config.dropout, config.attention_dropout)
    set_seed(config.seed)
    model = SignGlossTranslator(
        SignGlossTranslatorConfig(
            recogniser=seen.config,
            language_model=written.config,
            own_head=own_head,
            glosses=list(glosses),
            endings=len(words("")["input_ids"]),
            mapper_input=config.mapper_input,
            through_s3d=config.through_s3d,
        )
    )
    model.recogniser.load_state_dict(seen.state_dict())
    model.language_model.load_state_dict(written.state_dict())
    if known is None:
        model.gloss_table.start_from(model.language_model, words)
    else:
        model.gloss_table.load_state_dict(known.gloss_table.state_dict())
    model.start_mapper()
    if not config.through_s3d:
        model.freeze_s3d()
    elif config.freeze_block1:
        model.recogniser.s3d.freeze_block1()
    if config.training.checkpointing:
        model.language_model.activation_checkpointing_enable()
        model.recogniser.s3d.checkpointing = True
    log.info(
        "recogniser from %s, S3D %s; translation network from %s; mapper reads %s, %d parameters",
        recogniser,
        "trained" if config.through_s3d else "frozen",
        (gloss2text or language_model).parent,
        config.mapper_input,
        sum(each.numel() for each in model.mapper.parameters()),
    )
    return model
