"""Alignment of a translation with its reference: shared, added and missing words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from sign2text.scoring.conventions import Convention

UNSPACED = ("zh", "char")  # sacrebleu's tokenisers for text without spaces between words


class Part(NamedTuple):
    """A stretch of text: in both texts, in the hypothesis alone, or in the reference alone."""

    kind: Literal["same", "added", "missing"]
    text: str


def align(hypothesis: str, reference: str, convention: Convention) -> list[Part]:
    """Mark added words in the hypothesis, and insert the reference's missing words.

    The alignment maximises the number of shared words (longest common subsequence of the
    convention's tokens). Where words are replaced, the missing words come before the added ones.
    Text that the convention ignores, such as a full stop that it removes, is never marked.
    """
    from rapidfuzz.distance import Indel

    ours, theirs = convention.tokens(hypothesis), convention.tokens(reference)
    written, wanted = (
        _Written(hypothesis, ours, convention),
        _Written(reference, theirs, convention),
    )
    blank = "" if convention.tokenizer in UNSPACED else " "
    edits = Indel.opcodes(ours, theirs)
    same = [(o.src_start, o.src_end, o.dest_start, o.dest_end) for o in edits if o.tag == "equal"]
    end = (len(ours), len(ours), len(theirs), len(theirs))
    parts: list[Part] = []
    word, other = 0, 0  # the first token of each side that is not in `parts` yet
    for start, stop, first, last in [*same, end]:
        if other < first:
            parts.append(Part("same", (wanted.gaps[other] if other else blank) if word else ""))
            parts.append(Part("missing", wanted.between(other, first)))
        for kind, low, high in (("added", word, start), ("same", start, stop)):
            if low < high:
                gap = written.gaps[low] if low or not parts else blank
                parts += [Part("same", gap), Part(kind, written.between(low, high))]
        word, other = stop, last
    parts.append(Part("same", written.gaps[-1]))
    return _merged(parts)


class _Written:
    """A text split at its tokens; `gaps` holds the text before each token and after the last."""

    def __init__(self, text: str, tokens: Sequence[str], convention: Convention) -> None:
        places = _places(text, tokens, convention)
        if places is None:
            # The tokeniser changed the spelling of a token: show the tokens that were scored.
            text = " ".join(tokens)
            places = _places(text, tokens, convention) or []
        ends = [0, *(end for _, end in places)]
        starts = [*(start for start, _ in places), len(text)]
        self._text, self._places = text, places
        self.gaps = [text[end:start] for end, start in zip(ends, starts, strict=True)]

    def between(self, start: int, stop: int) -> str:
        """Return the text from token `start` up to, but not including, token `stop`."""
        return self._text[self._places[start][0] : self._places[stop - 1][1]]


def _places(
    text: str, tokens: Sequence[str], convention: Convention
) -> list[tuple[int, int]] | None:
    """Find the start and end of each token in the text; None if a token is not in it."""
    searched = text.lower() if convention.lowercase else text
    if len(searched) != len(text):
        return None
    places, position = [], 0
    for token in tokens:
        start = searched.find(token, position)
        if start < 0:
            return None
        position = start + len(token)
        places.append((start, position))
    return places


def _merged(parts: Sequence[Part]) -> list[Part]:
    """Drop empty parts and merge neighbours of one kind."""
    merged: list[Part] = []
    for part in parts:
        if merged and merged[-1].kind == part.kind:
            merged[-1] = Part(part.kind, merged[-1].text + part.text)
        elif part.text:
            merged.append(part)
    return merged
