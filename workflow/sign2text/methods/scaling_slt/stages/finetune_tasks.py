"""Fine-tune the pretrained model on one benchmark, or on several at once (row 9 of table 5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.config.reads import NamedDataSet, Read, Settings
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.scaling_slt.task_reads import corpus_reads, own_among_further, text_reads
from sign2text.methods.scaling_slt.task_settings import (
    Directions,
    FineTuning,
    OnClips,
    TaskShares,
)

TRAINS = True
PRETRAINED = NamedDataSet("finetune_tasks", "pretrained_on")
"""The data set whose pretraining the model comes from."""
READS = (
    *corpus_reads("finetune_tasks"),
    *text_reads("finetune_tasks"),
    Read("model", "pretrain_tasks", "model.safetensors", dataset=PRETRAINED),
)


@stage_config
class Config(OnClips):
    pretrained_on: Annotated[
        str | None,
        Field(
            description="data set whose pretrain_tasks the model comes from, such as youtube_asl "
            "(section 3); null: this one"
        ),
    ] = None
    tasks: Annotated[
        TaskShares, Field(description="relative shares of the tasks on clips; SLT alone (table 5)")
    ] = Field(default_factory=lambda: TaskShares(alignment=0.0))
    mt: Annotated[
        Directions,
        Field(description="translation of text: none, X -> own language, or both directions; ours"),
    ] = "none"
    training: Annotated[
        FineTuning, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=FineTuning)
    seed: Annotated[int, Field(ge=0, description="of dropout, augmentation and order")] = 1


def run(
    *,
    train_landmarks: Path,
    dev_landmarks: Path,
    train_captions: Path,
    dev_captions: Path,
    train_joined: Path,
    dev_joined: Path,
    languages: Path,
    model: Path,
    output: Path,
    config: Config,
    translated: Path | None = None,
    other1_train_landmarks: Path | None = None,
    other1_languages: Path | None = None,
    other2_train_landmarks: Path | None = None,
    other2_languages: Path | None = None,
    other3_train_landmarks: Path | None = None,
    other3_languages: Path | None = None,
    other4_train_landmarks: Path | None = None,
    other4_languages: Path | None = None,
    train_parallel: Path | None = None,
    threads: int = 0,
) -> None:
    """Write the translator, its tokenizer, history.tsv and the mixture's plan into `output`.

    Args:
        model: weights of pretrain_tasks; see pretrain_tasks about the other files.

    Raises:
        InputError: the model reads landmarks of another form, or other time tokens; see
            pretrain_tasks too.
    """
    from sign2text.ground.device import use_threads
    from sign2text.methods.scaling_slt.build_translator import open_translator
    from sign2text.methods.scaling_slt.corpora import open_corpora
    from sign2text.methods.scaling_slt.task_training import train_on_clips

    use_threads(threads)
    corpora = open_corpora(dict(locals()), config)
    first = corpora["train"][0]
    network, words = open_translator(model.parent, first.about, config, first.store.about)
    train_on_clips(
        "finetune_tasks",
        network,
        words,
        corpora["train"],
        corpora["dev"],
        train_parallel,
        config,
        inputs=[model],
        output=output,
    )


def check_settings(settings: Settings) -> Iterator[str]:
    """Report further data sets that cannot be read beside the job's own."""
    yield from own_among_further("finetune_tasks", settings)


if __name__ == "__main__":
    command_line(run)
