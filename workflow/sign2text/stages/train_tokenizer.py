"""The tokenizer of language model and Light-T: a published one, cut to the corpus, or our own.

Its text is that of the training split and the monolingual text, or text in all languages.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sign2text.config.published_models import SENTINELS, check_published, manifest_of
from sign2text.config.reads import Read, ReadPlace, text_to_learn
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

SCOPE = "common"
READS = (
    Read("train_manifest", "make_manifest", "train.tsv"),
    # dev and test only serve to count the text that the tokenizer can write.
    Read("dev_manifest", "make_manifest", "dev.tsv"),
    Read("test_manifest", "make_manifest", "test.tsv"),
    *text_to_learn("train_tokenizer"),
    ReadPlace("published", manifest_of("train_tokenizer")),
)

SPELLED = " ".join(map(chr, range(33, 127)))
"""Characters of ASCII, each by itself, so that any word of a prompt can be spelled."""

log = logging.getLogger(__name__)


@stage_config
class Config:
    published: Annotated[
        str | None,
        Field(
            description="published tokenizer to trim to the training text (section 4.1): "
            "paper selects the one of `architecture`; or a hub name or folder. null trains one here"
        ),
    ] = "paper"
    revision: Annotated[
        str | None,
        Field(description="commit, tag or branch of it; null: the commit in published.py (ours)"),
    ] = None
    architecture: Annotated[
        Literal["mbart", "mt5", "t5", "byt5", "gpt2", "xglm"],
        Field(
            description="facebook/mbart-large-cc25 or google/mt5-base (table 10), "
            "google/t5-v1_1-base or google/byt5-base (Scaling SLT, section 3); or for methods "
            "that take a decoder dbmdz/german-gpt2 (ours) or facebook/xglm-1.7B. One trained here "
            "has T5's special tokens for t5, the bytes for byt5, and else mBART's special tokens"
        ),
    ] = "mbart"
    trim: Annotated[
        bool,
        Field(
            description="cut the published one down; false keeps it whole, which GPT-2's needs "
            "(ours); ByT5's is always whole"
        ),
    ] = True
    pieces: Annotated[
        int,
        Field(ge=8, description="most pieces of a tokenizer that is trained on the corpus; ours"),
    ] = 4000

    multilingual: Annotated[
        bool,
        Field(
            description="learn the captions of train in all languages and the parallel text of "
            "make_captions, in place of the monolingual text; ours"
        ),
    ] = False

    @model_validator(mode="after")
    def _check_published(self) -> Config:
        check_published(self)
        if self.published is None:  # these have no effect then: experiments share a tokenizer
            if self.architecture not in SENTINELS:
                object.__setattr__(self, "architecture", "mbart")
            object.__setattr__(self, "trim", True)
        if self.architecture == "byt5":  # without pieces
            object.__setattr__(self, "trim", False)
        return self


def run(
    *,
    train_manifest: Path,
    dev_manifest: Path,
    test_manifest: Path,
    output: Path,
    config: Config,
    monolingual: Path | None = None,
    captions: Path | None = None,
    parallel: Path | None = None,
    published: Path | None = None,
) -> None:
    """Write tokenizer.json, tokenizer_config.json and coverage.tsv into the folder `output`.

    `published` is fetch_model's manifest of the published tokenizer. Without it, the tokenizer is
    trained on the training text and the monolingual text; with `multilingual`, on `captions` and
    `parallel` in its place. It learns nothing from dev and test: the stage only counts how much of
    their sentences it can write (text/coverage.py).
    """
    from sign2text.config.published_models import asked_for, open_model
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.files import filling
    from sign2text.text.byte_tokenizer import byte_tokenizer
    from sign2text.text.coverage import count_coverage, write_coverage
    from sign2text.text.published_tokenizer import load_published
    from sign2text.text.t5_tokenizer import train_t5_unigram
    from sign2text.text.text_to_learn import read_text_to_learn
    from sign2text.text.tokenizer import train_unigram, trim_tokenizer

    manifests = {"train": train_manifest, "dev": dev_manifest, "test": test_manifest}
    rows = {split: read_manifest(manifest) for split, manifest in manifests.items()}
    language, sentences = rows["train"]["language"].iloc[0], rows["train"]["text"].tolist()
    whole = None
    if config.published is None or config.multilingual:
        more = read_text_to_learn(monolingual, captions, parallel)
    if config.multilingual:  # prompts name tasks and languages in words that the text may lack
        more = [*more, SPELLED]
    if config.published is None and config.architecture == "byt5":
        tokenizer = byte_tokenizer()
    elif config.published is None and config.architecture == "t5":
        tokenizer = train_t5_unigram([*sentences, *more], config.pieces)
    elif config.published is None:
        tokenizer = train_unigram([*sentences, *more], config.pieces, language)
    else:
        folder = open_model(published, *asked_for(config), weights=False)
        tokenizer = whole = load_published(folder, language)
        if config.trim:
            learned = [*sentences, *more] if config.multilingual else sentences
            tokenizer = trim_tokenizer(whole, learned)
    coverage = [
        count_coverage(split, table["text"].tolist(), tokenizer, whole)
        for split, table in rows.items()
    ]
    with filling(output, last="tokenizer.json") as folder:
        write_coverage(folder / "coverage.tsv", coverage)
        tokenizer.save_pretrained(folder)
    log.info("%d tokens, special ones and language codes included", len(tokenizer))
    for row in coverage:
        log.info(
            "%s: %d sentences, %d tokens, %d of them unknown%s",
            row["split"],
            row["sentences"],
            row["tokens"],
            row["unknown"],
            f"; {row['pieces_cut']} published pieces cut away" if whole else "",
        )


if __name__ == "__main__":
    command_line(run)
