"""Search for a clip's glosses and their places in time, by log-probabilities of its steps."""

from __future__ import annotations

import numpy as np

from sign2text.models.ctc_search import align, prefix_beam_search
from sign2text.models.translator import Glosses, SeenGloss
from sign2text.text.gloss_vocabulary import GlossVocabulary


def recognise(
    log_probs: np.ndarray, glosses: GlossVocabulary, beams: int, frames_a_step: int
) -> Glosses:
    """Find the glosses of a clip by a CTC prefix beam search.

    Args:
        log_probs: [T, classes].
        frames_a_step: frames of the clip per step.
    """
    classes, _ = prefix_beam_search(log_probs, beams=beams)[0]
    places = align(log_probs, classes)
    return [
        SeenGloss(gloss, first * frames_a_step, (last + 1) * frames_a_step - 1)
        for gloss, (first, last) in zip(glosses.line(classes).split(), places, strict=True)
    ]
