"""Train a model that translates text between the written languages (section 2, MT).

It starts from the pretrained language model and learns the parallel text alone. Its translations of
captions are the data of augmented SLT.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sign2text.config.reads import Read
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.scaling_slt.task_settings import Fitting, TaskTraining

TRAINS = True
SHARES_SEEDS = True  # one set of machine captions for all seeds, ours
READS = (
    Read("train_parallel", "make_captions", "parallel.train.tsv"),
    Read("dev_parallel", "make_captions", "parallel.dev.tsv"),
    Read("languages", "make_captions", "languages.json"),
    Read("tokenizer", "train_tokenizer", "tokenizer.json"),
    Read("language_model", "pretrain_language_model", "model.safetensors"),
)


@stage_config
class Config(Fitting):
    mt: Annotated[
        Literal["to_own", "from_own", "both"],
        Field(
            description="X -> own language, own language -> X, or both directions; augmented SLT "
            "needs own language -> X; ours"
        ),
    ] = "both"
    temperature: Annotated[
        float,
        Field(ge=1, description="pairs share a batch by items ** (1 / temperature); ours"),
    ] = 1.0
    training: Annotated[
        TaskTraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=TaskTraining)
    seed: Annotated[int, Field(ge=0, description="of dropout and order")] = 1


def run(
    *,
    train_parallel: Path,
    dev_parallel: Path,
    languages: Path,
    tokenizer: Path,
    language_model: Path,
    output: Path,
    config: Config,
    threads: int = 0,
) -> None:
    """Write the translator, its tokenizer, history.tsv and the mixture's plan into `output`.

    Raises:
        InputError: there is no parallel text, or a sentence is too long or cannot be encoded.
    """
    from sign2text.data.captions import read_languages
    from sign2text.ground.device import use_threads
    from sign2text.methods.scaling_slt.build_translator import build_translator
    from sign2text.methods.scaling_slt.dev_pairs import DevPair
    from sign2text.methods.scaling_slt.mixture import text_parts, with_shares
    from sign2text.methods.scaling_slt.task_training import train_parts
    from sign2text.text.tokenizer import load_tokenizer

    use_threads(threads)
    about = read_languages(languages)
    model, words = build_translator(
        language_model.parent, load_tokenizer(tokenizer), about, config, extractor={}
    )
    parts, dev = (
        text_parts(parallel, about.own, words, config, config.mt)
        for parallel in (train_parallel, dev_parallel)
    )
    train_parts(
        "pretrain_mt",
        model,
        words,
        with_shares(parts, {}, 1.0, config.temperature),
        {part.pair: DevPair(part.items, part.items.examples[0].target) for part in dev},
        config,
        inputs=[train_parallel, dev_parallel, languages, tokenizer, language_model],
        output=output,
    )


if __name__ == "__main__":
    command_line(run)
