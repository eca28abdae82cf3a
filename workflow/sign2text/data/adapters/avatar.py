"""The avatar corpus: conversion to manifests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_numbers
from sign2text.data.corpus_folder import find_folder
from sign2text.data.groups import GROUP
from sign2text.data.rendered_files import check_sizes, incomplete, read_rendered
from sign2text.data.splits import SPLITS
from sign2text.data.text_form import nfc, with_composed_texts
from sign2text.untrusted.names import check_ids, place_below

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = tuple(f"annotations/{split}.tsv" for split in SPLITS)
PUBLISHED: dict[str, dict[str, int]] = {}
AS_GLOSSES, MORE_THAN_GLOSSES = "glosses tell all", "more than the glosses tell"
"""Labels of the clips (docs/avatar.md)."""
MARKS = ("intensity", "negated", "question")
"""Columns for a sign's facial expression and movement, which glosses do not record; "0": none."""


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds annotations/ and videos/."""
    return find_folder(folder, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Return the annotation file of a split."""
    return corpus.parent / "annotations" / f"{split}.tsv"


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the manifest table of a split, with `frames`; `corpus` is the corpus's checksums.tsv.

    `video` is relative to the working folder. GROUP shows whether the glosses say everything.
    Raises InputError if a video is missing or its size differs from the one in checksums.tsv.
    """
    from sign2text.data.manifest import read_phrasings

    language = settings.language
    annotations = annotations_of(corpus, split, settings)
    needed = {"id", "video", "frames", f"text_{language}", f"phrasings_{language}"}
    table = read_rendered(corpus, annotations, needed)
    check_ids(annotations, table["id"])
    videos = table["video"]
    placed = place_below(annotations, corpus.parent, videos)
    check_sizes(corpus, videos.tolist())
    table = table.assign(
        video=placed,
        text=table[f"text_{language}"],
        language=language,
        frames=read_numbers(annotations, table["frames"], least=1).astype("int64"),
        phrasings=read_phrasings(annotations, table, f"phrasings_{language}"),
    )
    if "meaning" in table:  # other corpora's glosses may include their marks
        marked = table["id"].isin(marked_clips(corpus, split))
        table[GROUP] = marked.map({True: MORE_THAN_GLOSSES, False: AS_GLOSSES})
    return with_composed_texts(table).reset_index(drop=True)


def marked_clips(corpus: Path, split: str) -> set[str]:
    """Find the clips with more meaning than their glosses: one of their signs has one of MARKS."""
    path = corpus.parent / "annotations" / f"{split}.glosses.tsv"
    signs = read_rendered(corpus, path, {"id", *MARKS})
    return set(signs.loc[(signs[list(MARKS)] != "0").any(axis=1), "id"])


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """Read the sentences of meanings that are in no split."""
    path = corpus.parent / "monolingual" / f"{settings.language}.txt"
    if not path.is_file():
        raise incomplete(corpus, path, "is missing")
    return nfc(path.read_text(encoding="utf-8")).splitlines()
