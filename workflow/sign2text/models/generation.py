"""Search for a language model's best sequences, with scores comparable between beam widths."""

from __future__ import annotations

from typing import Any

import torch
from transformers import PreTrainedModel

from sign2text.ground.work_limit import is_measured


def search_sequences(
    language_model: PreTrainedModel, *, num_beams: int, length_penalty: float, **settings: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run beam search, or greedy search with one beam, by transformers' `generate`.

    Args:
        language_model: an encoder-decoder or a decoder.
        length_penalty: exponent of the length that divides a sequence's score.
        settings: further arguments of `generate`, inputs included.

    Returns:
        token ids, int64 [B * num_return_sequences, L], and the sequences' scores (length-normalised
        log-probability), float [B * num_return_sequences].
    """
    if is_measured():  # untrained models end sentences where trained ones would not
        settings["min_new_tokens"] = settings.get("max_new_tokens")
    output = language_model.generate(
        # Set here, because the Trainer turns the cache off in the model's configuration.
        use_cache=True,
        return_dict_in_generate=True,
        output_scores=True,
        num_beams=num_beams,
        length_penalty=length_penalty,
        **settings,
    )
    if num_beams > 1:
        return output.sequences, output.sequences_scores
    # With one beam the library gives no score, so compute it the library's way.
    steps = language_model.compute_transition_scores(
        output.sequences, output.scores, normalize_logits=True
    )
    # An encoder-decoder's sequences have the start token before the written ones.
    tokens = output.sequences[:, -steps.shape[1] :]
    ids = language_model.generation_config
    written = tokens.ne(ids.pad_token_id)
    if ids.pad_token_id == ids.eos_token_id:  # as in GPT-2: the first one ends the sentence
        written |= tokens.eq(ids.eos_token_id).cumsum(1).eq(1)
    total = steps.masked_fill(~written, 0).sum(1)
    return output.sequences, total / written.sum(1) ** length_penalty
