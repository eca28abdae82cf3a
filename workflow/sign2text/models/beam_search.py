"""Beam search over many clips: their hypotheses, in batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from sign2text.data.batches import batches_by_length
from sign2text.data.clips import Collator, EncodedClips, FeatureClips, FrameClips, check_lengths

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from sign2text.methods.fla_llm.translator import SignTranslator

BATCH_STEPS = 1024
"""Padded steps in a batch, unless a stage says otherwise."""


def beam_search(
    network: SignTranslator,
    tokenizer: PreTrainedTokenizerFast,
    clips: FrameClips | EncodedClips | FeatureClips,
    *,
    beams: int,
    max_new_tokens: int,
    length_penalty: float = 1.0,
    batch_steps: int = BATCH_STEPS,
    over: Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]] = map,
) -> tuple[list[str], list[float]]:
    """The best hypothesis for each of the clips, and its score.

    Clips of like length are decoded together, [B, N, C] padded to the longest of a batch; which
    batch a clip is in does not change its hypothesis. `network` must be in evaluation mode; it is
    run where it is.

    Args:
        clips: what the network is given of each, as in evaluation.
        length_penalty: exponent of the length that a beam's score is divided by.
        batch_steps: B * N at most, unless a single clip is longer.
        over: what goes over the batches as `map` does, such as one that shows how far it is.

    Returns:
        B sentences and B scores (length-normalised log-probabilities), in the order of the clips.

    Raises:
        InputError: a clip has more steps than the language model has positions.
    """
    check_lengths(clips, network.positions)
    collate = Collator(clips.key, 0, 0)

    def search(batch: Sequence[int]) -> list[tuple[str, float]]:
        inputs = collate([clips[int(clip), 0] for clip in batch])
        lengths = inputs["lengths"].to(network.device)
        with torch.no_grad():
            given = {clips.key: inputs[clips.key].to(network.device)}
            features = network.to_features(lengths, **given)
        sequences, values = network.generate(
            features,
            lengths,
            num_beams=beams,
            max_new_tokens=max_new_tokens,
            length_penalty=length_penalty,
        )
        return list(zip(sentences(tokenizer, sequences), values.tolist(), strict=True))

    hypotheses, scores = [""] * len(clips), [0.0] * len(clips)
    batches = batches_by_length(clips.lengths, batch_steps)
    for batch, found in zip(batches, over(search, batches), strict=True):
        for clip, (text, value) in zip(batch, found, strict=True):
            hypotheses[clip], scores[clip] = text, value
    return hypotheses, scores


def sentences(tokenizer: PreTrainedTokenizerFast, sequences: torch.Tensor) -> list[str]:
    """What the tokens [B, L] say, without special tokens and with single blanks between words."""
    texts = tokenizer.batch_decode(sequences, skip_special_tokens=True)
    return [" ".join(text.split()) for text in texts]
