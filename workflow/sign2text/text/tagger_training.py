"""Training of a small spaCy pipeline: tagger and trainable lemmatizer on annotated sentences.

Tags are parts of speech of Universal Dependencies. Chinese is tagged by character: a tag says
whether the character begins or continues a word (Xue 2003), since spaCy's tokenizer for Chinese
returns characters. A Chinese word is its own lemma, so there is no lemmatizer.
"""

from __future__ import annotations

import logging
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sign2text.avatar.annotated_word import Word
from sign2text.ground.languages import is_chinese
from sign2text.text.tagged_words import BEGIN, INSIDE, character_tags, tag_texts

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example

NAME, VERSION = "avatar", "1.0.0"
LEAST_TREE = 1  # occurrences of a rule from form to lemma
_DATE = (1980, 1, 1, 0, 0, 0)  # of each file in an archive, so that equal pipelines are equal files
log = logging.getLogger(__name__)


def train_pipeline(
    language: str,
    sentences: Sequence[Sequence[Word]],
    *,
    width: int,
    depth: int,
    rows: int,
    epochs: int,
    batch_size: int,
    dropout: float,
    learning_rate: float,
    seed: int,
) -> Language:
    """Train a pipeline on annotated sentences.

    Args:
        width: size of the words' features.
        depth: number of convolutions, each over a word and its neighbours.
        rows: rows of each embedding table; words share them through a hash.
    """
    from thinc.api import Adam, fix_random_seed

    fix_random_seed(seed)
    nlp = _untrained(language, width, depth, rows)
    examples = [_example(nlp, words) for words in sentences]
    nlp.initialize(lambda: examples)
    _tag_to_part(nlp, sentences)  # initialize would remove this
    optimizer, order = Adam(learning_rate), np.random.default_rng(seed)
    for epoch in range(epochs):
        losses: dict[str, float] = {}
        shuffled = order.permutation(len(examples))
        for start in range(0, len(examples), batch_size):
            batch = [examples[number] for number in shuffled[start : start + batch_size]]
            nlp.update(batch, sgd=optimizer, drop=dropout, losses=losses)
        log.info("epoch %d: %s", epoch + 1, {name: round(each, 1) for name, each in losses.items()})
    return nlp


def measure_accuracy(
    nlp: Language, language: str, sentences: Sequence[Sequence[Word]]
) -> dict[str, float]:
    """Return the shares of words with correct part of speech and lemma in unsegmented sentences.

    Words with other boundaries than in the annotation count as wrong.
    """
    texts = [text_of(language, words) for words in sentences]
    tags = lemmas = count = 0
    for expected, found in zip(sentences, tag_texts(nlp, texts), strict=True):
        tagged, lemmatised = (
            set(_places(expected, of)) & set(_places(found, of))
            for of in (lambda word: word.pos, lambda word: word.lemma)
        )
        tags, lemmas, count = tags + len(tagged), lemmas + len(lemmatised), count + len(expected)
    return {
        "sentences": len(sentences),
        "words": count,
        "tags": round(tags / count, 4),
        "lemmas": round(lemmas / count, 4),
    }


def text_of(language: str, words: Sequence[Word]) -> str:
    """Join words to a sentence."""
    return ("" if is_chinese(language) else " ").join(word.text for word in words)


def save_pipeline(nlp: Language, path: Path) -> None:
    """Write a pipeline as a zip; equal pipelines give equal files."""
    with (
        tempfile.TemporaryDirectory(prefix=".pipeline-", dir=path.parent) as folder,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        root = Path(folder)
        nlp.to_disk(root)
        for file in sorted(each for each in root.rglob("*") if each.is_file()):
            member = zipfile.ZipInfo(file.relative_to(root).as_posix(), _DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, file.read_bytes())


def _untrained(language: str, width: int, depth: int, rows: int) -> Language:
    import spacy

    nlp = spacy.blank(language, meta={"name": NAME, "version": VERSION})
    embedding = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": width,
        "depth": depth,
        "embed_size": rows,
        "window_size": 1,
        "maxout_pieces": 3,
        "subword_features": not is_chinese(language),
    }
    head: dict[str, Any] = {
        "@architectures": "spacy.Tagger.v2",
        "tok2vec": {
            "@architectures": "spacy.Tok2VecListener.v1",
            "width": width,
            "upstream": "tok2vec",
        },
    }
    nlp.add_pipe("tok2vec", config={"model": embedding})
    nlp.add_pipe("tagger", config={"model": head})
    if not is_chinese(language):
        lemmatizer = {"model": head, "min_tree_freq": LEAST_TREE, "top_k": 3}
        nlp.add_pipe("trainable_lemmatizer", config=lemmatizer)
    nlp.add_pipe("attribute_ruler")
    return nlp


def _example(nlp: Language, words: Sequence[Word]) -> Example:
    from spacy.tokens import Doc
    from spacy.training import Example

    if is_chinese(nlp.lang):
        texts, tags = zip(*character_tags(words), strict=True)
        lemmas, spaces = None, [False] * len(texts)
    else:
        texts, lemmas, tags = zip(*words, strict=True)
        lemmas, spaces = list(lemmas), None
    predicted = Doc(nlp.vocab, words=list(texts), spaces=spaces)
    reference = Doc(nlp.vocab, list(texts), spaces, tags=list(tags), lemmas=lemmas)
    return Example(predicted, reference)


def _tag_to_part(nlp: Language, sentences: Sequence[Sequence[Word]]) -> None:
    """Make the pipeline derive the part of speech from each tag."""
    ruler = nlp.get_pipe("attribute_ruler")
    for pos in sorted({word.pos for words in sentences for word in words}):
        marks = (BEGIN, INSIDE) if is_chinese(nlp.lang) else ("",)
        ruler.add([[{"TAG": mark + pos}] for mark in marks], {"POS": pos})


def _places(words: Sequence[Word], of: Callable[[Word], str]) -> list[tuple[int, str, str]]:
    """Return (first character, word, value) of each word; spaces do not count."""
    places, start = [], 0
    for word in words:
        places.append((start, word.text, of(word)))
        start += len(word.text)
    return places
