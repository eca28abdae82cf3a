"""Stop a training whose loss or weights are no longer finite; its last checkpoint is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from sign2text.ground.errors import InputError

WATCHED = {"loss": "the loss", "grad_norm": "the norm of the gradients", "eval_loss": "loss on dev"}
"""Logged values that must be finite, with names; other dev metrics must be finite as well."""


def check_logged(logs: Mapping[str, Any], step: int, state: Path) -> None:
    """Raise InputError if a value logged at `step` is infinite or NaN.

    `state` is the training's folder, for the message.
    """
    watched = WATCHED | {key: key for key in logs if key.startswith("eval_") and key not in WATCHED}
    for key, name in watched.items():
        value = logs.get(key)
        if value is not None and not math.isfinite(value):
            raise _diverged(f"{name} is {float(value)}", step, state)


def check_weights(model: torch.nn.Module, step: int, state: Path) -> None:
    """Raise InputError if a trained value of `model` is infinite or NaN after `step`."""
    for name, weight in model.named_parameters():
        if weight.requires_grad and not torch.isfinite(weight).all():
            raise _diverged(f"{name} holds values that are infinite or no numbers", step, state)


def _diverged(found: str, step: int, state: Path) -> InputError:
    return InputError(
        f"step {step}: {found}; finite numbers are expected. The training has diverged, and going "
        f"on would learn nothing. The last checkpoint in {state}, if there is one, is from before. "
        "Lower learning_rate, set max_grad_norm (to 1, for example) or a warmup, or precision: "
        "float32 where it is another one; then delete that folder and start again."
    )
