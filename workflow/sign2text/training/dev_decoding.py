"""Settings for decoding and scoring dev in a training: base of the stage's `Config`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sign2text.ground.settings import AdapterName, Beams, Language, NewTokens, stage_config


@stage_config
class DevDecoding:
    """Settings for decoding dev; its BLEU-4 selects the epoch (training/dev_bleu.py)."""

    dev_bleu_every: Annotated[
        int,
        Field(
            ge=0,
            description="epochs (with training.dev_steps, measurements) between two decodings of "
            "dev, beside the last one; the epoch with the best BLEU-4 is kept. 0: dev is not "
            "decoded, the last is kept; ours",
        ),
    ] = 1
    dev_beams: Annotated[Beams, Field(description="beam width on dev; ours")] = 5
    dev_max_new_tokens: Annotated[
        NewTokens, Field(description="longest hypothesis on dev, in tokens; ours")
    ] = 150
    adapter: Annotated[
        AdapterName,
        Field(description="decides how dev is scored; the data set's key `adapter`"),
    ] = "avatar"
    language: Annotated[
        Language,
        Field(description="decides how dev is scored; the data set's key `language`"),
    ] = "de"
