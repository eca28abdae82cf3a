"""An utterance for a signer: the link between the avatar's language and its body."""

from __future__ import annotations

from dataclasses import dataclass

from sign2text.avatar.phonology import Sign


@dataclass(frozen=True)
class SignToken:
    """A sign of an utterance, with its non-manual part.

    The gloss alone is not the whole meaning. The face, the head and the size and speed of the
    movement carry intensity, negation and questions, as in natural sign languages.
    """

    gloss: str
    """Key of `sign2text.avatar.lexicon.LEXICON`, or any name if `sign` is given."""
    intensity: int = 0
    """-1 weak, 0 plain, +1 strong."""
    negated: bool = False
    """Head shake and frown during the sign."""
    question: bool = False
    """Raised brows and the head forward during the sign."""
    sign: Sign | None = None
    """The hand sign; None: the lexicon's sign for the gloss."""
