"""ByT5's tokenizer: a token for each UTF-8 byte (arXiv 2105.13626, section 3.1).

The library has it as a Python class, without the single file of our other tokenizers. Here it is a
byte-pair encoding without merges, with the same ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sign2text.text.t5_tokenizer import T5_NAMES, sentinel_tokens
from sign2text.text.tokenizer import dress

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SENTINELS = 125
"""Sentinels after the bytes, so that published embeddings have 3 + 256 + 125 = 384 rows."""


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """Make the tokenizer: special tokens 0 to 2, byte b as b + 3, and the sentinels.

    Decoding starts from the padding token. Bytes that are no UTF-8 are decoded as U+FFFD, which
    the library's class leaves out.

    >>> byte_tokenizer()("aé").input_ids
    [100, 198, 172, 1]
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    symbols, sentinels = bytes_to_unicode(), sentinel_tokens(SENTINELS)
    tokens = [*T5_NAMES.values(), *(symbols[byte] for byte in range(256)), *sentinels]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    backend = Tokenizer(models.BPE(vocabulary, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    return dress(backend, T5_NAMES, sentinels, T5_NAMES["pad_token"], [T5_NAMES["eos_token"]])
