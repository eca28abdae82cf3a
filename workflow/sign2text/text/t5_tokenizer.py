"""Tokenizers with T5's special tokens: a unigram model trained here, and the sentinels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sign2text.text.tokenizer import dress, trained_pieces, unigram_backend

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

T5_NAMES = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
"""Special tokens of T5, mT5 and ByT5, in the order of their ids."""
T5_SENTINELS = 100


def train_t5_unigram(sentences: Sequence[str], pieces: int) -> PreTrainedTokenizerFast:
    """Train a SentencePiece unigram model as `train_unigram` does, with T5's special tokens.

    Ids are in T5's order: `<pad>`, from which decoding starts, `</s>`, `<unk>`, the pieces, and 100
    sentinels, which stand for hidden spans (text/span_corruption.py).
    """
    sentinels = sentinel_tokens(T5_SENTINELS)
    vocabulary = [(token, 0.0) for token in T5_NAMES.values()]
    vocabulary += trained_pieces(sentences, pieces)
    vocabulary += [(token, 0.0) for token in sentinels]
    ending = [T5_NAMES["eos_token"]]
    return dress(
        unigram_backend(vocabulary, T5_NAMES), T5_NAMES, sentinels, T5_NAMES["pad_token"], ending
    )


def sentinel_tokens(count: int) -> list[str]:
    """Return T5's first `count` sentinels.

    >>> sentinel_tokens(2)
    ['<extra_id_0>', '<extra_id_1>']
    """
    return [f"<extra_id_{number}>" for number in range(count)]
