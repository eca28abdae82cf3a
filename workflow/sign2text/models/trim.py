"""Cut a published model's vocabulary to a trimmed tokenizer's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from sign2text.errors import InputError

if TYPE_CHECKING:
    from transformers import MBartForConditionalGeneration, MBartTokenizer


def trim_model(folder: Path, tokenizer: MBartTokenizer) -> MBartForConditionalGeneration:
    """Load the mBART in `folder` and keep only the embeddings of `tokenizer`'s tokens.

    Tokens are matched by their text, so the logits of kept tokens stay what they were.

    Raises:
        InputError: the folder holds no mBART, or the tokenizer has tokens that it lacks.
    """
    from transformers import MBartForConditionalGeneration

    from sign2text.text.tokenizer import load_tokenizer

    published = load_tokenizer(folder).get_vocab()
    kept = tokenizer.get_vocab()
    unknown = sorted(kept.keys() - published.keys())
    if unknown:
        raise InputError(
            f"{folder}: its tokenizer lacks {len(unknown)} of the {len(kept)} tokens, such as "
            f"{unknown[:3]}. Name the same published model in train_tokenizer and "
            "pretrain_language_model."
        )
    model = MBartForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    order = sorted(kept, key=kept.__getitem__)
    rows = torch.tensor([published[token] for token in order])
    with torch.no_grad():
        embedding = model.get_input_embeddings().weight[rows].clone()
        bias = model.final_logits_bias[:, rows].clone()
        model.resize_token_embeddings(len(order), mean_resizing=False)
        model.get_input_embeddings().weight.copy_(embedding)
        model.final_logits_bias.copy_(bias)
    start = tokenizer.convert_tokens_to_ids(tokenizer.tgt_lang)
    model.config.decoder_start_token_id = start
    model.generation_config.decoder_start_token_id = start
    return model
