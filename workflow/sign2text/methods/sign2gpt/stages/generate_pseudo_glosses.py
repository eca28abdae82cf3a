"""Take pseudo-glosses from the sentences: words of some parts of speech (section 3.3).

A spaCy pipeline finds lemma and part of speech: the paper's published pipeline, read from a wheel
or folder, or one that is trained here. Or simplemma finds the lemma.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sign2text.config.reads import Read, kept_clips
from sign2text.ground.languages import is_chinese
from sign2text.ground.settings import Language, Probability, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.sign2gpt.text_settings import SIMPLEMMA, trains_pipeline

READS = (
    kept_clips("train_manifest", "train"),
    kept_clips("dev_manifest", "dev"),
    kept_clips("test_manifest", "test"),
    Read("monolingual", "make_manifest", "monolingual.txt"),
    Read("trained", "train_tagger", "pipeline.zip", when=trains_pipeline),
)
SHARES_SEEDS = True
# Universal Dependencies tags. The paper lists none; these come from its public code.
PARTS_OF_SPEECH = ("NOUN", "NUM", "ADV", "PRON", "PROPN", "ADJ", "VERB")

log = logging.getLogger(__name__)

PartOfSpeech = Literal[
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
]  # fmt: skip


@stage_config
class Config:
    language: Annotated[Language, Field(description="language; the data set's key")] = "de"
    pipeline: Annotated[
        str | None,
        Field(
            description="spaCy pipeline: paper is de_core_news_lg or zh_core_web_sm (section 4.1) "
            "by the data set's language, en_core_web_lg for English (ours), as the wheel "
            "resources/pipelines/<name>-3.8.0-py3-none-any.whl; or the path of a wheel or folder. "
            "null: the one of train_tagger (ours). simplemma: lemmas by simplemma, without "
            "spaCy's stop words (ours; not for Chinese)"
        ),
    ] = "paper"
    sha256: Annotated[
        str | None,
        Field(
            pattern="^[0-9a-fA-F]{64}$",
            description="hash of the pipeline's wheel or folder, or of simplemma's data; null: the "
            "known one of the paper's, any of others (ours). A change of an unpinned file is not "
            "noticed",
        ),
    ] = None
    parts_of_speech: Annotated[
        list[PartOfSpeech],
        Field(
            min_length=1,
            description="parts of speech that are kept (public code); no effect with simplemma",
        ),
    ] = Field(default_factory=lambda: list(PARTS_OF_SPEECH))
    form: Annotated[
        Literal["lemma", "word"] | None,
        Field(
            description="what a pseudo-gloss is: the lower-case lemma or the word; null: the "
            "word for Chinese, the lemma for others (public code)"
        ),
    ] = None
    tokens: Annotated[
        Literal["pseudo_glosses", "all_words"],
        Field(
            description='all_words: every word of the sentence as it is ("All tokens", section '
            "4.4); no pipeline is needed but for Chinese"
        ),
    ] = "pseudo_glosses"
    vocabulary: Annotated[
        Literal["train", "all"],
        Field(
            description="splits whose pseudo-glosses make the vocabulary: train (ours), or all, "
            "as the public code has it, with dev and test (leaks)"
        ),
    ] = "train"
    too_common: Annotated[
        Probability,
        Field(
            description="a pseudo-gloss that occurs this many times a distinct sentence or more "
            "is never a target (public code)"
        ),
    ] = 0.4

    @model_validator(mode="after")
    def _check_pipeline(self) -> Config:
        if self.pipeline == SIMPLEMMA and is_chinese(self.language):
            raise ValueError(
                f"pipeline is {SIMPLEMMA} and language {self.language}; expected another pipeline "
                "for Chinese (paper, a path, or null), since simplemma needs spaces between words"
            )
        return self


def run(
    *,
    train_manifest: Path,
    dev_manifest: Path,
    test_manifest: Path,
    monolingual: Path,
    output: Path,
    config: Config,
    trained: Path | None = None,
) -> None:
    """Write pseudo-glosses of each split, vocabulary.tsv, monolingual.txt and about.json.

    All files go into the folder `output`. {train,dev,test}.tsv and vocabulary.tsv have the form
    that text/pseudo_glosses.py defines. monolingual.txt has the words of the monolingual text in
    the same form, with all parts of speech. about.json records the pipeline and the settings.

    Raises:
        InputError: the pipeline is missing or cannot be used (text/spacy_pipeline.py), no
            pseudo-gloss is left, or a split has no pseudo-gloss of the vocabulary.
    """
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.files import check_end
    from sign2text.methods.sign2gpt.pseudo_gloss_text import make_pseudo_glosses

    paths = {"train": train_manifest, "dev": dev_manifest, "test": test_manifest}
    check_end(monolingual)
    make_pseudo_glosses(
        {split: read_manifest(path) for split, path in paths.items()},
        monolingual.read_text(encoding="utf-8").splitlines(),
        paths,
        trained,
        output,
        config,
    )


if __name__ == "__main__":
    command_line(run)
