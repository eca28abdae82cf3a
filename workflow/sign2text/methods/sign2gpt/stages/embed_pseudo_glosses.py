"""Give each pseudo-gloss a word vector, which becomes its prototype (section 3.3)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sign2text.config.reads import Read
from sign2text.ground.settings import Language, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.sign2gpt.text_settings import embeds_from

READS = (
    Read("vocabulary", "generate_pseudo_glosses", "vocabulary.tsv"),
    Read(
        "monolingual",
        "generate_pseudo_glosses",
        "monolingual.txt",
        when=embeds_from("monolingual"),
    ),
)
SHARES_SEEDS = True

log = logging.getLogger(__name__)


@stage_config
class SkipGram:
    """Settings of training word vectors on the monolingual text; the paper has no such training."""

    window: Annotated[int, Field(ge=1, description="neighbours to each side; ours")] = 3
    negatives: Annotated[int, Field(ge=1, description="drawn for each neighbour; ours")] = 5
    epochs: Annotated[int, Field(ge=1, description="epochs; ours")] = 5
    batch_size: Annotated[int, Field(ge=1, description="pairs in a batch; ours")] = 4096
    learning_rate: Annotated[float, Field(gt=0, description="Adam's rate; ours")] = 0.005


@stage_config
class Config:
    language: Annotated[Language, Field(description="language; the data set's key")] = "de"
    source: Annotated[
        Literal["fasttext", "monolingual", "random"],
        Field(
            description="vectors of fastText (section 4.1), trained on the monolingual text, or "
            "drawn at random (ours)"
        ),
    ] = "fasttext"
    file: Annotated[
        str,
        Field(
            description="fastText's vectors: paper is resources/vectors/cc.<language>.300.bin; or "
            "the path of a .bin, which has vectors for parts of words, or a .vec, which has not"
        ),
    ] = "paper"
    sha256: Annotated[
        str | None,
        Field(
            pattern="^[0-9a-fA-F]{64}$",
            description="hash of the file; null: any (ours). A change of an unpinned file is not "
            "noticed",
        ),
    ] = None
    width: Annotated[int, Field(ge=1, description="values of a vector (section 4.1)")] = 300
    skip_gram: Annotated[SkipGram, Field(description="training on the monolingual text")] = Field(
        default_factory=SkipGram
    )
    seed: Annotated[int, Field(ge=0, description="of vectors that are drawn or trained")] = 1


def run(
    *,
    vocabulary: Path,
    output: Path,
    config: Config,
    monolingual: Path | None = None,
    threads: int = 0,
) -> None:
    """Write vectors.safetensors and missing.txt into the folder `output`.

    vectors.safetensors has `vectors`, float32 [V, width] in the order of the vocabulary, and
    `known`, bool [V]. Pseudo-glosses without a vector have zeros and are listed in missing.txt.

    Raises:
        InputError: the file of vectors is missing or damaged, its hash or width differs from the
            setting, or it has no vector for any pseudo-gloss.
    """
    from sign2text.ground.device import use_threads
    from sign2text.ground.errors import InputError
    from sign2text.ground.files import filling
    from sign2text.methods.sign2gpt.pseudo_gloss_vectors import find_vectors
    from sign2text.text.pseudo_glosses import read_vocabulary, write_vectors

    use_threads(threads)
    words = read_vocabulary(vocabulary)
    vectors, known, about = find_vectors(words, monolingual, config)
    missing = [word for word, has in zip(words.words, known.tolist(), strict=True) if not has]
    if len(missing) == len(words):
        raise InputError(
            f"{about['source']}: vectors for none of {len(words)} pseudo-glosses found, such as "
            f"{', '.join(missing[:5])}. They are of another language, or of words in capitals: "
            "give other vectors (setting `file`)."
        )
    with filling(output, last="vectors.safetensors") as folder:
        text = "".join(f"{word}\n" for word in missing)
        (folder / "missing.txt").write_text(text, encoding="utf-8")
        write_vectors(folder / "vectors.safetensors", words, vectors, known, **about)
    log.info("%d of %d pseudo-glosses have a vector", len(words) - len(missing), len(words))
    if missing:
        log.warning("without a vector: %s", ", ".join(missing[:20]))


if __name__ == "__main__":
    command_line(run)
