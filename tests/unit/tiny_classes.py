"""A small class corpus: a bright square that moves in the direction of the clip's class."""

from pathlib import Path

import numpy as np
import pandas as pd

from sign2text.data.frame_store import FrameFormat, FrameStoreWriter
from sign2text.data.manifest import write_manifest

MOVES = {"down": (2, 0), "right": (0, 2), "up": (-2, 0)}
SIDE = 32
CLIPS = {"train": 4, "dev": 2, "test": 1}
"""Of each class."""


def write_classes(folder: Path, clips: dict[str, int] = CLIPS, length: int = 9) -> Path:
    """Write `folder`/<split>.tar and .tsv of each split; returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in clips.items():
        names = [name for name in MOVES for _ in range(count)]
        ids = [f"{split}-{number}" for number in range(len(names))]
        lengths = [length + number % 3 for number in range(len(names))]
        writer = FrameStoreWriter(folder / f"{split}.tar", FrameFormat((SIDE, SIDE), 95), ids)
        for number, (clip, name) in enumerate(zip(ids, names, strict=True)):
            writer.add(clip, [writer.format.encode(f) for f in pictures(name, lengths[number])])
        writer.finish()
        write_rows(folder / f"{split}.tsv", ids, names, lengths, f"signer-{split}")
    return folder


def write_rows(
    manifest: Path, ids: list[str], names: list[str], lengths: list[int], signer: str
) -> None:
    rows = {
        "id": ids,
        "video": "x.mp4",
        "frames": lengths,
        "fps": 25.0,
        "signer": signer,
        "text": names,
        "gloss": "",
        "language": "de",
        "phrasings": [[] for _ in ids],
    }
    write_manifest(pd.DataFrame(rows), manifest)


def pictures(name: str, length: int) -> np.ndarray:
    """Frames of a class, uint8 [N, SIDE, SIDE, 3]."""
    frames = np.zeros((length, SIDE, SIDE, 3), np.uint8)
    for number, frame in enumerate(frames):
        down, right = (12 + (number - length // 2) * step for step in MOVES[name])
        frame[down : down + 8, right : right + 8] = 255
    return frames
