"""Words of a sentence with lemma and part of speech, from a spaCy pipeline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sign2text.avatar.annotated_word import Word

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

BEGIN, INSIDE = "B-", "I-"
"""Prefixes of the tag of a character that begins a word, and of one that continues a word."""
_BATCH = 256


def tag_texts(nlp: Language, texts: Iterable[str]) -> Iterator[list[Word]]:
    """Yield the words of each text, without whitespace.

    Characters are joined to words if all tags of the pipeline mark the beginning or the inside of a
    word, as `tagger_training` does for Chinese.
    """
    joins = _joins_characters(nlp)
    for doc in nlp.pipe(texts, batch_size=_BATCH):
        yield joined_words(doc) if joins else tokens_of(doc)


def tokens_of(doc: Doc) -> list[Word]:
    """Return the tokens; a token without a lemma is its own lemma."""
    return [
        Word(token.text, token.lemma_ if token.lemma_.strip() else token.text, token.pos_)
        for token in doc
        if not token.is_space
    ]


def joined_words(doc: Doc) -> list[Word]:
    """Join a text's tokens, which are characters, to words; a word is its own lemma."""
    found: list[tuple[str, str]] = []
    for token in doc:
        if token.is_space:
            continue
        begins = token.tag_.startswith(BEGIN) or not found or token.i == 0
        if begins or doc[token.i - 1].is_space:
            found.append((token.text, token.tag_.removeprefix(BEGIN).removeprefix(INSIDE)))
        else:
            found[-1] = (found[-1][0] + token.text, found[-1][1])
    return [Word(text, text, pos) for text, pos in found]


def character_tags(words: Sequence[Word]) -> list[tuple[str, str]]:
    """Return (character, tag) for each character of annotated words.

    >>> character_tags([Word("下雨", "下雨", "VERB")])
    [('下', 'B-VERB'), ('雨', 'I-VERB')]
    """
    return [
        (character, (BEGIN if place == 0 else INSIDE) + word.pos)
        for word in words
        for place, character in enumerate(word.text)
    ]


def chosen_words(
    words: Sequence[Word], parts_of_speech: Collection[str] | None, lemmas: bool
) -> list[str]:
    """Return lower-case lemmas, or words, with these parts of speech, in order.

    Args:
        parts_of_speech: tags of Universal Dependencies; None keeps all.
        lemmas: False returns the words as in the text.
    """
    chosen = (
        (word.lemma if lemmas else word.text).lower()
        for word in words
        if parts_of_speech is None or word.pos in parts_of_speech
    )
    # A lemma of several words would become several pseudo-glosses.
    return ["_".join(each.split()) for each in chosen if each.strip()]


def _joins_characters(nlp: Language) -> bool:
    if "tagger" not in nlp.pipe_names:
        return False
    labels = nlp.get_pipe("tagger").labels
    return bool(labels) and all(label.startswith((BEGIN, INSIDE)) for label in labels)
