"""How2Sign as UPC publishes it: English how-to videos in American Sign Language. See
docs/how2sign.md.

Duarte et al., How2Sign: A Large-scale Multimodal Dataset for Continuous American Sign Language,
CVPR 2021.
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
# One or both of how2sign_realigned_<split>.csv and how2sign_<split>.csv.
REQUIRED = tuple(f"how2sign_*{split}.csv" for split in THEIRS.values())
PUBLISHED: dict[str, dict[str, int | tuple[int, ...]]] = {
    "train": {"clips": (31165,)},
    "dev": {"clips": 1741},
    "test": {"clips": 2357},
}
"""Sentences of the re-aligned files: dev and test counted on the publisher's files; train, a tuple,
presumed, since papers that leave one row out of each split count 31,164, 1,740 and 2,356. No
numbers of frames are published."""
READY_CUTS: dict[str, dict[str, int | tuple[int, ...]]] = {
    "train": {"clips": (31128, 31165)},
    "dev": {"clips": (1741,)},
    "test": {"clips": (2322, 2357)},
}
"""Sentences for the ready cuts, all presumed: those of the older files, which papers give, or those
of the re-aligned files, which are read where there are no others."""
_SIGNER = re.compile(r"-(\d{1,9})-rgb_front$")


def published_counts(
    clips: Mapping[str, pd.DataFrame],
) -> dict[str, dict[str, int | tuple[int, ...]]]:
    """The counts that the manifests of a corpus are compared with: parts are of the re-aligned."""
    parts = any(table["video"].str.contains("#t=").any() for table in clips.values())
    return PUBLISHED if parts else READY_CUTS


def find_root(folder: Path, settings: Any) -> Path | None:
    """The folder that holds the csv files."""
    return find_folder(folder, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """The annotation file of a split: the re-aligned one for clips that are cut from full videos.

    Ready cuts follow the older file, and the re-aligned one, which has the same sentences, where
    there is no other. Raises InputError where the corpus is not there.
    """
    root = corpus_folder(corpus, find_root(corpus.parent, settings), REQUIRED, "how2sign.md")
    realigned = root / f"how2sign_realigned_{THEIRS[split]}.csv"
    older = root / f"how2sign_{THEIRS[split]}.csv"
    return (
        older if settings.how2sign_cut == "published" and kind_of(older) != NOTHING else realigned
    )


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """The clips of a split, as `data.clip_table` has them; their media are not looked at.

    Raises InputError when the annotation file is missing, damaged or of another form.
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
    """The training sentences, each once: the corpus brings no other text."""
    return sentences_once(read_split(corpus, "train", settings))


def _fragments(path: Path, split: str, found: pd.DataFrame) -> list[str]:
    """Parts of the full videos, by the re-aligned times.

    Times that are none, are negative or run backwards stay as they are: the clip check refuses
    such a part, so that one bad line is one bad clip.
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
    """A time without its digits of computation: microseconds are kept, no more.

    An invalid time stays invalid, and keeps no character that could be part of a path.
    """
    wrong = re.sub(r"[^\w.+-]", "?", time)[:40] or "?"  # an empty one would be an open end
    try:
        seconds = float(time)
    except ValueError:
        return wrong
    if not 0 <= seconds < float("inf"):
        return wrong
    return f"{abs(seconds):.6f}".rstrip("0").rstrip(".")  # -0.0 is 0


def _signer(video: str) -> str:
    """The number before the camera's name; "unknown" where a name is of another form."""
    match = _SIGNER.search(video)
    return f"signer{int(match[1]):02d}" if match else "unknown"


def _unquoted(text: str) -> str:
    """A sentence without the quotes that a spreadsheet puts around one that holds quotes."""
    inner = text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"') if '""' in inner else text
    return text
