"""A vision transformer of DINOv2's architecture, and low-rank increments of its blocks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers import Dinov2Config, Dinov2Model
from transformers.models.dinov2.modeling_dinov2 import Dinov2Embeddings, Dinov2Layer

from sign2text.models.lora import Lora

OFFSET = 0.1
"""Added by DINOv2's code to the patches along a side, before dividing by the trained number."""
A_STD = 0.02
"""Initial standard deviation of A (Sign2GPT's public code)."""


class VisionTransformer(Dinov2Model):
    """transformers' DINOv2, with positions interpolated as in DINOv2's own code."""

    def __init__(self, config: Dinov2Config) -> None:
        super().__init__(config)
        # This changes only the interpolation, not the weights.
        self.embeddings.__class__ = _Embeddings

    @property
    def blocks(self) -> nn.ModuleList:
        """The transformer's layers, counted from 0."""
        return self.encoder.layer

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Embed images [M, 3, H, W] as tokens [M, 1 + patches, C], the class token first.

        Pixels at the edges that fill no patch are cut off, evenly on both sides.
        """
        for axis, patch in zip((2, 3), self.embeddings.patch_embeddings.patch_size, strict=True):
            rest = images.shape[axis] % patch
            images = images.narrow(axis, rest // 2, images.shape[axis] - rest)
        return self.embeddings(images)

    def transform(
        self,
        tokens: torch.Tensor,
        blocks: range,
        adapters: Mapping[int, BlockAdapter] | None = None,
        *,
        checkpointing: bool = False,
    ) -> torch.Tensor:
        """Pass tokens [M, P, C] through `blocks`, in order.

        Args:
            adapters: adapters by the number of their block.
            checkpointing: store only each block's input, and recompute the rest.
        """
        for number in blocks:
            block = self.blocks[number]
            adapter = (adapters or {}).get(number)
            step = block if adapter is None else partial(adapter, block)
            tokens = (
                checkpoint(step, tokens, use_reentrant=False) if checkpointing else step(tokens)
            )
        return tokens

    def class_tokens(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the normalised class token [M, C] of the last block's tokens [M, P, C]."""
        return self.layernorm(tokens[:, 0])


class BlockAdapter(nn.Module):
    """Increments of one block: of its fused queries, keys and values, and of three more layers.

    Queries, keys and values share one A and one dropout, as if one layer computed all three
    (Sign2GPT, public code).
    """

    def __init__(self, block: Dinov2Layer, *, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()

        def lora(*bases: nn.Linear) -> Lora:
            outputs = sum(base.out_features for base in bases)
            settings = {"rank": rank, "alpha": alpha, "dropout": dropout, "a_std": A_STD}
            return Lora(bases[0].in_features, outputs, **settings)

        attention, feed_forward = block.attention, block.mlp
        self.qkv = lora(attention.q_proj, attention.k_proj, attention.v_proj)
        self.projection = lora(attention.o_proj)
        self.fc1, self.fc2 = lora(feed_forward.fc1), lora(feed_forward.fc2)

    def forward(self, block: Dinov2Layer, tokens: torch.Tensor) -> torch.Tensor:
        """Apply `block` with its increments to tokens [M, P, C]."""
        mixed = self._attend(block, block.norm1(tokens))
        tokens = tokens + block.drop_path(block.layer_scale1(mixed))
        normed, mlp = block.norm2(tokens), block.mlp
        inner = mlp.activation_fn(mlp.fc1(normed) + self.fc1(normed))
        return tokens + block.drop_path(block.layer_scale2(mlp.fc2(inner) + self.fc2(inner)))

    def _attend(self, block: Dinov2Layer, normed: torch.Tensor) -> torch.Tensor:
        attention = block.attention
        projections = (attention.q_proj, attention.k_proj, attention.v_proj)
        increments = self.qkv(normed).chunk(3, -1)
        q, k, v = (
            (projection(normed) + increment).unflatten(-1, (-1, attention.head_dim)).transpose(1, 2)
            for projection, increment in zip(projections, increments, strict=True)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, scale=attention.scaling)
        mixed = mixed.transpose(1, 2).flatten(2)
        return attention.o_proj(mixed) + self.projection(mixed)


class _Embeddings(Dinov2Embeddings):
    """transformers' embeddings, with positions interpolated by a factor."""

    def interpolate_pos_encoding(
        self, embeddings: torch.Tensor, height: int, width: int
    ) -> torch.Tensor:
        """Return positions [1, 1 + patches, C] for images of `height` x `width` pixels.

        The factor is (patches + OFFSET) / patches in training: 16.1/37 for 224 pixels instead of
        518. transformers uses 16/37, which gives other values.
        """
        down, across = self.patch_embeddings.patch_size
        rows, columns = height // down, width // across
        trained = round((self.position_embeddings.shape[1] - 1) ** 0.5)
        if rows == columns == trained:
            return self.position_embeddings
        first, rest = self.position_embeddings.split([1, trained**2], 1)
        grid = rest.unflatten(1, (trained, trained)).permute(0, 3, 1, 2)
        factors = ((rows + OFFSET) / trained, (columns + OFFSET) / trained)
        fitted = functional.interpolate(grid.float(), scale_factor=factors, mode="bicubic")
        if fitted.shape[2:] != (rows, columns):
            raise ValueError(f"positions of {fitted.shape[2:]} patches, not {rows} x {columns}")
        return torch.cat([first, fitted.to(rest.dtype).flatten(2).transpose(1, 2)], 1)
