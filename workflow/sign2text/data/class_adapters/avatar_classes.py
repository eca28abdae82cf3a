"""Isolated signs and actions that the project renders itself: conversion to manifests.

See docs/avatar_classes.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_numbers
from sign2text.data.clip_table import clip_table
from sign2text.data.corpus_folder import find_folder
from sign2text.data.rendered_files import check_sizes, read_rendered
from sign2text.data.splits import SPLITS
from sign2text.untrusted.names import check_ids, place_below

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "read_monolingual",
           "read_split"]  # fmt: skip

REQUIRED = tuple(f"annotations/{split}.tsv" for split in SPLITS)
PUBLISHED: dict[str, dict[str, int]] = {}


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds annotations/ and videos/."""
    return find_folder(folder, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Return the annotation file of a split."""
    return corpus.parent / "annotations" / f"{split}.tsv"


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips of a split, with `frames`; `corpus` is the corpus's checksums.tsv.

    Raises InputError if a table is damaged, or if a video is missing or its size differs from the
    one in checksums.tsv.
    """
    annotations = annotations_of(corpus, split, settings)
    columns = ("id", "video", "frames", "fps", "signer", "class")
    found = read_rendered(corpus, annotations, columns)
    check_ids(annotations, found["id"])
    placed = place_below(annotations, corpus.parent, found["video"])
    check_sizes(corpus, found["video"].tolist())
    table = clip_table(
        ids=found["id"],
        videos=placed,
        fps=read_numbers(annotations, found["fps"], least=1).tolist(),
        signers=found["signer"],
        texts=found["class"],
        glosses="",
        language=settings.language,
    )
    frames = read_numbers(annotations, found["frames"], least=1).astype("int64")
    return table.assign(frames=frames.tolist())


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """Return an empty list: classes are not sentences."""
    return []
