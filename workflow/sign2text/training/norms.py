"""Norms of a model's parts during training, which show how much each part learns.

FLa-LLM separates two trainings because, trained jointly, the language model does nearly all of the
learning ("dominance of LLM"). The paper shows this with the norms of the gradients and of the
parameters of the visual part and of the language part.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from sign2text.training.sharding import whole_value


def part_norms(parts: Mapping[str, nn.Module]) -> dict[str, float]:
    """Compute L2 norms of the gradients and values of each part's trained parameters.

    Args:
        parts: modules by name (visual, language, adapter, as in training/history.py); a completely
            frozen part has no norms.

    Returns:
        `grad_norm_<part>` and `norm_<part>`, transferred from the device together.
    """
    names, norms = [], []
    for part, module in parts.items():
        trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
        gradients = [parameter.grad for parameter in trained if parameter.grad is not None]
        for name, tensors in ((f"grad_norm_{part}", gradients), (f"norm_{part}", trained)):
            if tensors:
                names.append(name)
                norms.append(_norm(tensors))
    return dict(zip(names, torch.stack(norms).tolist(), strict=True)) if norms else {}


@torch.no_grad()
def _norm(tensors: list[torch.Tensor]) -> torch.Tensor:
    """Compute the joint norm of all values in `tensors`, float32."""
    return whole_value(nn.utils.get_total_norm(tensors)).float()
