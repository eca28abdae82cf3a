"""The gated decoder: a frozen XGLM that reads sign features in every layer (section 4.3).

It uses the library's forward, cache and generation, and adds a linear layer from sign features to
the model's width, low-rank increments of the projections, and a gate for each head.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, XGLMConfig, XGLMForCausalLM
from transformers.models.xglm.modeling_xglm import XGLMSinusoidalPositionalEmbedding

from sign2text.ground.errors import InputError
from sign2text.methods.sign2gpt.gated_attention import GatedAttention, Signs
from sign2text.methods.sign2gpt.gated_decoder_config import GatedDecoderConfig
from sign2text.models.language_model import decoding_tokens
from sign2text.models.sinusoids import sinusoids


class SignProjection(nn.Module):
    """Sign features with positions, mapped to the language model's width."""

    def __init__(self, sign_width: int, width: int, config: GatedDecoderConfig) -> None:
        super().__init__()
        self.kind = config.positions
        self.linear = nn.Linear(sign_width, width)
        if self.kind.startswith("learnable"):
            self.positions = nn.Parameter(torch.zeros(config.most_steps, sign_width))
            if self.kind == "learnable_random":
                nn.init.normal_(self.positions)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map [B, N, C] to [B, N, width].

        Raises:
            InputError: a clip has more steps than there are learned positions.
        """
        steps = features.shape[1]
        if self.kind == "sinusoidal":
            places = torch.arange(steps, device=features.device)
            features = features + sinusoids(places, features.shape[2]).to(features.dtype)
        elif self.kind.startswith("learnable"):
            if steps > len(self.positions):
                raise InputError(
                    f"a clip of {steps} steps found, at most {len(self.positions)} expected, the "
                    "decoder's learned positions. Raise decoder.most_steps, or leave the clip out."
                )
            features = features + self.positions[:steps]
        return self.linear(features)


class GatedXGLM(XGLMForCausalLM):
    """An XGLM that generates text from sign features [B, N, C]; only added parts are trained."""

    def __init__(
        self,
        config: XGLMConfig,
        gated: GatedDecoderConfig,
        sign_width: int,
        base: XGLMForCausalLM | None = None,
    ) -> None:
        """Start with random weights, or take over the weights of `base`, which is modified.

        Args:
            sign_width: values C of a sign feature.
        """
        with torch.device("meta") if base is not None else nullcontext():
            super().__init__(config)
        if base is not None:
            self.model, self.lm_head = base.model, base.lm_head
        self.generation_config = decoding_tokens(config)
        self.requires_grad_(False)
        for layer in self.model.layers:
            layer.self_attn = GatedAttention(layer.self_attn, gated)
        self.sign_projection = SignProjection(sign_width, config.d_model, gated)
        for module in self.modules():
            # The weights are initialised or loaded. The library recomputes positions when it loads.
            if not isinstance(module, XGLMSinusoidalPositionalEmbedding):
                module._is_hf_initialized = True

    @classmethod
    def from_base(
        cls, base: PreTrainedModel, gated: GatedDecoderConfig, sign_width: int, where: str = ""
    ) -> GatedXGLM:
        """Make a gated decoder of a loaded XGLM, which is modified.

        Raises:
            InputError: `base` is not an XGLM; the message begins with `where`.
        """
        if base.config.model_type != "xglm":
            raise InputError(
                f"{where}language model: found model_type '{base.config.model_type}', expected "
                "'xglm', a decoder whose attention can be gated. Set "
                "pretrain_language_model.architecture and train_tokenizer.architecture to xglm."
            )
        return cls(base.config, gated, sign_width, base)

    def gates(self) -> torch.Tensor:
        """Return the clamped gates, [layers, heads]."""
        gates = torch.stack([layer.self_attn.gate for layer in self.model.layers])
        return gates.detach().clamp(0.0, 1.0)

    def read_signs(self, features: torch.Tensor, mask: torch.Tensor) -> Signs:
        """Compute keys and values of sign features [B, N, C]; `mask` [B, N] marks their steps."""
        features = self.sign_projection(features)
        found = [
            layer.self_attn.keys_and_values(layer.self_attn_layer_norm(features))
            for layer in self.model.layers
        ]
        return Signs(found, mask)

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        past_key_values: Any = None,
        inputs_embeds: torch.Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        sign_features: torch.Tensor | None = None,
        sign_mask: torch.Tensor | None = None,
        signs: Signs | None = None,
        **more: Any,
    ) -> Any:
        """Run the library's forward on tokens [B * beams, L] and sign features.

        Args:
            sign_features: [B, N, C].
            sign_mask: bool [B, N], True where a clip has a step.
            signs: result of `read_signs`, instead of the two above.
        """
        if sign_features is not None:
            signs = self.read_signs(sign_features, sign_mask)
        return super().forward(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            logits_to_keep=logits_to_keep,
            signs=signs,
            **more,
        )

    @torch.no_grad()
    def generate(
        self,
        *arguments: Any,
        sign_features: torch.Tensor | None = None,
        sign_mask: torch.Tensor | None = None,
        **settings: Any,
    ) -> Any:
        """Run the library's generation; keys and values of sign features are computed once."""
        if sign_features is not None:
            settings["signs"] = self.read_signs(sign_features, sign_mask)
        return super().generate(*arguments, **settings)
