"""Script for docs/avatar_contact_sheet.png: signers by signs, and a sentence as a film strip.

python -m sign2text.avatar.contact_sheet docs/avatar_contact_sheet.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from sign2text.avatar.signing import FPS, SIGNERS, Performance, SignToken, sign

SIGNS = ("FUENF", "REGEN", "BERLIN", "MEHR", "WOLKE", "KLAR", "MONTAG", "ZEHN", "NACHT")
MANNERS = {
    "plain": SignToken("REGEN"),
    "strong": SignToken("REGEN", intensity=1),
    "weak": SignToken("REGEN", intensity=-1),
    "negated": SignToken("REGEN", negated=True),
    "question": SignToken("REGEN", question=True),
}
SENTENCE = (
    SignToken("MORGEN"),
    SignToken("NORD"),
    SignToken("KUESTE"),
    SignToken("WIND", intensity=1),
    SignToken("REGEN", negated=True),
    SignToken("GRAD"),
    SignToken("ZEHN"),
)
_WIDTH = 105
"""Width of a picture on the sheet, in pixels."""


def _picture(performance: Performance, label: str) -> np.ndarray:
    """Return the labelled frame a little after the middle of the first sign."""
    _, start, end = performance.glosses[0]
    wanted = min(int((0.45 * start + 0.55 * end) * FPS), len(performance) - 1)
    frame = next(f for index, f in enumerate(performance.frames()) if index == wanted)
    return _labelled(frame, label)


def _labelled(frame: np.ndarray, label: str) -> np.ndarray:
    import cv2

    size = (_WIDTH, round(_WIDTH * frame.shape[0] / frame.shape[1]))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    place, font = (3, size[1] - 5), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(small, label, place, font, 0.36, (0, 0, 0), 2, cv2.LINE_AA)
    cv2.putText(small, label, place, font, 0.36, (255, 255, 255), 1, cv2.LINE_AA)
    return small


def contact_sheet() -> np.ndarray:
    """Draw the sheet, RGB: nine signers by nine signs, manners of one sign, a sentence in time."""
    rows = []
    for row, signer in enumerate(SIGNERS.values()):
        rows.append([_picture(sign([SignToken(g)], signer, row), g.lower()) for g in SIGNS])
    signers = list(SIGNERS.values())
    manners = []
    for signer in (signers[0], signers[7]):
        manners += [
            _picture(sign([token], signer, 3), f"regen, {name}") for name, token in MANNERS.items()
        ]
    rows.append(manners[: len(SIGNS)])
    performance = sign(SENTENCE, signers[3], 4)
    strip = []
    for index, frame in enumerate(performance.frames()):
        now = index / FPS
        label = next((g.lower() for g, start, end in performance.glosses if start <= now < end), "")
        if index % 2 == 0:
            strip.append(_labelled(frame, label))
    whole = len(strip) // len(SIGNS) * len(SIGNS)
    rows += [strip[i : i + len(SIGNS)] for i in range(0, whole, len(SIGNS))]
    return np.vstack([np.hstack(row) for row in rows])


def main() -> None:
    """Write the sheet to the file that the command line names."""
    import cv2

    if len(sys.argv) != 2:
        sys.exit("usage: python -m sign2text.avatar.contact_sheet FILE.png")
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet = contact_sheet()
    # Without the camera's noise and with fewer levels the picture compresses to a third.
    sheet = (cv2.bilateralFilter(sheet, 5, 14, 3) & 0xF8) + 4
    if not cv2.imwrite(str(path), sheet[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        sys.exit(f"{path}: could not be written; is its folder writable?")


if __name__ == "__main__":
    main()
