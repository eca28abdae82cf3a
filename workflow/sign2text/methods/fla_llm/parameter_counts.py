"""Parameter counts of models of published sizes, without training or weights."""

from __future__ import annotations

import re

PUBLISHED_VOCABULARY = 2429
"""Entries derived from Light-T's published counts (FLa-LLM, table 7); the paper states none."""
PUBLISHED_POSITIONS = 1024
LIGHT_T_SIZES = {
    "Tiny": (1, 4, 256, 1024),
    "Small": (2, 4, 512, 2048),
    "Base": (3, 8, 512, 2048),
    "Large": (4, 8, 1024, 4096),
}
"""Layers, heads, width and feed-forward width by the size's name (FLa-LLM, table 7)."""
_SIZE = re.compile(r"light_t\(layers,heads,hidden,ffn\)=\((\d+),(\d+),(\d+),(\d+)\)")


def published_counts(_row: str, setting: str) -> dict[str, int]:
    """Return the parameters of a row of table 7 by column of published.csv; {} without a size.

    Args:
        setting: the row's setting in published.csv.
    """
    size = _SIZE.search(setting)
    return {"params_m": light_t_parameters(*map(int, size.groups()))} if size else {}


def light_t_parameters(layers: int, heads: int, width: int, feed_forward: int) -> int:
    """Count Light-T's parameters with the published vocabulary and positions, each weight once.

    The model is built on torch's meta device, which has shapes only and costs no memory.
    """
    import torch
    from transformers import MBartConfig

    from sign2text.methods.fla_llm.translator import LightT

    config = MBartConfig(
        vocab_size=PUBLISHED_VOCABULARY,
        max_position_embeddings=PUBLISHED_POSITIONS,
        d_model=width,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=feed_forward,
        decoder_ffn_dim=feed_forward,
    )
    with torch.device("meta"):
        return sum(each.numel() for each in LightT(config).parameters())
