"""Sizes of the gated decoder's added parts, for settings and config.json."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sign2text.ground.settings import BelowOne, stage_config


@stage_config
class GatedDecoderConfig:
    """The published sizes and the variants of table 4."""

    rank: Annotated[
        int, Field(ge=1, description="rank of the low-rank increments (public code)")
    ] = 4
    alpha: Annotated[
        float, Field(gt=0, description="an increment is scaled by alpha / rank (public code)")
    ] = 4.0
    dropout: Annotated[
        BelowOne, Field(description="dropout of what the increments read (public code)")
    ] = 0.1
    positions: Annotated[
        Literal["sinusoidal", "none", "learnable_zero", "learnable_random"],
        Field(
            description="added to the sign features: sinusoids, nothing, or learned ones that "
            "start at zero or at random (table 4)"
        ),
    ] = "sinusoidal"
    most_steps: Annotated[
        int, Field(ge=1, description="learned positions: the longest clip, in steps (public code)")
    ] = 2048
