"""An utterance for a signer: the link between the avatar's language and its body."""

from __future__ import annotations

from dataclasses import dataclass

from sign2text.avatar.phonology import Sign


@dataclass(frozen=True)
class SignToken:
    """One sign of an utterance, with what the face and the movement add to it.

    The gloss alone does not tell the whole meaning: intensity, negation and questions are carried
    by the face, the head and the size and speed of the movement, as in natural sign languages.
    """

    gloss: str
    """Key of `sign2text.avatar.lexicon.LEXICON`, or any name where `sign` is given."""
    intensity: int = 0
    """-1 weak, 0 plain, +1 strong."""
    negated: bool = False
    """Head shake and frown during the sign."""
    question: bool = False
    """Raised brows and the head forward during the sign."""
    sign: Sign | None = None
    """What the hands do; None: what the lexicon says of the gloss."""
