"""What the training loop needs to know beside model and data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Schedule:
    """Stages fill it from their settings."""

    epochs: int
    batch_size: int
    label_smoothing: float
    optimizer: Literal["sgd", "adamw"]
    seed: int
    warmup: float = 0.0
    weight_decay: float = 0.0
    max_grad_norm: float = 0.0
    checkpoints: int = 20
    """How many times over the whole training the state is saved."""
    accumulation: int = 1
    """Parts that each batch is computed in, one after the other, before a step is made of them.

    A trained BatchNorm normalises over one part, and its running statistics move with each."""
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    """What the model computes in while it is trained; it is evaluated in float32."""
    workers: int = 0
    """Processes that read the data beside the training; they change nothing that is learned."""
    loss: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor] | None = None
    """Sum over the labels that are not -100, from logits, labels and smoothing; None: of tokens."""
    parts: Mapping[str, torch.nn.Module] = field(default_factory=dict)
    """The model's parts whose norms are recorded at the logging steps (training/norms.py)."""
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    """What the state depends on; a state that was made with other values is not continued."""
