"""Connectionist temporal classification (Graves et al. 2006): glosses without their times."""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch.nn import functional

from sign2text.data.clips import IGNORED
from sign2text.losses.loss import Batch, Loss

log = logging.getLogger(__name__)


class CTC(Loss):
    """Negative log-likelihood of each clip's glosses over all alignments, a mean over clips.

    Attributes:
        hidden: how often a clip had fewer steps than its glosses need, in this process so far; such
            a clip has no alignment, so nothing is learned from it.
    """

    def __init__(
        self,
        *,
        blank: int = 0,
        target: str = "gloss_labels",
        logits: str = "gloss_logits",
        lengths: str = "gloss_lengths",
    ) -> None:
        """Name the operands of the loss.

        Args:
            target: the batch's glosses, int64 [B, L], -100 where padded.
            logits: attribute of the model's outputs, [B, N, V]; `blank` is one of the V classes.
            lengths: attribute of the model's outputs, int64 [B], the steps of each clip.
        """
        self.hidden = 0
        self.blank, self.target = blank, target
        self.logits, self.lengths = logits, lengths

    def sum(self, outputs: Any, batch: Batch) -> torch.Tensor:
        """Return the sum over the clips that have glosses.

        A clip with fewer steps than its glosses need has no alignment: its loss is zero, and
        `hidden` counts it. A warning reports the first such clip and each doubling of the count.
        """
        labels = batch[self.target]
        clips = labels.ne(IGNORED).any(1)
        labels = labels[clips]
        # In float32, even if the model computes in bfloat16.
        log_probabilities = getattr(outputs, self.logits).float().log_softmax(-1)[clips]
        if not len(labels):  # torch refuses an empty batch; an empty sum is 0 with a gradient
            return log_probabilities.sum()
        lengths = getattr(outputs, self.lengths)[clips]
        self._count_hidden(labels, lengths)
        return functional.ctc_loss(
            log_probabilities.transpose(0, 1),
            labels.clamp(min=0),
            lengths,
            labels.ne(IGNORED).sum(1),
            blank=self.blank,
            reduction="sum",
            zero_infinity=True,
        )

    def _count_hidden(self, labels: torch.Tensor, lengths: torch.Tensor) -> None:
        """Count the clips whose labels [B, L] need more steps than their lengths [B]."""
        written = labels.ne(IGNORED)
        # A blank separates two equal glosses.
        blanks = written[:, 1:] & (labels[:, 1:] == labels[:, :-1])
        before = self.hidden
        self.hidden += int((written.sum(1) + blanks.sum(1) > lengths).sum())
        if self.hidden.bit_length() > before.bit_length():
            log.warning(
                "CTC: %d times a clip had fewer steps than its glosses need; nothing is learned of "
                "it. Leave such clips out, or stretch them less",
                self.hidden,
            )

    def count(self, batch: Batch) -> torch.Tensor:
        """Return the number of clips that have glosses."""
        return batch[self.target].ne(IGNORED).any(1).sum()
