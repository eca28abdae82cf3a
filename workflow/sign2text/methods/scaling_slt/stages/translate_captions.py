"""Translate the captions of training clips by a machine, the data of augmented SLT (section 2)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.config.reads import Read
from sign2text.ground.settings import Beams, NewTokens, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.scaling_slt.task_settings import LanguageCode

READS = (
    Read("captions", "make_captions", "train.tsv"),
    Read("languages", "make_captions", "languages.json"),
    Read("model", "pretrain_mt", "model.safetensors"),
)

log = logging.getLogger(__name__)


@stage_config
class Config:
    into: Annotated[
        list[LanguageCode] | None,
        Field(
            min_length=1,
            description="languages to translate captions into; null: all of the data set's target "
            "languages but its own; ours",
        ),
    ] = None
    beams: Annotated[Beams, Field(description="beam width; ours")] = 1
    max_new_tokens: Annotated[
        NewTokens, Field(description="longest translation in tokens (re-implementations)")
    ] = 128
    prompt_tokens: Annotated[
        int, Field(ge=8, description="most tokens of a prompt; a longer one is an error; ours")
    ] = 1024
    batch_steps: Annotated[int, Field(ge=1, description="padded tokens in a batch; ours")] = 4096


def run(
    *,
    captions: Path,
    languages: Path,
    model: Path,
    output: Path,
    config: Config,
    threads: int = 0,
) -> None:
    """Write the table `output` (data/captions.py) of machine-translated captions.

    A caption keeps its clip and times; its origin is `machine:<model>`, where <model> is the first
    16 digits of the SHA-256 of the model's weights. Empty translations are left out, and the log
    says how many there are.

    Raises:
        InputError: there is no caption in the data set's own language, or no language to translate
            into.
    """
    import pandas as pd

    from sign2text.data.caption_texts import HUMAN
    from sign2text.data.captions import read_captions, read_languages, write_captions
    from sign2text.ground.device import best_device, use_threads
    from sign2text.ground.errors import InputError
    from sign2text.ground.files import sha256_of
    from sign2text.ground.work_limit import progress
    from sign2text.methods.scaling_slt.text_translation import translate_text
    from sign2text.models.translator import load_translator
    from sign2text.text.tokenizer import load_tokenizer

    use_threads(threads)
    about, table = read_languages(languages), read_captions(captions)
    rows = table[(table["language"] == about.own) & (table["origin"] == HUMAN)]
    into = config.into or [each for each in about.languages if each != about.own]
    if rows.empty or not into:
        raise InputError(
            f"{captions}: {len(rows)} captions in '{about.own}' to translate into "
            f"{len(into)} languages found, expected at least one of each. Set into, or "
            "pretrain_tasks.augmented to 0."
        )
    network = load_translator(model.parent).to(best_device())
    words = load_tokenizer(model.parent)
    origin, made = f"machine:{sha256_of(model)[:16]}", []
    for language in into:
        sentences = list(dict.fromkeys(rows["text"]))
        found = translate_text(
            network,
            words,
            sentences,
            source=about.own,
            target=language,
            where=str(captions),
            config=config,
            over=progress,
        )
        made.append(rows.assign(
            language=language,
            text=rows["text"].map(dict(zip(sentences, found, strict=True))),
            origin=origin,
        ))  # fmt: skip
    translated = pd.concat(made, ignore_index=True)
    kept = translated[translated["text"].str.strip() != ""]
    write_captions(kept, output)
    log.info(
        "%d captions into %s, %d empty translations left out, for example: %s",
        *(len(kept), ", ".join(into), len(translated) - len(kept)),
        kept["text"].iloc[0] if len(kept) else "(none)",
    )


if __name__ == "__main__":
    command_line(run)
