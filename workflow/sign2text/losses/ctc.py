"""Connectionist temporal classification (Graves et al. 2006): glosses without their times."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from sign2text.data.clips import IGNORED
from sign2text.losses.loss import Batch, Loss


class CTC(Loss):
    """Negative log-likelihood of each clip's glosses over all alignments, a mean over clips."""

    def __init__(
        self,
        *,
        blank: int = 0,
        target: str = "gloss_labels",
        logits: str = "gloss_logits",
        lengths: str = "gloss_lengths",
    ) -> None:
        """Name where the loss finds its operands.

        Args:
            target: the batch's glosses, int64 [B, L], -100 where padded.
            logits: attribute of the model's outputs, [B, N, V]; `blank` is one of the V classes.
            lengths: attribute of the model's outputs, int64 [B], the steps of each clip.
        """
        self.blank, self.target = blank, target
        self.logits, self.lengths = logits, lengths

    def sum(self, outputs: Any, batch: Batch) -> torch.Tensor:
        """Return the sum over the clips that have glosses.

        A clip with fewer steps than its glosses need has no alignment and counts as zero.
        """
        labels = batch[self.target]
        clips = labels.ne(IGNORED).any(1)
        labels = labels[clips]
        # In float32, also where the model computes in bfloat16.
        log_probabilities = getattr(outputs, self.logits).float().log_softmax(-1)[clips]
        if not len(labels):  # torch has no such loss; an empty sum is zero and has a gradient
            return log_probabilities.sum()
        return functional.ctc_loss(
            log_probabilities.transpose(0, 1),
            labels.clamp(min=0),
            getattr(outputs, self.lengths)[clips],
            labels.ne(IGNORED).sum(1),
            blank=self.blank,
            reduction="sum",
            zero_infinity=True,
        )

    def count(self, batch: Batch) -> torch.Tensor:
        """Return the number of clips that have glosses."""
        return batch[self.target].ne(IGNORED).any(1).sum()
