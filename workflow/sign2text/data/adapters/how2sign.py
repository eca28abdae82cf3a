"""How2Sign as UPC publishes it: English how-to videos in American Sign Language.

See docs/how2sign.md. Duarte et al., How2Sign: A Large-scale Multimodal Dataset for Continuous
American Sign Language, CVPR 2021.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_annotations
from sign2text.data.clip_table import FROM_VIDEO, clip_table, sentences_once
from sign2text.data.corpus_folder import corpus_folder, find_folder, first_folder
from sign2text.data.splits import SPLITS
from sign2text.ground.files import NOTHING, kind_of
from sign2text.untrusted.names import check_ids, place_below

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "READY_CUTS", "REQUIRED", "SPLITS", "annotations_of", "find_root",
           "published_counts", "read_monolingual", "read_split"]  # fmt: skip

THEIRS = {"train": "train", "dev": "val", "test": "test"}
# At least one of how2sign_realigned_<split>.csv and how2sign_<split>.csv.
REQUIRED = tuple(f"how2sign_*{split}.csv" for split in THEIRS.values())
PUBLISHED: dict[str, dict[str, int | tuple[int, ...]]] = {
    "train": {"clips": (31165,)},
    "dev": {"clips": 1741},
    "test": {"clips": 2357},
}
"""Sentences of the re-aligned files. Dev and test were counted in the publisher's files. Train, a
tuple, is presumed: papers that leave out one row per split count 31,164, 1,740 and 2,356. Numbers
of frames are not published."""
READY_CUTS: dict[str, dict[str, int | tuple[int, ...]]] = {
    "train": {"clips": (31128, 31165)},
    "dev": {"clips": (1741,)},
    "test": {"clips": (2322, 2357)},
}
"""Presumed sentences for the ready cuts: the papers' counts of the older files, or the counts of
the re-aligned files, which are read if the older ones are missing."""
_SIGNER = re.compile(r"-(\d{1,9})-rgb_front$")


def published_counts(
    clips: Mapping[str, pd.DataFrame],
) -> dict[str, dict[str, int | tuple[int, ...]]]:
    """Return the counts to compare manifests with; parts of videos mean the re-aligned files."""
    parts = any(table["video"].str.contains("#t=").any() for table in clips.values())
    return PUBLISHED if parts else READY_CUTS


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds the csv files."""
    return find_folder(folder, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the annotation file of a split: the re-aligned one for clips cut from full videos.

    Ready cuts use the older file. If it is missing, they use the re-aligned one, which has the same
    sentences. Raises InputError if the corpus is missing.
    """
    root = corpus_folder(corpus, find_root(corpus.parent, settings), REQUIRED, "how2sign.md")
    realigned = root / f"how2sign_realigned_{THEIRS[split]}.csv"
    older = root / f"how2sign_{THEIRS[split]}.csv"
    return (
        older if settings.how2sign_cut == "published" and kind_of(older) != NOTHING else realigned
    )


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips of a split (`data.clip_table`) without looking at their media.

    Raises InputError if the annotation file is missing, damaged or of another form.
    """
    path = annotations_of(corpus, split, settings)
    cut = settings.how2sign_cut == "realigned"
    times = ("START_REALIGNED", "END_REALIGNED") if cut else ()
    columns = ("VIDEO_NAME", "SENTENCE_NAME", "SENTENCE", *times)
    found = read_annotations(path, columns, separator="\t")
    check_ids(path, found["SENTENCE_NAME"])
    videos = _fragments(path, split, found) if cut else _ready_cuts(path, split, found)
    return clip_table(
        ids=found["SENTENCE_NAME"],
        videos=videos,
        fps=FROM_VIDEO,
        signers=[_signer(name) for name in found["VIDEO_NAME"]],
        texts=[_unquoted(text) for text in found["SENTENCE"]],
        glosses="",
        language=settings.language,
        mend_mojibake=settings.mend_mojibake,
    )


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """List the distinct training sentences: the corpus has no other text."""
    return sentences_once(read_split(corpus, "train", settings))


def _fragments(path: Path, split: str, found: pd.DataFrame) -> list[str]:
    """Build parts of the full videos from the re-aligned times.

    Invalid, negative or reversed times are kept: the clip check refuses such a part, so one bad
    line makes one bad clip.
    """
    usual = f"{THEIRS[split]}_raw_videos"
    folder = first_folder(path.parent, (f"{usual}/raw_videos", usual), usual=usual)
    videos = place_below(path, folder, found["VIDEO_NAME"], ending=".mp4")
    starts, ends = found["START_REALIGNED"].map(_seconds), found["END_REALIGNED"].map(_seconds)
    return [
        f"{video}#t={start},{end}" for video, start, end in zip(videos, starts, ends, strict=True)
    ]


def _ready_cuts(path: Path, split: str, found: pd.DataFrame) -> list[str]:
    outer = f"{THEIRS[split]}_rgb_front_clips"
    usual = f"{outer}/raw_videos"
    folder = first_folder(path.parent, (usual, outer), usual=usual)
    return place_below(path, folder, found["SENTENCE_NAME"], ending=".mp4")


def _seconds(time: str) -> str:
    """Round a time to microseconds, which removes noise of floating point.

    An invalid time stays invalid, but without characters that could be part of a path.
    """
    wrong = re.sub(r"[^\w.+-]", "?", time)[:40] or "?"  # an empty time would be an open end
    try:
        seconds = float(time)
    except ValueError:
        return wrong
    if not 0 <= seconds < float("inf"):
        return wrong
    return f"{abs(seconds):.6f}".rstrip("0").rstrip(".")  # -0.0 becomes 0


def _signer(video: str) -> str:
    """Return the number before the camera's name; "unknown" if the name has another form."""
    match = _SIGNER.search(video)
    return f"signer{int(match[1]):02d}" if match else "unknown"


def _unquoted(text: str) -> str:
    """Remove the quotes that a spreadsheet puts around a sentence with quotes."""
    inner = text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"') if '""' in inner else text
    return text
