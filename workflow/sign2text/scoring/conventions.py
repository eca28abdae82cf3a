"""Scoring conventions: what a word is, and what becomes of case and the final point.

A score is of its convention: without the final point alone, BLEU of one and the same output moves
by points. Each convention is a tokenisation of sacrebleu with what is done to a text before it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sign2text.ground.languages import FINAL_POINTS, is_chinese, without_final_point


@dataclass(frozen=True)
class Convention:
    """How texts are made into the tokens that are scored."""

    name: str
    tokenizer: Literal["none", "13a", "zh", "char"]
    """Of sacrebleu, by its name there."""
    description: str
    """One line for tables and documentation."""
    lowercase: bool = False
    final_point: bool = True
    """False: a final point, and the blanks before it, are taken off hypothesis and reference."""
    add_point: bool = False
    """A final point as a word of its own is put behind a text that has words and no point."""

    def normalise(self, text: str) -> str:
        """The text with this convention's case and final point, as it is handed to sacrebleu."""
        text = text.rstrip()
        if not self.final_point:
            text = without_final_point(text)
        if self.add_point and text and not text.endswith(FINAL_POINTS):
            text += " ."
        return text.lower() if self.lowercase else text

    def tokens(self, text: str) -> list[str]:
        """The normalised text's tokens, those that sacrebleu counts for BLEU."""
        return _tokenizer(self.tokenizer)(self.normalise(text)).split()


@functools.cache
def _tokenizer(name: str) -> Callable[[str], str]:
    """One of sacrebleu's tokenizers: from a text to its tokens with blanks between them."""
    from sacrebleu.metrics import BLEU

    return BLEU(tokenize=name).tokenizer


_WORDS = (
    Convention(
        "words", "none", description="words as written, split at blanks; case and final point count"
    ),
    Convention(
        "words_no_point",
        "none",
        description="words as written, without the final point",
        final_point=False,
    ),
    Convention(
        "words_point",
        "none",
        description="words as written, with a final point behind every sentence",
        add_point=True,
    ),
    Convention(
        "words_lowercase", "none", description="words as written, in lower case", lowercase=True
    ),
    Convention(
        "13a", "13a", description="sacrebleu's default tokenisation: punctuation apart from words"
    ),
    Convention(
        "13a_no_point", "13a", description="13a, without the final point", final_point=False
    ),
    Convention("13a_lowercase", "13a", description="13a, in lower case", lowercase=True),
)
_CHINESE = (
    Convention(
        "zh", "zh", description="Chinese characters and punctuation one by one, Latin words whole"
    ),
    Convention("zh_no_point", "zh", description="zh, without the final point", final_point=False),
    Convention("characters", "char", description="every character by itself, Latin letters too"),
)

CONVENTIONS: dict[str, Convention] = {each.name: each for each in (*_WORDS, *_CHINESE)}
"""All conventions by name.

`zh` follows sacrebleu to the letter, for its scores to be comparable. sacrebleu leaves neighbouring
Chinese characters beyond U+FFFF together as one token; `characters` has each for itself.
"""

WORD_ADAPTERS = frozenset({"avatar", "phoenix"})
"""Adapters whose text is tokenised already as published: its words are scored as written."""


def for_language(language: str) -> list[Convention]:
    """The conventions that make sense for a language; the first one is its plainest.

    Args:
        language: as in a manifest: `de`, `en`, `zh`.
    """
    return list(_CHINESE if is_chinese(language) else _WORDS)


def main_convention(adapter: str, language: str) -> Convention:
    """The convention of a data set's headline scores, the one that papers on it use.

    PHOENIX-2014T is scored by words as written; Chinese by characters with punctuation; text that
    is not tokenised (How2Sign, a corpus of one's own) by sacrebleu's 13a. PHOENIX-2014T's published
    annotations have no final points. Prepared copies of them that many papers use have one behind
    every sentence, which lifts BLEU: `words_point` is their convention.
    """
    if is_chinese(language):
        return CONVENTIONS["zh"]
    return CONVENTIONS["words" if adapter in WORD_ADAPTERS else "13a"]
