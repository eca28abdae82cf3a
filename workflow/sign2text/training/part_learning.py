"""Which part of a model learns how much: numbers from the norms that a history has.

FLa-LLM argues for two separate trainings by the norms of gradients and parameters of the visual
part and of the language part ("dominance of LLM"); docs/fla_llm.md, "Who learns how much".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from sign2text.training.history import PARTS

if TYPE_CHECKING:
    import pandas as pd

Point = tuple[float, float]
"""Epoch and value."""

WITH_LIGHT_T = "visual_init"
"""The stage whose language part is Light-T."""
_NAMES = {"visual": "visual encoder", "language": "language model", "adapter": "LLM-Adapter"}
_NAMES_WITH_LIGHT_T = _NAMES | {"language": "Light-T", "adapter": "VL-Adapter"}
_PREFIXES = {"visual": "encoder.", "language": "language_model.", "adapter": "adapter."}
_FRAME_ENCODER = "encoder.frames."
# Tensors of a model's file that are no parameters: how frames are normalised, BatchNorm's
# statistics, mBART's empty bias.
_BUFFERS = (
    *("encoder.frames.scale", "encoder.frames.shift"),
    *("running_mean", "running_var", "num_batches_tracked", "final_logits_bias"),
)


@dataclass(frozen=True)
class Learning:
    """Norms of one trained part in a training's history; one value a logged step."""

    gradients: list[Point]
    """L2 norm of its gradients, before clipping; those that are numbers."""
    norms: list[Point]
    """L2 norm of its parameters."""
    shares: list[Point]
    """Share, 0 to 1, of the squared norm of all gradients; of steps where all parts have one."""

    @property
    def share(self) -> float | None:
        """Mean over the logged steps."""
        return fmean(share for _, share in self.shares) if self.shares else None

    @property
    def share_range(self) -> tuple[float, float] | None:
        """The lowest and the highest of a logged step."""
        values = [share for _, share in self.shares]
        return (min(values), max(values)) if values else None

    @property
    def moved(self) -> list[Point]:
        """Relative change of the parameters' norm since the first logged step."""
        if not self.norms or not self.norms[0][1]:
            return []
        start = self.norms[0][1]
        return [(epoch, norm / start - 1) for epoch, norm in self.norms]

    @property
    def change(self) -> float | None:
        """The relative change at the last logged step; its size is at most how far the part moved.

        The distance between two points is at least the difference of their norms.
        """
        return self.moved[-1][1] if self.moved else None


@dataclass(frozen=True)
class Training:
    """A stage's training, and which experiments of a comparison use it."""

    stage: str
    owner: str
    """The experiment in whose folder it is."""
    experiments: tuple[str, ...]
    settings: Mapping[str, Any]
    """Those that a reader of norms must know."""
    epochs: float
    steps: int
    """Logged steps."""
    parts: Mapping[str, Learning]
    """By name (visual, language, adapter), without those that are frozen."""
    values: Mapping[str, int]
    """How many values of each part are trained; empty where that is not known."""

    @property
    def place(self) -> str:
        """Its folder in that of the data set."""
        return f"{self.owner}/{self.stage}"

    def name(self, part: str) -> str:
        """Return the name of the part in this stage, for readers."""
        return part_name(self.stage, part)

    def share_of_values(self, part: str) -> float | None:
        """Share of the trained values that are the part's."""
        total = sum(self.values.get(each, 0) for each in self.parts)
        return self.values[part] / total if total and part in self.values else None


def part_name(stage: str, part: str) -> str:
    """Return the name of a part (visual, language, adapter) of a stage's model, for readers.

    >>> part_name("visual_init", "language"), part_name("finetune_llm", "language")
    ('Light-T', 'language model')
    """
    return (_NAMES_WITH_LIGHT_T if stage == WITH_LIGHT_T else _NAMES)[part]


def learning_of(history: pd.DataFrame) -> dict[str, Learning]:
    """Each trained part of a history (training/history.py), by name; a frozen one is not there."""
    norms = [f"norm_{part}" for part in PARTS if f"norm_{part}" in history]
    logged = history[history[norms].notna().any(axis=1)]
    trained = [norm.removeprefix("norm_") for norm in norms if logged[norm].notna().any()]
    columns = [f"grad_norm_{part}" for part in trained]
    shares: dict[str, list[Point]] = {part: [] for part in trained}
    for epoch, *gradients in logged[["epoch", *columns]].itertuples(index=False):
        total = sum(gradient**2 for gradient in gradients)
        if total and math.isfinite(total):
            for part, gradient in zip(trained, gradients, strict=True):
                shares[part].append((epoch, gradient**2 / total))
    return {
        part: Learning(
            _finite(logged, f"grad_norm_{part}"), _finite(logged, f"norm_{part}"), shares[part]
        )
        for part in trained
    }


def trained_values(model: Path, settings: Mapping[str, Any]) -> dict[str, int]:
    """How many values of each part a stage trains, each weight once; {} where there is no model.

    Args:
        model: the stage's model.safetensors, of which only the header is read.
        settings: of the stage; they say whether all of the visual encoder is trained, or the
            temporal module alone.

    Raises:
        InputError: the file is cut.
    """
    from safetensors import safe_open

    from sign2text.ground.files import reading

    if not model.exists():
        return {}
    without_frames = (
        settings.get("train_frame_encoder") is False
        or settings.get("trained_visual") == "temporal_module"
    )
    counts = dict.fromkeys(PARTS, 0)
    with reading(model), safe_open(model, framework="numpy") as weights:
        for name in weights.keys():  # noqa: SIM118 - no mapping
            if name.endswith(_BUFFERS) or (without_frames and name.startswith(_FRAME_ENCODER)):
                continue
            for part, prefix in _PREFIXES.items():
                if name.startswith(prefix):
                    counts[part] += math.prod(weights.get_slice(name).get_shape())
    return counts


def _finite(logged: pd.DataFrame, column: str) -> list[Point]:
    rows = logged[["epoch", column]].itertuples(index=False)
    return [(epoch, value) for epoch, value in rows if math.isfinite(value)]
