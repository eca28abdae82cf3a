"""Cut a published model's vocabulary to a trimmed tokenizer's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from sign2text.ground.errors import InputError
from sign2text.models.language_model import has_own_head, set_tokens

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


def trim_model(
    model: PreTrainedModel, published: PreTrainedTokenizerFast, tokenizer: PreTrainedTokenizerFast
) -> None:
    """Keep only the rows of `tokenizer`'s tokens in embedding and output head, in place.

    Tokens are matched by their text, so the logits of kept tokens do not change.

    Args:
        published: the model's tokenizer; its ids are the rows.

    Raises:
        InputError: `tokenizer` has tokens that the published one lacks.
    """
    rows_of, kept = published.get_vocab(), tokenizer.get_vocab()
    if unknown := sorted(kept.keys() - rows_of.keys()):
        raise InputError(
            f"the published tokenizer lacks {len(unknown)} of the {len(kept)} tokens, such as "
            f"{unknown[:3]}. Name the same published model in train_tokenizer and "
            "pretrain_language_model."
        )
    rows = torch.tensor([rows_of[token] for token in sorted(kept, key=kept.__getitem__)])
    layers = [model.get_input_embeddings()]
    if rows.max() >= len(layers[0].weight):
        raise InputError(
            f"the published model has {len(layers[0].weight)} rows, its tokenizer ids up to "
            f"{rows.max()}. They do not belong together: name another published model."
        )
    if has_own_head(model):
        layers.append(model.get_output_embeddings())
    with torch.no_grad():
        weights = [layer.weight[rows].clone() for layer in layers]
        biases = {name: bias.clone()[..., rows] for name, bias in _output_biases(model)}
        model.resize_token_embeddings(len(rows), mean_resizing=False)
        model.get_input_embeddings().weight.copy_(weights[0])
        if len(weights) == 2:
            model.get_output_embeddings().weight.copy_(weights[1])
        for name, bias in _output_biases(model):
            bias.copy_(biases[name])
    set_tokens(model, tokenizer)


def _output_biases(model: PreTrainedModel) -> list[tuple[str, torch.Tensor]]:
    """List the biases of the logits by name: mBART's buffer [1, V], or the head's bias [V]."""
    found = []
    if isinstance(bias := getattr(model, "final_logits_bias", None), torch.Tensor):
        found.append(("final_logits_bias", bias))
    head: nn.Module = model.get_output_embeddings()
    if isinstance(bias := getattr(head, "bias", None), torch.Tensor):
        found.append(("head", bias))
    return found
