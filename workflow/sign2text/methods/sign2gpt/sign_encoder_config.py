"""Sizes of the sign encoder, for a stage's settings and a model's config.json."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sign2text.ground.settings import BelowOne, check_heads, stage_config


@stage_config
class SignEncoderConfig:
    """The published sizes and the variants of table 4."""

    width: Annotated[
        int, Field(ge=2, multiple_of=2, description="width of a sign feature (section 4.2)")
    ] = 512
    stages: Annotated[
        list[Annotated[int, Field(ge=1)]],
        Field(
            description="layers of each stage; between two stages time is halved (section 4.2). "
            "[]: no sign encoder, features of frames stay what they are"
        ),
    ] = Field(default_factory=lambda: [2, 2])
    heads: Annotated[int, Field(ge=1, description="attention heads (section 4.2)")] = 8
    feed_forward: Annotated[
        int, Field(ge=1, description="width of the feed-forward part (public code)")
    ] = 2048
    window: Annotated[
        int | None,
        Field(
            ge=1,
            description="steps that one attends to, half of them on either side, odd (section "
            "4.2); null: all steps (table 4)",
        ),
    ] = 7
    downsample: Annotated[
        bool, Field(description="halve time between the stages; false: table 4")
    ] = True
    positions: Annotated[
        Literal["sinusoidal", "none", "learnable_zero", "learnable_random"],
        Field(
            description="added to the input: sinusoids, nothing, or learned ones that start at "
            "zero or at random (table 4)"
        ),
    ] = "sinusoidal"
    rotary: Annotated[
        bool, Field(description="rotary positions of queries and keys (public code)")
    ] = True
    most_steps: Annotated[
        int, Field(ge=1, description="learned positions: the longest clip, in sampled frames; ours")
    ] = 256
    dropout: Annotated[BelowOne, Field(description="dropout (public code)")] = 0.1
    drop_path: Annotated[
        BelowOne,
        Field(
            description="share of clips that the last layer's parts are left out of; it rises "
            "from 0 by the layer (public code)"
        ),
    ] = 0.1
    layer_scale: Annotated[
        float, Field(gt=0, description="factor of each channel at the start (public code)")
    ] = 1e-5

    @model_validator(mode="after")
    def _check_sizes(self) -> SignEncoderConfig:
        check_heads(self.width, self.heads)
        if self.rotary and (self.width // self.heads) % 2:
            raise ValueError(
                f"width is {self.width} and heads {self.heads}; a head's width of "
                f"{self.width // self.heads} is odd, and rotary positions turn pairs of values"
            )
        if self.window is not None and self.window % 2 == 0:
            raise ValueError(f"window is {self.window}; an odd number is expected, or null")
        return self

    @property
    def halvings(self) -> int:
        """Number of times the encoder halves time."""
        return max(0, len(self.stages) - 1) if self.downsample else 0
