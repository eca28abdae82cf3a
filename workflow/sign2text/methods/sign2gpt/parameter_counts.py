"""Parameters of Sign2GPT at its published size (table 1b), without training or weights."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

PUBLISHED_VOCABULARY = 256_008
"""Entries of XGLM's vocabulary, which the paper does not cut."""
PARTS = {"Spatial": "spatial", "Sign Encoder": "sign_encoder", "Decoder": "decoder"}
"""The model's parts by the table's rows; the row TOTAL has all of them."""
TOTAL = "Total"


def published_counts(row: str, _setting: str) -> dict[str, int]:
    """Return all and trained parameters of a row of table 1b; {} for another row.

    Args:
        row: the row's name in published.csv.
    """
    if row not in (*PARTS, TOTAL):
        return {}
    params, trained = count_parts()[PARTS.get(row, TOTAL)]
    return {"params": params, "trainable": trained}


@functools.cache
def count_parts() -> dict[str, tuple[int, int]]:
    """Count all and the trained parameters of each part and of the model, each weight once.

    The model has DINOv2 ViT-S/14, XGLM-1.7B and the defaults of the method's stages. It is built on
    torch's meta device, which has shapes only and costs no memory.
    """
    import torch
    from transformers import Dinov2Config, XGLMConfig

    from sign2text.methods.sign2gpt.translator import SignTranslator, SignTranslatorConfig
    from sign2text.models.frame_encoder import FrameEncoderConfig
    from sign2text.models.published_sizes import FRAME_ENCODERS, LANGUAGE_MODELS

    sizes = LANGUAGE_MODELS["facebook/xglm-1.7B"]
    frames = Dinov2Config(**FRAME_ENCODERS["dinov2"]["facebook/dinov2-small"])
    config = SignTranslatorConfig(
        encoder={"frames": FrameEncoderConfig(dinov2=frames)},
        language_model=XGLMConfig(
            vocab_size=PUBLISHED_VOCABULARY,
            d_model=sizes["width"],
            num_layers=sizes["layers"],
            attention_heads=sizes["heads"],
            ffn_dim=sizes["feed_forward"],
        ),
    )
    with torch.device("meta"):
        model = SignTranslator(config)
    return {name: _count(part) for name, part in (model.parts() | {TOTAL: model}).items()}


def _count(model: nn.Module) -> tuple[int, int]:
    found = list(model.parameters())
    trained = sum(each.numel() for each in found if each.requires_grad)
    return sum(each.numel() for each in found), trained
