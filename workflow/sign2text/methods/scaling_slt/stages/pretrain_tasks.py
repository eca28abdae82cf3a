"""Pretrain one model on clips and text: SLT, alignment, MT and augmented SLT (section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.config.reads import Read, Settings
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.scaling_slt.task_reads import corpus_reads, own_among_further, text_reads
from sign2text.methods.scaling_slt.task_settings import OnClips, TaskTraining

TRAINS = True
READS = (
    *corpus_reads("pretrain_tasks"),
    *text_reads("pretrain_tasks"),
    Read("tokenizer", "train_tokenizer", "tokenizer.json"),
    Read("language_model", "pretrain_language_model", "model.safetensors"),
)


@stage_config
class Config(OnClips):
    training: Annotated[
        TaskTraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=TaskTraining)
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
    tokenizer: Path,
    language_model: Path,
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
        train_landmarks, dev_landmarks: landmark stores.
        translated: machine-translated captions, for augmented SLT.
        other1_train_landmarks ... other4_languages: of each further data set train's landmarks, and
            languages.json beside its captions.
        train_parallel: text to translate.

    Raises:
        InputError: a language, a task or the text translation has no data; a caption or prompt is
            too long or cannot be encoded.
    """
    from sign2text.ground.device import use_threads
    from sign2text.methods.scaling_slt.build_translator import build_translator
    from sign2text.methods.scaling_slt.corpora import open_corpora
    from sign2text.methods.scaling_slt.task_training import train_on_clips
    from sign2text.text.tokenizer import load_tokenizer

    use_threads(threads)
    corpora = open_corpora(dict(locals()), config)
    first = corpora["train"][0]
    model, words = build_translator(
        language_model.parent,
        load_tokenizer(tokenizer),
        first.about,
        config,
        extractor=first.store.about,
    )
    train_on_clips(
        "pretrain_tasks",
        model,
        words,
        corpora["train"],
        corpora["dev"],
        train_parallel,
        config,
        inputs=[tokenizer, language_model],
        output=output,
    )


def check_settings(settings: Settings) -> Iterator[str]:
    """Report further data sets that cannot be read beside the job's own."""
    yield from own_among_further("pretrain_tasks", settings)


if __name__ == "__main__":
    command_line(run)
