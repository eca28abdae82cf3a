"""YouTube-ASL: videos in American Sign Language by their ids, and captions.

Uthus et al., YouTube-ASL: A Large-Scale, Open-Domain American Sign Language-English Parallel
Corpus, arXiv 2306.15162. See docs/youtube_asl.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_lines
from sign2text.data.clip_table import sentences_once
from sign2text.data.corpus_folder import corpus_folder, find_folder
from sign2text.data.splits import SPLITS
from sign2text.data.video_captions import check_video_ids, read_other_languages, read_videos

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "read_captions",
           "read_monolingual", "read_split"]  # fmt: skip

REQUIRED = ("*youtube_asl_video_ids.txt",)
"""The list's own name, or the one that a browser gives it: the bucket's name before it."""
PUBLISHED: dict[str, dict[str, int]] = {}
"""Empty: 610,193 captions of 11,093 videos were published, without splits, and videos vanish."""


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds the list of the videos."""
    return find_folder(folder, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the list of the videos. Raises InputError if it is missing."""
    root = find_root(corpus.parent, settings)
    root = corpus_folder(corpus, root, REQUIRED, "youtube_asl.md")
    return min(root.glob(REQUIRED[0]))


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read a split's clips (`video_captions.read_videos`): captions and missing videos.

    Raises InputError if a line of the list is no id, or no listed video is of the split.
    """
    path = annotations_of(corpus, split, settings)
    lines = enumerate((line.strip() for line in read_lines(path)), start=1)
    ids = check_video_ids(path, {number: line for number, line in lines if line})
    labels = dict.fromkeys(ids.values(), "")
    return read_videos(path, corpus.parent, split, settings, labels)


def read_captions(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips' captions in other written languages (`read_other_languages`)."""
    table = read_split(corpus, split, settings)
    return read_other_languages(table, annotations_of(corpus, split, settings).parent)


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """List the distinct captions of train in the data set's language: there is no other text."""
    table = read_split(corpus, "train", settings)
    own = (table["unusable"] == "") & (table["language"] == settings.language)
    return sentences_once(table[own])
