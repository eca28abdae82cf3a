"""simplemma's lemmas through spaCy's interface, for text without a published pipeline (ours).

simplemma finds no parts of speech. A number is NUM, and another word is X unless spaCy lists it as
a stop word of the language; both are kept as words of open classes. Stop words, punctuation and
signs have no part of speech. The stop words are used unchanged: the German ones include zwei to
zehn, elf, zwanzig, morgen, heute and tag.
"""

from __future__ import annotations

import simplemma
import spacy
from simplemma.strategies.dictionaries.dictionary_factory import DATA_FOLDER
from spacy.language import Language
from spacy.tokens import Doc, Token

from sign2text.text.spacy_pipeline import Pipeline, check_hash

NAME = "simplemma"
NUMBER, OTHER = "NUM", "X"
OPEN_CLASSES = frozenset({NUMBER, OTHER})
"""Parts of speech of the words that are kept."""


def lemma_pipeline(language: str, *, sha256: str | None = None) -> Pipeline:
    """Make a pipeline of spaCy's tokenizer and simplemma's lemmas; its hash is of simplemma's data.

    Args:
        language: one with spaces between words.
        sha256: hash that simplemma's data of the language must have; None: any.

    Raises:
        InputError: the data has another hash.
    """
    found = check_hash(DATA_FOLDER / f"{language}.plzma", sha256)
    nlp = spacy.blank(language)
    nlp.add_pipe(NAME)
    return Pipeline(nlp, NAME, simplemma.__version__, found)


@Language.factory(NAME)
class Lemmas:
    """Component that gives each token its lemma, and a part of speech to those of open classes."""

    def __init__(self, nlp: Language, name: str) -> None:
        self._language = nlp.lang

    def __call__(self, doc: Doc) -> Doc:
        for token in doc:
            token.lemma_ = simplemma.lemmatize(token.text, self._language)
            token.pos_ = part_of_speech(token)
        return doc


def part_of_speech(token: Token) -> str:
    """Return NUM for a number, X for another word of an open class, nothing for the rest."""
    if token.like_num:
        return NUMBER
    is_word = any(character.isalnum() for character in token.text)
    return OTHER if is_word and not token.is_stop else ""
