"""Signing by the avatar: tokens, a signer and a seed in; frames, gloss times and landmarks out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sign2text.avatar.body import SIZE, Body, pose
from sign2text.avatar.landmarks import landmarks_of
from sign2text.avatar.signers import SIGNERS, UNSEEN_SIGNER, Signer
from sign2text.avatar.timeline import schedule
from sign2text.avatar.utterance import SignToken

__all__ = ["FPS", "SIGNERS", "SIZE", "UNSEEN_SIGNER", "Performance", "SignToken", "sign"]

FPS = 25


@dataclass(frozen=True)
class Performance:
    """An utterance as a signer signs it once."""

    glosses: list[tuple[str, float, float]]
    """(gloss, start, end) in seconds: in order, without overlap, within the clip."""
    landmarks: np.ndarray
    """float32 [T, 85, 3], see landmarks.py."""
    body: Body
    signer: Signer
    seed: int

    def __len__(self) -> int:
        return len(self.body)

    def frames(self) -> Iterator[np.ndarray]:
        """Yield pictures uint8 [260, 210, 3] RGB, drawing each on demand."""
        from sign2text.avatar.render import Painter  # loads OpenCV only for drawing

        painter = Painter(self.body, self.signer, self.seed)
        for index in range(len(self)):
            yield painter.draw(index)


def sign(tokens: Sequence[SignToken], signer: Signer, seed: int) -> Performance:
    """Let the signer sign the tokens. Every number is a function of the three arguments.

    Raises InputError without any token, or if a token without a sign has a gloss that the lexicon
    lacks.
    """
    strokes, frames = schedule(tokens, signer, seed)
    body = pose(strokes, frames, signer, seed)
    glosses = [(stroke.token.gloss, stroke.onset / FPS, stroke.end / FPS) for stroke in strokes]
    return Performance(glosses, landmarks_of(body), body, signer, seed)
