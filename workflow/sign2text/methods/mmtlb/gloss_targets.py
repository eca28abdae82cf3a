"""Glosses of clips as the recogniser's targets."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from sign2text.data.clips import Clips
from sign2text.text.gloss_vocabulary import GlossVocabulary
from sign2text.text.short_clips import OnShortClip, clips_to_align

SHOWN = 3
"""Glosses that the log names."""

log = logging.getLogger(__name__)


def with_gloss_targets(
    clips: Clips,
    lines: Sequence[str],
    glosses: GlossVocabulary,
    manifest: Path,
    on_short_clip: OnShortClip,
) -> Clips:
    """Give clips the classes of their glosses, or no classes if a clip has too few steps for them.

    Args:
        lines: the clips' glosses. Glosses outside the vocabulary are left out and counted in the
            log: dev has some.
        manifest: source of the lines, for the log.

    Raises:
        InputError: a clip has too few steps, and `on_short_clip` does not skip it.
    """
    if unknown := glosses.unknown(lines):
        log.warning(
            "%s: %d glosses that training lacks are never recognised: %s%s",
            *(manifest, len(unknown), ", ".join(unknown[:SHOWN]), ", ..." * (len(unknown) > SHOWN)),
        )
    classes = [glosses.classes(line) for line in lines]
    steps_of = clips.steps_of or (lambda steps: steps)
    kept = {*clips_to_align(clips.ids, [*map(steps_of, clips.lengths)], classes, on_short_clip)}
    return clips.with_glosses([each if n in kept else [] for n, each in enumerate(classes)])
