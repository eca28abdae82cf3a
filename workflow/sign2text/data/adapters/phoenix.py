"""PHOENIX-2014T as RWTH Aachen publishes it: German weather forecasts, signed. See docs/phoenix.md.

Koller et al. 2015; Camgoz et al., Neural Sign Language Translation, CVPR 2018.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_annotations
from sign2text.data.clip_table import clip_table, sentences_once
from sign2text.data.corpus_folder import corpus_folder, find_folder
from sign2text.data.splits import SPLITS
from sign2text.untrusted.names import check_ids, place_below

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = tuple(f"annotations/manual/PHOENIX-2014-T.{split}.corpus.csv" for split in SPLITS)
PUBLISHED = {
    "train": {
        "clips": 7096,
        "frames": 827354,
        "longest": 475,
        "word_types": 2887,
        "gloss_types": 1085,
    },
    "dev": {"clips": 519, "frames": 55775},
    "test": {"clips": 642, "frames": 64627},
}
FPS = 25.0
FRAMES = "features/fullFrame-210x260px"
# The column `video` is not used: it speaks of a folder `1` that this release does not have.
_COLUMNS = ("name", "speaker", "orth", "translation")


def find_root(folder: Path, settings: Any) -> Path | None:
    """The folder that holds annotations/ and features/; the archive brings two above it."""
    return find_folder(folder, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """The annotation file of a split. Raises InputError where the corpus is not there."""
    root = corpus_folder(corpus, find_root(corpus.parent, settings), REQUIRED, "phoenix.md")
    return root / REQUIRED[SPLITS.index(split)]


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """The clips of a split, as `data.clip_table` has them; their media are not looked at.

    Raises InputError when the annotation file is missing, damaged or of another form.
    """
    path = annotations_of(corpus, split, settings)
    # A quote is a character as any other in this file.
    found = read_annotations(path, _COLUMNS, separator="|")
    check_ids(path, found["name"])
    frames = path.parents[2] / FRAMES / split
    return clip_table(
        ids=found["name"],
        videos=place_below(path, frames, found["name"]),
        fps=FPS,
        signers=found["speaker"],
        texts=found["translation"],
        glosses=found["orth"],
        language=settings.language,
    )


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """The training sentences, each once: the corpus brings no other text."""
    return sentences_once(read_split(corpus, "train", settings))
