"""Decoding of many clips in batches of similar length, by any translator."""

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
"""Default number of padded steps in a batch."""
MEASURED_BATCHES = 3
"""Most batches that a plan decodes: their lengths are similar, and each is much work."""


class Decoded(NamedTuple):
    """Results for B clips, in their order."""

    hypotheses: list[str]
    scores: list[float]
    """Length-normalised log-probabilities."""
    glosses: list[Glosses] | None
    """None for models that write no glosses."""


def beam_search(
    network: Translator, tokenizer: PreTrainedTokenizerFast, clips: Clips, **settings: Any
) -> tuple[list[str], list[float]]:
    """Find the best hypothesis of each clip and its score; see `decode_clips`."""
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
    """Find the best hypothesis of each clip, its score, and the clip's glosses.

    Clips of similar length are decoded together, padded to the longest of a batch; a clip's batch
    does not change its hypothesis. `network` must be in evaluation mode and runs on its current
    device.

    Args:
        clips: clips opened as in evaluation by the network's `read_clips`.
        length_penalty: exponent of the length that divides a beam's score.
        batch_steps: most clips times steps in a batch, unless a single clip is longer.
        over: iterates over the batches like `map`, for example with a progress bar.

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
