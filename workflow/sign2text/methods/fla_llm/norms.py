"""Norms of FLa-LLM's parts, on which the paper's argument rests: names, cautions, counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sign2text.config.methods import Norms, Part

NORMS = Norms(
    parts={
        "visual": Part(
            "visual part", {"visual_init": "visual encoder", "finetune_llm": "visual encoder"}
        ),
        "language": Part(
            "language part", {"visual_init": "Light-T", "finetune_llm": "language model"}
        ),
        "adapter": Part("adapter", {"visual_init": "VL-Adapter", "finetune_llm": "LLM-Adapter"}),
    },
    named_with="language",
    about=(
        "FLa-LLM trains in two steps because, trained jointly, the language model does nearly all "
        "of the learning, which it shows by the norms of gradients and parameters."
    ),
    misleading=(
        "In two separate trainings the visual encoder and the language model are never trained "
        "together. The visual encoder's share is then against Light-T, another model at another "
        "loss: it says what the encoder gets in its own training, and is not the counterpart of a "
        "share in joint training number by number.",
        "The visual part is what is trained of it: frame encoder and temporal module, or the "
        "temporal module alone (train_frame_encoder and trained_visual, below). A frozen part has "
        "no norms.",
    ),
    values="sign2text.methods.fla_llm.norms:trained_values",
)
_PREFIXES = {"visual": "encoder.", "language": "language_model.", "adapter": "adapter."}
_FRAME_ENCODER = "encoder.frames."
# Buffers in a model's file: frame normalisation, BatchNorm's statistics, mBART's empty bias.
_BUFFERS = (
    *("encoder.frames.scale", "encoder.frames.shift"),
    *("running_mean", "running_var", "num_batches_tracked", "final_logits_bias"),
)


def trained_values(model: Path, settings: Mapping[str, Any]) -> dict[str, int]:
    """Count the values of each part that a stage trains, each weight once.

    Args:
        model: the stage's model.safetensors; only its header is read.
        settings: the stage's settings, which say whether the whole visual encoder is trained or the
            temporal module alone.

    Raises:
        InputError: the file is truncated.
    """
    from safetensors import safe_open

    from sign2text.ground.files import reading

    without_frames = (
        settings.get("train_frame_encoder") is False
        or settings.get("trained_visual") == "temporal_module"
    )
    counts = dict.fromkeys(_PREFIXES, 0)
    with reading(model), safe_open(model, framework="numpy") as weights:
        for name in weights.keys():  # noqa: SIM118 - no mapping
            if name.endswith(_BUFFERS) or (without_frames and name.startswith(_FRAME_ENCODER)):
                continue
            for part, prefix in _PREFIXES.items():
                if name.startswith(prefix):
                    counts[part] += math.prod(weights.get_slice(name).get_shape())
    return counts
