"""Write sentences of the avatar's grammar with lemma and part of speech of each word.

A pipeline for pseudo-glosses is trained on them if no published one is configured. The rendered
corpus is not read: the sentences are drawn from the same grammar with a separate seed.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.ground.settings import Language, stage_config
from sign2text.jobs.command_line import command_line

READS = ()
SHARES_SEEDS = True

log = logging.getLogger(__name__)


@stage_config
class Config:
    language: Annotated[Language, Field(description="language; the data set's key")] = "de"
    sentences: Annotated[int, Field(ge=10, description="sentences to train on; ours")] = 4000
    held_out: Annotated[
        int, Field(ge=1, description="further ones that accuracy is measured on; ours")
    ] = 1000
    seed: Annotated[int, Field(ge=0, description="of the sentences; ours")] = 1


def run(*, output: Path, config: Config) -> None:
    """Write sentences.tsv into the folder `output` (text/annotated_text.py).

    Raises:
        InputError: the grammar produces fewer sentences than configured.
    """
    from sign2text.avatar.annotated_sentences import draw_annotated
    from sign2text.text.annotated_text import HELD_OUT, TRAIN, write_annotated

    drawn = draw_annotated(config.language, config.sentences + config.held_out, config.seed)
    parts = {TRAIN: drawn[: config.sentences], HELD_OUT: drawn[config.sentences :]}
    write_annotated(output / "sentences.tsv", parts)
    log.info("%d sentences, %d words", len(drawn), sum(map(len, drawn)))


if __name__ == "__main__":
    command_line(run)
