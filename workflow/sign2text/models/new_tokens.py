"""Rows of a language model for tokens that were added to its tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from sign2text.ground.errors import InputError
from sign2text.models.language_model import give_own_head, has_own_head

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


@torch.no_grad()
def add_rows(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Add rows for the new tokens to embedding and output head, in place.

    All other rows stay as they are. The library's resizing would tie an output head of its own to
    the embeddings. New rows are drawn with the mean and deviation of the other rows (ours).

    Args:
        tokenizer: the model's tokenizer, with the new tokens after all others.

    Raises:
        InputError: the model has more rows than the tokenizer has tokens.
    """
    own, wanted = has_own_head(model), len(tokenizer)
    rows = len(model.get_input_embeddings().weight)
    if rows > wanted:
        raise InputError(
            f"the language model has rows for {rows} tokens, its tokenizer {wanted} tokens; "
            "expected a token for each row, after which new ones come. Make both with the same "
            "settings of train_tokenizer and pretrain_language_model."
        )
    layers = [model.get_input_embeddings()]
    if own:
        give_own_head(model)
        layers.append(model.get_output_embeddings())
    before = [layer.weight.clone() for layer in layers]
    model.resize_token_embeddings(wanted, mean_resizing=False)
    layers = [model.get_input_embeddings(), model.get_output_embeddings()][: len(layers)]
    for layer, old in zip(layers, before, strict=True):
        drawn = torch.randn_like(layer.weight[rows:]) * old.std(0) + old.mean(0)
        layer.weight.copy_(torch.cat([old, drawn]))
