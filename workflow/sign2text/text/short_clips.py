"""Training clips with fewer steps than their glosses need, from which CTC learns nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal

from sign2text.ground.errors import InputError
from sign2text.text.gloss_vocabulary import steps_needed

log = logging.getLogger(__name__)

OnShortClip = Literal["fail", "skip"]
"""Handling of such a clip: fail before anything is trained, or skip it and log it."""


def clips_to_align(
    ids: Sequence[str],
    steps: Sequence[int],
    classes: Sequence[Sequence[int]],
    on_short_clip: OnShortClip = "fail",
) -> list[int]:
    """Return the positions of clips with enough steps for CTC to write their glosses.

    Args:
        ids: ids of the training clips.
        steps: the recogniser's steps of each clip, before stretching in time.
        classes: the classes of each clip's glosses in a GlossVocabulary.

    Raises:
        InputError: a clip is too short and `on_short_clip` is fail, or no clip is left.
    """
    kept, short = [], []
    for place, (clip, found, labels) in enumerate(zip(ids, steps, classes, strict=True)):
        if found < (needed := steps_needed(labels)):
            short.append(
                f"clip '{clip}': {found} steps found, at least {needed} expected for its "
                f"{len(labels)} glosses (equal neighbours need a step between them)"
            )
        else:
            kept.append(place)
    if short and on_short_clip == "fail":
        raise InputError(
            f"{short[0]}{_more(len(short) - 1)}. CTC can learn nothing of such a clip: set "
            "on_short_clip: skip to leave it out, or leave it out of the manifest."
        )
    for each in short:
        log.warning("%s; left out", each)
    if not kept:
        raise InputError(
            f"{len(ids)} clips found and all of them left out, expected one or more that CTC can "
            f"learn from. {short[0] if short else 'The split is empty'}."
        )
    return kept


def _more(count: int) -> str:
    return f", and {count:,} further clips" if count else ""
