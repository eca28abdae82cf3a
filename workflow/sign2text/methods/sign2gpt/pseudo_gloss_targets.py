"""Pseudo-glosses of clips as targets of the prototypes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from sign2text.data.clips import IGNORED, join_steps
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    from sign2text.text.pseudo_glosses import PseudoGlossVocabulary

LABELS = "pseudo_gloss_labels"
"""Key of the targets in a batch."""


def targets_of(
    lines: Sequence[str], vocabulary: PseudoGlossVocabulary, path: Path
) -> list[list[int]]:
    """Look up each clip's pseudo-glosses as distinct numbers in the vocabulary.

    A clip without pseudo-glosses is a negative example for all of them.

    Raises:
        InputError: no clip of the split has any; the message names its file `path`.
    """
    found = [vocabulary.targets(line) for line in lines]
    if not any(found):
        raise InputError(
            f"{path}: {len(lines)} clips found and none with a pseudo-gloss of the vocabulary, "
            f"which has {len(vocabulary.words)}; expected some. Run generate_pseudo_glosses again."
        )
    return found


class MultiHot:
    """Collate items: concatenated steps and labels [B, V] of the pseudo-glosses."""

    def __init__(self, key: str, known: torch.Tensor) -> None:
        """Take the key of the steps, and which pseudo-glosses have a prototype, bool [V].

        The labels of the others are ignored by the loss.
        """
        self.key, self.known = key, known

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        labels = torch.zeros(len(items), len(self.known))
        for row, item in zip(labels, items, strict=True):
            row[item["target"]] = 1
        labels[:, ~self.known] = IGNORED
        return join_steps(self.key, [item["steps"] for item in items]) | {LABELS: labels}
