"""Decoding of many clips in batches of like length, by any translator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from sign2text.data.batches import batches_by_length
from sign2text.data.clips import Clips, check_lengths
from sign2text.ground.work_limit import Over, longest_sentence, over_batches
from sign2text.models.trained_model import to_device
from sign2text.models.translator import Glosses, Hypothesis, Translator

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BATCH_STEPS = 1024
"""Padded steps in a batch, unless a stage says otherwise."""
MEASURED_BATCHES = 3
"""Batches that a plan decodes: all of like length, each much work."""


class Decoded(NamedTuple):
    """What was found in each of B clips, in their order."""

    hypotheses: list[str]
    scores: list[float]
    """Length-normalised log-probabilities."""
    glosses: list[Glosses] | None
    """None of models that write none."""


def beam_search(
    network: Translator, tokenizer: PreTrainedTokenizerFast, clips: Clips, **settings: Any
) -> tuple[list[str], list[float]]:
    """Find the best hypothesis of each of the clips, and its score, as `decode_clips` does."""
    return decode_clips(network, tokenizer, clips, **settings)[:2]


def decode_clips(
    network: Translator,
    tokenizer: PreTrainedTokenizerFast,
    clips: Clips,
    *,
    beams: int,
    max_new_tokens: int,
    length_penalty: float = 1.0,
    batch_steps: int = BATCH_STEPS,
    over: Over = map,
) -> Decoded:
    """Find the best hypothesis of each of the clips, its score, and the clip's glosses.

    Clips of like length are decoded together, padded to the longest of a batch; which batch a clip
    is in does not change its hypothesis. `network` must be in evaluation mode; it is run where it
    is.

    Args:
        clips: as in evaluation, from the network's `read_clips`.
        length_penalty: exponent of the length that a beam's score is divided by.
        batch_steps: clips times steps at most, unless a single clip is longer.
        over: goes over the batches as `map` does, such as one with a progress bar.

    Raises:
        InputError: a clip has more steps than the network has positions.
    """
    check_lengths(clips, network.positions)

    def search(batch: Sequence[int]) -> list[tuple[Hypothesis, Glosses | None]]:
        inputs = to_device(clips.inputs(batch), network.device)
        with torch.no_grad():
            found, seen = network.translate(
                tokenizer,
                inputs,
                beams=beams,
                max_new_tokens=longest_sentence((clips.ids[n] for n in batch), max_new_tokens),
                length_penalty=length_penalty,
            )
        return [(best[0], seen and seen[n]) for n, best in enumerate(found)]

    hypotheses, scores = [""] * len(clips), [0.0] * len(clips)
    glosses: list[Glosses | None] = [None] * len(clips)
    batches = batches_by_length(clips.lengths, batch_steps)
    searched = over_batches(
        search,
        batches,
        lambda batch: [clips.lengths[clip] for clip in batch],
        work="decoding",
        unit="clip",
        model=network,
        over=over,
        most=MEASURED_BATCHES,
        early=lambda batch: batch[:1],
    )
    for batch, found in zip(batches, searched, strict=True):
        for clip, ((text, value), seen) in zip(batch, found, strict=True):
            hypotheses[clip], scores[clip], glosses[clip] = text, value, seen
    return Decoded(hypotheses, scores, None if None in glosses else glosses)
