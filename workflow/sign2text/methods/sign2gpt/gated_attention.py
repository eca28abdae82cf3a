"""Self-attention of XGLM that also reads sign features (Sign2GPT, section 4.3)."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional
from transformers.models.xglm.modeling_xglm import XGLMAttention

from sign2text.methods.sign2gpt.gated_decoder_config import GatedDecoderConfig
from sign2text.models.lora import Lora

A_STD = 0.2
"""Standard deviation of the increments' A; their B starts at zero (public code)."""


class Signs(NamedTuple):
    """Keys and values of the sign features of B clips, computed once per clip."""

    layers: list[tuple[torch.Tensor, torch.Tensor]]
    """Keys and values of each layer, [B, heads, N, width / heads]."""
    mask: torch.Tensor
    """True where a clip has a step, bool [B, N]."""


class AdaptedLinear(nn.Linear):
    """A frozen linear layer plus a trained increment; the frozen weights keep their names."""

    def __init__(self, frozen: nn.Linear, lora: Lora) -> None:
        """Take over the weights of `frozen`."""
        super().__init__(frozen.in_features, frozen.out_features, device="meta")
        self.weight, self.bias = frozen.weight, frozen.bias
        self.lora = lora
        self.known: torch.Tensor | None = None
        """Output of the frozen layer for the next input, if already computed."""
        self.added: torch.Tensor | None = None
        """Added to the next input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [..., in] to [..., out]."""
        if self.added is not None:
            x = x + self.added
        return (self.frozen(x) if self.known is None else self.known) + self.lora(x)

    def frozen(self, x: torch.Tensor) -> torch.Tensor:
        """Map [..., in] without the increment."""
        return super().forward(x)


class GatedAttention(XGLMAttention):
    """The library's masked self-attention plus, in each head, attention to sign features.

    Queries, keys and values of the sign features come from the same frozen projections with
    separate increments. Each head has a gate, initially zero, that scales the added part.
    """

    def __init__(self, frozen: XGLMAttention, config: GatedDecoderConfig) -> None:
        """Take over the weights of `frozen`."""
        width = frozen.embed_dim
        with torch.device("meta"):
            super().__init__(
                width,
                frozen.num_heads,
                dropout=frozen.dropout,
                is_decoder=frozen.is_decoder,
                layer_idx=frozen.layer_idx,
            )

        def lora(dropout: float, a_std: float | None = A_STD) -> Lora:
            sizes = {"rank": config.rank, "alpha": config.alpha}
            return Lora(width, width, dropout=dropout, a_std=a_std, **sizes)

        for name in ("q_proj", "k_proj", "v_proj"):
            setattr(self, name, AdaptedLinear(getattr(frozen, name), lora(config.dropout)))
        self.out_proj = AdaptedLinear(frozen.out_proj, lora(0.0))
        self.sign_query = lora(config.dropout)
        self.sign_key, self.sign_value = (lora(config.dropout, a_std=None) for _ in range(2))
        self.gate = nn.Parameter(torch.zeros(self.num_heads))

    def keys_and_values(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute keys and values [B, heads, N, d] of normalised sign features [B, N, width]."""
        keys = self.k_proj.frozen(features) + self.sign_key(features)
        values = self.v_proj.frozen(features) + self.sign_value(features)
        return self._by_head(keys, len(features)), self._by_head(values, len(features))

    def forward(
        self, hidden_states: torch.Tensor, *arguments: Any, signs: Signs | None = None, **more: Any
    ) -> tuple[torch.Tensor, ...]:
        """Attend as the library does, and to `signs`; hidden_states are [B * beams, L, width]."""
        if signs is None:
            return super().forward(hidden_states, *arguments, **more)
        shared = self.q_proj.frozen(hidden_states)
        seen = self._look(shared + self.sign_query(hidden_states), signs)
        self.q_proj.known, self.out_proj.added = shared, seen
        try:
            return super().forward(hidden_states, *arguments, **more)
        finally:
            self.q_proj.known = self.out_proj.added = None

    def _look(self, queries: torch.Tensor, signs: Signs) -> torch.Tensor:
        """Attend to the sign features from queries [B * beams, L, width]; return gated values.

        The result has the queries' shape. Beams of a clip share its keys and values, so their
        queries are concatenated.
        """
        keys, values = signs.layers[self.layer_idx]
        scores = self._by_head(queries * self.scaling, len(keys)) @ keys.transpose(2, 3)
        hidden = ~signs.mask[:, None, None, :]
        weights = scores.masked_fill(hidden, torch.finfo(scores.dtype).min).softmax(-1)
        weights = functional.dropout(weights, self.dropout, self.training)
        gates = Clamped.apply(self.gate)[:, None, None]
        seen = gates * (weights.to(values.dtype) @ values)
        return seen.transpose(1, 2).reshape(queries.shape)

    def _by_head(self, x: torch.Tensor, clips: int) -> torch.Tensor:
        """Reshape [B * beams, M, width] to [B, heads, beams * M, d]."""
        return x.reshape(clips, -1, self.num_heads, self.head_dim).transpose(1, 2).contiguous()


class Clamped(torch.autograd.Function):
    """A gate clamped to [0, 1]; its gradient passes unchanged even where it is clamped."""

    @staticmethod
    def forward(_: Any, gate: torch.Tensor) -> torch.Tensor:
        return gate.clamp(0.0, 1.0)

    @staticmethod
    def backward(_: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient
