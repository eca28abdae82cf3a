"""PHOENIX-2014T as RWTH Aachen publishes it: signed German weather forecasts. See docs/phoenix.md.

Koller et al. 2015; Camgoz et al., Neural Sign Language Translation, CVPR 2018. Copies in other
forms are read too: a video per clip, a folder `1` in each clip's folder, images of 227 x 227
pixels, and annotations as pickles.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_annotations
from sign2text.data.clip_media import find_media
from sign2text.data.clip_table import FROM_VIDEO, clip_table, sentences_once
from sign2text.data.corpus_folder import WIDEST, corpus_folder, folders_below
from sign2text.data.pickled_annotations import (
    annotation_files,
    check_complete,
    find_annotated,
    find_pickles,
    read_pickle,
    warn_of_differences,
    warn_of_final_points,
)
from sign2text.data.splits import SPLITS
from sign2text.fetching import places
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
FRAMES = places.PHOENIX[0]
PLACES = (*places.PHOENIX, "")
"""Folders that may hold the clips, or the splits' folders with clips; the publisher's first."""
# The column `video` is ignored: it names a folder `1` that this release does not have.
_COLUMNS = ("name", "speaker", "orth", "translation")


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds annotations/ and features/, two levels deep in the archive.

    Without the publisher's annotations, find the folder with a pickle for each split.
    """
    return find_annotated(folder, REQUIRED)


def files_of(root: Path) -> tuple[str, ...]:
    """List the annotation files that are read from `root`, a result of `find_root`."""
    return annotation_files(root, REQUIRED)


def find_traces(folder: Path) -> list[str]:
    """List the annotation files in `folder` or up to two levels below, even if incomplete."""
    there = (each / name for each in folders_below(folder, WIDEST) for name in REQUIRED)
    found = [path.name for path in there if path.is_file()]
    return [*found, *(path.name for path in find_pickles(folder).values())]


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the annotation file of a split. Raises InputError if the corpus is missing."""
    root = find_root(corpus.parent, settings)
    if root is None:
        check_complete(find_pickles(corpus.parent))
    root = corpus_folder(corpus, root, REQUIRED, "phoenix.md")
    return root / files_of(root)[SPLITS.index(split)]


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips of a split (`data.clip_table`) without looking at their media.

    If the annotations give the clips' numbers of frames, `expected_frames` is added.

    Raises InputError if the annotation file is missing, damaged or of another form.
    """
    path = annotations_of(corpus, split, settings)
    found = _read(corpus, path, split)
    root = path.parents[2] if path.match(REQUIRED[SPLITS.index(split)]) else path.parent
    media = find_media(root, corpus.parent, PLACES, split, found["name"].tolist())
    paths = found.assign(name=media.paths)["name"]
    table = clip_table(
        ids=found["name"],
        videos=place_below(path, media.folder, paths),
        fps=[FROM_VIDEO if is_video else FPS for is_video in media.are_videos],
        signers=found["speaker"],
        texts=found["translation"],
        glosses=found["orth"],
        language=settings.language,
        mend_mojibake=settings.mend_mojibake,
    )
    if path.suffix == ".csv":
        return table
    return table.assign(expected_frames=found["length"].tolist())


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """List the distinct training sentences: the corpus has no other text."""
    return sentences_once(read_split(corpus, "train", settings))


def _read(corpus: Path, path: Path, split: str) -> pd.DataFrame:
    """Read the annotations of a split, with the publisher's column names."""
    renamed = {"signer": "speaker", "gloss": "orth", "text": "translation"}
    if path.suffix == ".csv":
        # Quotes have no special meaning in this file.
        found = read_annotations(path, _COLUMNS, separator="|")
        check_ids(path, found["name"])
        if other := find_pickles(corpus.parent).get(split):
            theirs = {new: old for old, new in renamed.items()}
            warn_of_differences(found.rename(columns=theirs), path, split, other)
        return found
    found = read_pickle(path, split)
    warn_of_final_points(found, path)
    return found.rename(columns=renamed)
