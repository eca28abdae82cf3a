"""Parameters of the translator at its published sizes (section 3), without training or weights."""

from __future__ import annotations

import functools

PUBLISHED = {
    "ByT5 Small": "google/byt5-small",
    "ByT5 Base": "google/byt5-base",
    "ByT5 Large": "google/byt5-large",
    "ByT5 XL": "google/byt5-xl",
    "mT5 Base": "google/mt5-base",
    "mT5 Large": "google/mt5-large",
    "mT5 XL": "google/mt5-xl",
    "T5 Base": "google/t5-v1_1-base",
    "T5 Large": "google/t5-v1_1-large",
    "T5 XL": "google/t5-v1_1-xl",
}
"""Models on the hub, by the names of rows of published.csv and of the paper's sizes."""


def published_counts(row: str, _setting: str) -> dict[str, int]:
    """Return the language model's parameters of a row that names its size; {} for another row.

    Args:
        row: the row's name in published.csv.
    """
    return {"params": count_parameters(row)["language"]} if row in PUBLISHED else {}


@functools.cache
def count_parameters(size: str) -> dict[str, int]:
    """Count the parameters of the parts of a published size, with the published vocabulary.

    The model has its own output head, as the published ones have, and no time tokens. It is built
    on torch's meta device, which has shapes only and costs no memory.

    Args:
        size: a name in PUBLISHED.

    Returns:
        parameters of `language` and `visual`, the landmark layer.
    """
    import torch
    from transformers import MT5Config, T5Config

    from sign2text.methods.scaling_slt.translator import LandmarkTranslator
    from sign2text.methods.scaling_slt.translator_config import LandmarkTranslatorConfig
    from sign2text.models.published_sizes import LANGUAGE_MODELS, T5_ROWS

    name = PUBLISHED[size]
    sizes = LANGUAGE_MODELS[name]
    kind = MT5Config if "mt5" in name else T5Config
    (rows,) = (rows for start, rows in T5_ROWS.items() if name.startswith(start))
    config = kind(
        vocab_size=rows,
        d_model=sizes["width"],
        d_kv=sizes.get("head_width", sizes["width"] // sizes["heads"]),
        d_ff=sizes["feed_forward"],
        num_layers=sizes["layers"],
        num_decoder_layers=sizes.get("decoder_layers", sizes["layers"]),
        num_heads=sizes["heads"],
        feed_forward_proj="gated-gelu",
    )
    with torch.device("meta"):
        model = LandmarkTranslator(LandmarkTranslatorConfig(language_model=config, own_head=True))
    return {
        part: sum(each.numel() for each in module.parameters())
        for part, module in model.parts().items()
    }
