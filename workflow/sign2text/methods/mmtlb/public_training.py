"""Settings that the trainings of MMTLB's public code share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sign2text.ground.settings import Beams, BelowOne, NewTokens, stage_config
from sign2text.training.dev_decoding import DevDecoding
from sign2text.training.settings import OptimizerName, Training


@stage_config
class PublicTraining(Training):
    """The public code's batches and optimiser, on PHOENIX-2014T."""

    batch_size: Annotated[
        int, Field(ge=1, description="clips in a batch on average (public code)")
    ] = 8
    optimizer: Annotated[OptimizerName, Field(description="adam decays by L2 (public code)")] = (
        "adam"
    )
    betas: Annotated[
        list[BelowOne],
        Field(min_length=2, max_length=2, description="of adam and adamw (public code)"),
    ] = Field(default_factory=lambda: [0.9, 0.998])
    weight_decay: Annotated[float, Field(ge=0, description="weight decay (public code)")] = 1e-3


@stage_config
class Translating(DevDecoding):
    """Settings of stages that train a language model: its dropout, and decoding on dev."""

    label_smoothing: Annotated[BelowOne, Field(description="public code")] = 0.2
    dropout: Annotated[
        BelowOne | None,
        Field(description="the language model's (public code); null keeps its own"),
    ] = 0.3
    attention_dropout: Annotated[BelowOne | None, Field(description="the same (public code)")] = 0.1
    dev_beams: Annotated[Beams, Field(description="beam width on dev (public code)")] = 5
    dev_max_new_tokens: Annotated[
        NewTokens, Field(description="longest hypothesis on dev, in tokens (public code)")
    ] = 100
