"""Vectors of pseudo-glosses: from fastText, trained on the monolingual text, or random."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sign2text.ground import work_limit
from sign2text.ground.errors import InputError
from sign2text.ground.files import check_end, sha256_of
from sign2text.methods.sign2gpt.text_settings import place_of_vectors
from sign2text.text.fasttext_model import FastTextModel
from sign2text.text.pseudo_glosses import PseudoGlossVocabulary
from sign2text.text.skip_gram import train_skip_gram
from sign2text.text.word_vectors import read_word_vectors

Found = tuple[torch.Tensor, torch.Tensor, dict[str, str]]
"""Vectors float32 [V, C], a mask bool [V] of pseudo-glosses with a vector, and their source."""
log = logging.getLogger(__name__)


def find_vectors(vocabulary: PseudoGlossVocabulary, monolingual: Path | None, config: Any) -> Found:
    """Return vectors in the order of the vocabulary; `config` is that of embed_pseudo_glosses.

    Raises:
        InputError: the file of vectors or the monolingual text is missing or damaged, or the
            vectors' width or hash differs from the setting.
    """
    place = Path(place_of_vectors(config.file, config.language))
    # A plan needs only vectors of the right form; its pseudo-glosses are invented.
    planned = work_limit.active() is not None and not place.exists()
    if config.source == "random" or (config.source == "fasttext" and planned):
        generator = torch.Generator().manual_seed(config.seed)
        vectors = torch.randn(len(vocabulary), config.width, generator=generator)
        return vectors, torch.ones(len(vocabulary), dtype=torch.bool), {"source": "random"}
    if config.source == "fasttext":
        return _published(place, vocabulary, config)
    return _trained(monolingual, vocabulary, config)


def _published(place: Path, vocabulary: PseudoGlossVocabulary, config: Any) -> Found:
    if not place.is_file():
        raise InputError(
            f"{place}: no such file; vectors of fastText expected. Fetch cc.{config.language}.300"
            ".bin from fasttext.cc, unpack it there, or set `source` to monolingual or random."
        )
    digest = sha256_of(place)
    if config.sha256 is None:
        log.warning("%s: not pinned by sha256, so a change of it is not noticed", place)
    elif digest != config.sha256.lower():
        raise InputError(
            f"{place}: sha256 {digest} found, {config.sha256} expected (setting `sha256`). It is "
            "another version or was damaged: fetch it again, or correct the setting."
        )
    words = vocabulary.words
    if place.suffix == ".vec":
        width, found = read_word_vectors(place, words)
    else:
        model = FastTextModel(place, words)
        width, found = model.width, {word: model.vector(word) for word in words}
        log.info("%d pseudo-glosses are in its dictionary", sum(map(model.knows, words)))
    if width != config.width:
        raise InputError(
            f"{place}: vectors of {width} values found, {config.width} expected (setting `width`). "
            "Give vectors of that width, or correct the setting."
        )
    return *_rows(found, vocabulary, width), {"source": place.name, "sha256": digest}


def _trained(monolingual: Path | None, vocabulary: PseudoGlossVocabulary, config: Any) -> Found:
    if monolingual is None:
        raise InputError(
            "--monolingual: missing; with `source` monolingual the monolingual.txt of "
            "generate_pseudo_glosses is expected."
        )
    check_end(monolingual)
    lines = monolingual.read_text(encoding="utf-8").splitlines()
    settings = config.skip_gram
    words, vectors = train_skip_gram(
        [line.split() for line in lines],
        width=config.width,
        window=settings.window,
        negatives=settings.negatives,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        seed=config.seed,
    )
    found = dict(zip(words, vectors.numpy(), strict=True))
    return *_rows(found, vocabulary, config.width), {"source": "monolingual"}


def _rows(
    found: dict[str, np.ndarray | None], vocabulary: PseudoGlossVocabulary, width: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a row per pseudo-gloss and which rows are known; missing vectors are zeros."""
    vectors = torch.zeros(len(vocabulary), width)
    for number, word in enumerate(vocabulary.words):
        if (vector := found.get(word)) is not None:
            vectors[number] = torch.from_numpy(np.asarray(vector))
    return vectors, vectors.abs().sum(1) > 0
