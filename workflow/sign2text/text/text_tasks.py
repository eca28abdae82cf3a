"""Tasks on text that small language models learn, by their architecture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sign2text.config.published_models import DECODERS, SENTINELS
from sign2text.ground.errors import InputError
from sign2text.text.denoising import NoisySentences, RestoredSentences
from sign2text.text.plain_sentences import PlainSentences
from sign2text.text.span_corruption import CorruptedSentences

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

DEV_SENTENCES = 200  # of the sentences, held out to measure the loss
T5_SPAN, BYT5_SPAN = 3.0, 20.0
"""Mean tokens of a hidden span (T5, section 3.3.4; ByT5, section 3.1)."""


class Config(Protocol):
    """Settings of the stage pretrain_language_model that affect its task."""

    architecture: str
    hidden_share: float
    span: float
    corrupted_share: float
    corrupted_span: float | None
    seed: int


def tasks_on(
    words: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    inputs: Sequence[Path],
    config: Config,
) -> tuple[RestoredSentences | PlainSentences, RestoredSentences | PlainSentences]:
    """Make the task on sentences for training and, on the first of them, for dev.

    Args:
        words: the model's tokenizer.
        inputs: files of the sentences, and of the tokenizer at the end, for messages.

    Raises:
        InputError: there are too few sentences, or the tokenizer lacks the tokens of the task.
    """
    held = min(DEV_SENTENCES, len(sentences) // 10)
    if held == 0:
        raise InputError(
            f"{inputs[0]}: {len(sentences)} sentences found, at least 10 expected to pretrain "
            "a language model on. Give more text, or name a published model in "
            "pretrain_language_model.published."
        )
    parts = (sentences[held:], sentences[:held])
    if config.architecture in DECODERS:
        train, dev = (PlainSentences(words, part) for part in parts)
        return train, dev
    if config.architecture in SENTINELS:
        default = BYT5_SPAN if config.architecture == "byt5" else T5_SPAN
        kind, share, mean = (
            CorruptedSentences,
            config.corrupted_share,
            config.corrupted_span or default,
        )
    elif words.mask_token_id is None:
        raise InputError(
            f"{inputs[-1]}: has no mask token, which denoising puts for hidden words. Set "
            "train_tokenizer.published to null or to an mBART, or pretrained to false."
        )
    else:
        kind, share, mean = NoisySentences, config.hidden_share, config.span
    train, dev = (kind(words, part, share=share, mean=mean, seed=config.seed) for part in parts)
    return train, dev
