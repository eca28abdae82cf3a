"""Several named losses of one training, each a sum over a whole batch with a separate divisor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from sign2text.losses.loss import Batch, Loss


class TaskLosses:
    """Weighted sum of losses, in shares that add up over micro-batches and ranks.

    The loss of a whole batch is the sum over losses of weight * sum / divisor. Both sum and divisor
    cover all of the batch's micro-batches on all ranks.
    """

    def __init__(self, losses: Mapping[str, Loss], weights: Mapping[str, float]) -> None:
        """Take the losses and their `weights` by name; the default weight is 1.

        Raises:
            ValueError: there is no loss, or a weight has no loss.
        """
        if not losses or not weights.keys() <= losses.keys():
            raise ValueError(
                f"weights of {', '.join(weights) or 'nothing'} found, expected some of the losses "
                f"{', '.join(losses) or '(at least one)'}"
            )
        self.losses = dict(losses)
        self.weights = {name: weights.get(name, 1.0) for name in losses}

    @property
    def named(self) -> tuple[str, ...]:
        """Names of the losses if there are several; a single loss is called `loss`."""
        return tuple(self.losses) if len(self.losses) > 1 else ()

    def counts(self, batches: Iterable[Batch]) -> torch.Tensor:
        """Return the divisors of the losses over `batches`, int64 [losses]."""
        counts = torch.zeros(len(self.losses), dtype=torch.int64)
        for batch in batches:
            for place, loss in enumerate(self.losses.values()):
                if loss.target in batch:
                    counts[place] += loss.count(batch)
        return counts

    def values(
        self, outputs: Any, batch: Batch, counts: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a micro-batch's share of the whole batch's loss, and of each separate loss.

        Args:
            counts: divisors of the whole batch, [losses], on the model's device. A 0 means that the
                batch has no targets for that loss.

        Returns:
            the weighted sum [], which has a gradient, and the unweighted losses [losses].

        Raises:
            ValueError: the micro-batch has no loss's targets.
        """
        divisors = counts.clamp(min=1)
        shares: list[torch.Tensor] = []
        total = None
        for divisor, (name, loss) in zip(divisors, self.losses.items(), strict=True):
            if loss.target not in batch:
                shares.append(divisors.new_zeros((), dtype=torch.float32))
                continue
            share = loss.sum(outputs, batch) / divisor
            shares.append(share.detach().float())
            weighted = share * self.weights[name]
            total = weighted if total is None else total + weighted
        if total is None:
            wanted = ", ".join(loss.target for loss in self.losses.values())
            raise ValueError(f"a batch has {', '.join(batch)}, expected a target: {wanted}")
        return total, torch.stack(shares)
