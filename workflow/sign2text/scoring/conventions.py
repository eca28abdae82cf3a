"""Scoring conventions: how texts are split into words, and how case and the full stop count.

Scores depend on the convention: removing the full stop alone changes BLEU by several points. Each
convention is a tokenisation of sacrebleu, with a normalisation of the text before it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sign2text.ground.languages import FINAL_POINTS, is_chinese, without_final_point


@dataclass(frozen=True)
class Convention:
    """A rule for splitting texts into the tokens that are scored."""

    name: str
    tokenizer: Literal["none", "13a", "zh", "char"]
    """Name of sacrebleu's tokenizer."""
    description: str
    """One line for tables and documentation."""
    lowercase: bool = False
    final_point: bool = True
    """If False, hypothesis and reference lose their full stop and the spaces before it."""
    add_point: bool = False
    """If True, a text without a full stop gets one as a separate word, unless it is empty."""

    def normalise(self, text: str) -> str:
        """Apply this convention's case and full stop, to get the text for sacrebleu."""
        text = text.rstrip()
        if not self.final_point:
            text = without_final_point(text)
        if self.add_point and text and not text.endswith(FINAL_POINTS):
            text += " ."
        return text.lower() if self.lowercase else text

    def tokens(self, text: str) -> list[str]:
        """Split the normalised text into the tokens that sacrebleu counts for BLEU."""
        return _tokenizer(self.tokenizer)(self.normalise(text)).split()


@functools.cache
def _tokenizer(name: str) -> Callable[[str], str]:
    """Return a tokenizer of sacrebleu: a function from a text to its tokens, joined by spaces."""
    from sacrebleu.metrics import BLEU

    return BLEU(tokenize=name).tokenizer


_WORDS = (
    Convention(
        "words", "none", description="words as written, split at spaces; case and full stop count"
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

`zh` follows sacrebleu exactly, for comparable scores. sacrebleu leaves consecutive Chinese
characters beyond U+FFFF together as one token; `characters` separates them.
"""

WORD_ADAPTERS = frozenset({"avatar", "phoenix"})
"""Adapters of corpora that are published as tokenised text; their words are scored as written."""


def for_language(language: str) -> list[Convention]:
    """List the conventions for a language, the plainest first.

    Args:
        language: code as in a manifest: `de`, `en`, `zh`.
    """
    return list(_CHINESE if is_chinese(language) else _WORDS)


def main_convention(adapter: str, language: str) -> Convention:
    """Return the convention of a data set's headline scores, the one that its papers use.

    PHOENIX-2014T is scored by words as written; Chinese by characters with punctuation; text that
    is not tokenised (How2Sign, a corpus that users add) by sacrebleu's 13a. PHOENIX-2014T's
    published annotations have no full stops. Many papers use prepared copies with a full stop after
    every sentence, which raises BLEU: their convention is `words_point`.
    """
    if is_chinese(language):
        return CONVENTIONS["zh"]
    return CONVENTIONS["words" if adapter in WORD_ADAPTERS else "13a"]
