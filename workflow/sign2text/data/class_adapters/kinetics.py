"""Kinetics-400 in its usual form: a CSV per split and a folder of clips. See docs/kinetics.md.

Kay et al., The Kinetics Human Action Video Dataset, arXiv 1705.06950. A clip's class is its label.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_numbers
from sign2text.data.clip_table import FROM_VIDEO, clip_table
from sign2text.data.corpus_folder import WIDEST, corpus_folder, find_folder, folders_below
from sign2text.data.raw_files import VIDEO_SUFFIXES
from sign2text.data.splits import SPLITS
from sign2text.data.spreadsheet import read_spreadsheet
from sign2text.data.text_form import composed
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file
from sign2text.untrusted.names import check_ids, place_below

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "PUBLISHED",
    "REQUIRED",
    "SPLITS",
    "annotations_of",
    "files_of",
    "find_root",
    "read_monolingual",
    "read_split",
]  # fmt: skip

REQUIRED = ("train.csv", "val*.csv")
PUBLISHED: dict[str, dict[str, int]] = {}
"""Empty: lists differ from copy to copy, since videos vanish from YouTube."""
UNKNOWN_SIGNER = "unknown"
_VALIDATION = ("validate.csv", "val.csv", "validation.csv")
_TEST = "test.csv"
_FOLDERS = {
    "train": ("train", "videos_train", "train_256"),
    "dev": ("validate", "val", "validation", "videos_val", "val_256"),
    "test": ("test", "videos_test", "test_256"),
}
_PLACES = ("", "videos", "clips", "compress")
log = logging.getLogger(__name__)


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds train.csv and validate.csv (or val.csv)."""
    return find_folder(folder, REQUIRED)


def files_of(root: Path) -> tuple[str, ...]:
    """List the annotation files that are read from `root`, a result of `find_root`."""
    return tuple(name for name in ("train.csv", _validation(root), _TEST) if is_file(root / name))


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the file of a split; for test, the validation file if test clips have no labels.

    Raises InputError if the corpus is missing.
    """
    root = corpus_folder(corpus, find_root(corpus.parent, settings), REQUIRED, "kinetics.md")
    if split == "train":
        return root / "train.csv"
    if split == "test" and _has_labels(root / _TEST):
        return root / _TEST
    return root / _validation(root)


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips of a split (`data.clip_table`) without looking at their media.

    If the test clips have no labels, every second validation clip of a class is in test, and the
    others are in dev.

    Raises InputError if the file is missing, damaged or of another form.
    """
    path = annotations_of(corpus, split, settings)
    found, theirs = _read(path), split
    if split != "train" and not _has_labels(path.parent / _TEST):
        theirs = "dev"  # the folder that holds these clips
        log.info("%s: no labels of test clips; every second clip of %s is taken", path.parent, path)
        second = found.groupby("label").cumcount() % 2 == 1
        found = found[second if split == "test" else ~second]
    names = [
        f"{row.youtube_id}_{int(row.start):06d}_{int(row.end):06d}" for row in found.itertuples()
    ]
    folder, files = _find_files(path.parent, corpus.parent, theirs)
    paths = found.assign(
        path=[
            files.get(name) or files.get(short) or f"{label}/{name}.mp4"
            for name, short, label in zip(names, found["youtube_id"], found["label"], strict=True)
        ]
    )["path"]
    return clip_table(
        ids=found["youtube_id"],
        videos=place_below(path, folder, paths),
        fps=FROM_VIDEO,
        signers=[UNKNOWN_SIGNER] * len(found),
        texts=["_".join(label.split()) for label in found["label"]],
        glosses="",
        language=settings.language,
    )


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """Return an empty list: classes are not sentences."""
    return []


def _validation(root: Path) -> str:
    return next((name for name in _VALIDATION if is_file(root / name)), _VALIDATION[0])


def _has_labels(path: Path) -> bool:
    """Return whether a list has a column `label`; the first release's test list has none."""
    if not is_file(path):
        return False
    with path.open("rb") as file:
        header = file.readline(2**16).decode("utf-8", errors="replace")
    return "label" in [name.strip(' "\ufeff\r\n').lower() for name in header.split(",")]


def _read(path: Path) -> pd.DataFrame:
    """Read and check the columns label, youtube_id, start and end (seconds) of a list."""
    found = read_spreadsheet(path, ("label", "youtube_id", "time_start", "time_end"))
    found = found.assign(label=found["label"].map(composed))
    if (empty := found["label"] == "").any():
        raise InputError(
            f"{path}, line {empty.idxmax()}: label is empty, expected a class. Fill it in, or take "
            "the line out."
        )
    check_ids(path, found["youtube_id"])
    for key, column in (("start", "time_start"), ("end", "time_end")):
        found[key] = read_numbers(path, found[column])
    return found


def _find_files(root: Path, corpus: Path, split: str) -> tuple[Path, dict[str, str]]:
    """Find the folder of a split's clips, and the videos in it and its subfolders by stem."""
    for base in (root, *folders_below(corpus, WIDEST)):
        for place in _PLACES:
            for inner in _FOLDERS[split]:
                folder = base / place / inner
                if folder.is_dir() and (files := dict(_videos_in(folder))):
                    return folder, files
    for base in (root, *folders_below(corpus, WIDEST)):  # all splits in one folder
        for place in _PLACES[1:]:
            if (base / place).is_dir() and (files := dict(_videos_in(base / place))):
                return base / place, files
    return root / _FOLDERS[split][0], {}


def _videos_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (stem, path relative to `folder`) of the videos in a folder and its subfolders."""
    for base, prefix in [(folder, ""), *((each, f"{each.name}/") for each in _folders(folder))]:
        try:
            with os.scandir(base) as entries:
                there = sorted(entry.name for entry in entries)
        except OSError:  # no access rights: the clip check reports it for each clip
            continue
        for name in there:
            stem, point, suffix = name.rpartition(".")
            if f"{point}{suffix.lower()}" in VIDEO_SUFFIXES:
                yield stem, f"{prefix}{name}"


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.is_dir())
    except OSError:
        return []
