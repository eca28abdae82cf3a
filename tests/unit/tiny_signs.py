"""A small corpus of signing: bright squares move, each movement is a gloss and a word."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tiny_classes import SIDE, pictures

from sign2text.data.frame_store import FrameFormat, FrameStoreWriter
from sign2text.data.manifest import write_manifest

GLOSSES = {"DOWN": ("down", "regen"), "RIGHT": ("right", "sonne"), "UP": ("up", "wind")}
"""By gloss: the movement, and the word."""
CLIPS = {"train": 18, "dev": 6, "test": 6}
FRAMES = 12
"""Of a gloss."""
FORMAT = FrameFormat((SIDE, SIDE), 95, fps=25.0)


def glosses_of(split: str, number: int) -> list[str]:
    rng = np.random.default_rng([len(split), number])
    return [str(each) for each in rng.choice(list(GLOSSES), 1 + number % 3)]


def write_signs(folder: Path, **changes: Any) -> Path:
    """Write `folder`/<split>.tar and .tsv of each split; `changes` are columns of train.tsv."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in CLIPS.items():
        ids = [f"{split}-{number}" for number in range(count)]
        lines = [glosses_of(split, number) for number in range(count)]
        writer = FrameStoreWriter(folder / f"{split}.tar", FORMAT, ids)
        for clip, line in zip(ids, lines, strict=True):
            frames = np.concatenate([pictures(GLOSSES[gloss][0], FRAMES) for gloss in line])
            writer.add(clip, [FORMAT.encode(frame) for frame in frames])
        writer.finish()
        rows = {
            "id": ids,
            "video": "x.mp4",
            "frames": [FRAMES * len(line) for line in lines],
            "fps": 25.0,
            "signer": "s",
            "text": [" ".join(GLOSSES[gloss][1] for gloss in line) for line in lines],
            "gloss": [" ".join(line) for line in lines],
            "language": "de",
            "phrasings": [[] for _ in ids],
        }
        table = pd.DataFrame(rows | (changes if split == "train" else {}))
        write_manifest(table, folder / f"{split}.tsv")
    return folder
