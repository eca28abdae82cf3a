"""Settings of long clips that join others, and of parallel text."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sign2text.ground.settings import stage_config


@stage_config
class Joined:
    """Long clips that join several clips of one signer; ours."""

    train: Annotated[int, Field(ge=0, description="long clips of train; 0: none; ours")] = 0
    dev: Annotated[int, Field(ge=0, description="long clips of dev; ours")] = 0
    test: Annotated[int, Field(ge=0, description="long clips of test; ours")] = 0
    fewest: Annotated[int, Field(ge=2, description="clips in a long clip, at least; ours")] = 3
    most: Annotated[int, Field(ge=2, description="clips in a long clip, at most; ours")] = 6
    seconds: Annotated[
        float,
        Field(gt=0, description="length of a long clip at most; 256 steps of 0.08 s; ours"),
    ] = 20.48


@stage_config
class Parallel:
    """Text in several languages whose meanings no clip signs, for machine translation."""

    train: Annotated[
        int,
        Field(
            ge=0,
            description="meanings of train that the avatar's grammar writes; without effect "
            "where it signs no sentences of its own; ours",
        ),
    ] = 0
    dev: Annotated[
        int, Field(ge=0, description="meanings of dev that the avatar's grammar writes; ours")
    ] = 0
    train_file: Annotated[
        str | None,
        Field(description="tab-separated file of train: a column a language, a row a meaning"),
    ] = None
    dev_file: Annotated[str | None, Field(description="the same for dev")] = None
