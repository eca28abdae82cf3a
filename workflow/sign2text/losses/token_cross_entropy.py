"""Cross-entropy of the tokens of sentences, or of classes, with label smoothing."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch.nn import functional

from sign2text.data.clips import IGNORED
from sign2text.losses.loss import Batch, Loss


class TokenCrossEntropy(Loss):
    """Cross-entropy as a mean over tokens, or as a mean over sentences of their tokens' sum."""

    def __init__(
        self,
        smoothing: float = 0.0,
        *,
        per: Literal["token", "sentence"] = "token",
        target: str = "labels",
        logits: str = "logits",
    ) -> None:
        """Spread `smoothing` over the vocabulary in training, but not on dev.

        Args:
            target: the batch's labels [B, L], -100 where padded; [B] for classes.
            logits: attribute of the model's outputs, [B, L, V]; [B, V] for classes.
        """
        self.smoothing, self.per, self.target, self.logits = smoothing, per, target, logits

    def sum(self, outputs: Any, batch: Batch) -> torch.Tensor:
        """Return the sum over all tokens that are not padding."""
        return token_loss(getattr(outputs, self.logits), batch[self.target], self.smoothing)

    def count(self, batch: Batch) -> torch.Tensor:
        """Return the number of tokens, or of sentences with tokens."""
        tokens = batch[self.target].ne(IGNORED)
        return tokens.sum() if self.per == "token" else tokens.any(1).sum()

    def on_dev(self) -> TokenCrossEntropy:
        """Return the loss without label smoothing."""
        return TokenCrossEntropy(per=self.per, target=self.target, logits=self.logits)


def token_loss(logits: torch.Tensor, labels: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Sum the cross-entropy over the tokens of `labels` [B, L] or [B] that are not -100."""
    return functional.cross_entropy(
        logits.flatten(0, -2).float(),
        labels.flatten(),
        ignore_index=IGNORED,
        label_smoothing=smoothing,
        reduction="sum",
    )
