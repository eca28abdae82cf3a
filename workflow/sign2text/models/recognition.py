"""Recognition of the glosses of many clips in batches of similar length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from sign2text.data.batches import batches_by_length
from sign2text.data.clips import Clips
from sign2text.ground.work_limit import Over, over_batches
from sign2text.models.beam_search import BATCH_STEPS, MEASURED_BATCHES
from sign2text.models.ctc_search import best_path, prefix_beam_search
from sign2text.models.trained_model import to_device

if TYPE_CHECKING:
    from sign2text.text.gloss_vocabulary import GlossVocabulary


class Recognises(Protocol):
    """A model that gives each step of a clip a probability of each gloss and of the blank."""

    @property
    def device(self) -> torch.device:
        """Device of the model."""

    def gloss_log_probs(self, inputs: Mapping[str, torch.Tensor]) -> list[np.ndarray]:
        """Return log-probabilities [T, V] of each clip of a batch on the model's device."""


def recognise(
    network: Recognises,
    clips: Clips,
    vocabulary: GlossVocabulary,
    *,
    beams: int,
    batch_steps: int = BATCH_STEPS,
    over: Over = map,
) -> list[str]:
    """Find the most probable line of glosses of each clip, in the clips' order.

    A clip's batch does not change its glosses. `network` must be in evaluation mode.

    Args:
        clips: clips opened as in evaluation.
        beams: width of the prefix beam search; 1 takes the best path instead.
        batch_steps: most clips times steps in a batch, unless a single clip is longer.
        over: iterates over the batches like `map`, for example with a progress bar.
    """

    def search(batch: Sequence[int]) -> list[str]:
        with torch.no_grad():
            found = network.gloss_log_probs(to_device(clips.inputs(batch), network.device))
        return [vocabulary.line(_best(log_probs, beams)) for log_probs in found]

    lines = [""] * len(clips)
    batches = batches_by_length(clips.lengths, batch_steps)
    searched = over_batches(
        search,
        batches,
        lambda batch: [clips.lengths[clip] for clip in batch],
        work="recognition",
        unit="clip",
        model=network,
        over=over,
        most=MEASURED_BATCHES,
        early=lambda batch: batch[:1],
    )
    for batch, found in zip(batches, searched, strict=True):
        for clip, line in zip(batch, found, strict=True):
            lines[clip] = line
    return lines


def _best(log_probs: np.ndarray, beams: int) -> tuple[int, ...]:
    if beams == 1:
        return best_path(log_probs)
    return prefix_beam_search(log_probs, beams=beams)[0][0]
