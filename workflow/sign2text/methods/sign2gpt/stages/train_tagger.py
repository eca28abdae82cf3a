"""Train a spaCy pipeline, tagger and lemmatizer, on annotated sentences of the avatar's grammar.

It replaces the published pipeline if none is configured. The paper has no such training.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.config.reads import Read
from sign2text.ground.settings import BelowOne, Language, stage_config
from sign2text.jobs.command_line import command_line

READS = (Read("annotated", "annotate_text", "sentences.tsv"),)
SHARES_SEEDS = True

log = logging.getLogger(__name__)


@stage_config
class Config:
    language: Annotated[Language, Field(description="language; the data set's key")] = "de"
    width: Annotated[int, Field(ge=4, description="width of the words' features; ours")] = 64
    depth: Annotated[
        int, Field(ge=1, description="convolutions over a word and its neighbours; ours")
    ] = 2
    rows: Annotated[int, Field(ge=10, description="rows of each embedding table; ours")] = 1000
    epochs: Annotated[int, Field(ge=1, description="epochs; ours")] = 3
    batch_size: Annotated[int, Field(ge=1, description="sentences in a batch; ours")] = 32
    dropout: Annotated[BelowOne, Field(description="dropout; ours")] = 0.1
    learning_rate: Annotated[float, Field(gt=0, description="Adam's rate; ours")] = 0.002
    seed: Annotated[int, Field(ge=0, description="of weights and order; ours")] = 1


def run(*, annotated: Path, output: Path, config: Config) -> None:
    """Write pipeline.zip and accuracy.json into the folder `output`.

    accuracy.json has the share of words in held-out sentences with the correct part of speech, and
    the share with the correct lemma.

    Raises:
        InputError: `annotated` is damaged, or has no training or no held-out sentences.
    """
    from sign2text.ground.files import filling
    from sign2text.text.annotated_text import HELD_OUT, TRAIN, read_annotated
    from sign2text.text.tagger_training import measure_accuracy, save_pipeline, train_pipeline

    sentences = read_annotated(annotated)
    nlp = train_pipeline(
        config.language,
        sentences[TRAIN],
        width=config.width,
        depth=config.depth,
        rows=config.rows,
        epochs=config.epochs,
        batch_size=config.batch_size,
        dropout=config.dropout,
        learning_rate=config.learning_rate,
        seed=config.seed,
    )
    accuracy = measure_accuracy(nlp, config.language, sentences[HELD_OUT])
    with filling(output, last="pipeline.zip") as folder:
        (folder / "accuracy.json").write_text(json.dumps(accuracy, indent=1) + "\n")
        save_pipeline(nlp, folder / "pipeline.zip")
    log.info(
        "%d held-out sentences: %.1f %% of tags and %.1f %% of lemmas are right",
        accuracy["sentences"],
        100 * accuracy["tags"],
        100 * accuracy["lemmas"],
    )


if __name__ == "__main__":
    command_line(run)
