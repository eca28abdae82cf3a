"""Settings of the prototypes of pseudo-glosses (Sign2GPT, section 4.3)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from sign2text.config.published_models import MODELS, asked_for
from sign2text.ground.settings import BelowOne, stage_config

LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.01, 1.0
"""Bounds of learned temperatures (public code)."""

PUBLISHED_BLOCKS = 12
"""Blocks of facebook/dinov2-small."""


@stage_config
class PrototypeConfig:
    """Settings for comparing sign features with prototypes."""

    dropout: Annotated[BelowOne, Field(description="of the sign features (public code)")] = 0.2
    temperature: Annotated[
        float,
        Field(
            ge=LEAST_TEMPERATURE,
            le=MOST_TEMPERATURE,
            description="of both softmaxes, at the start where it is learned (section 4.3)",
        ),
    ] = 0.1
    learn_temperatures: Annotated[
        bool,
        Field(description="learn both, within 0.01 and 1 (public code; the paper keeps them)"),
    ] = False


def blocks_of(encoder: Any) -> int | None:
    """Count the blocks of the frame encoder that the settings name; None if unknown."""
    if encoder.architecture != "dinov2":
        return 0
    if encoder.start != "published":
        return encoder.transformer.layers
    name, _ = asked_for(encoder)
    return PUBLISHED_BLOCKS if name == MODELS["dinov2"] else None
