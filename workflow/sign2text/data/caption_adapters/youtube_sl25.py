"""YouTube-SL-25: videos in many sign languages by their ids, and captions.

Tanzer and Zhang, YouTube-SL-25: A Large-Scale, Open-Domain Multilingual Sign Language Parallel
Corpus, arXiv 2407.11144. See docs/youtube_sl25.md.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_lines, shortened
from sign2text.data.clip_table import sentences_once
from sign2text.data.corpus_folder import corpus_folder, find_folder
from sign2text.data.splits import SPLITS
from sign2text.data.video_captions import check_video_ids, read_other_languages, read_videos
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "read_captions",
           "read_monolingual", "read_split"]  # fmt: skip

REQUIRED = ("*youtube-sl-25-metadata.csv",)
"""The list's own name, or the one that a browser gives it: the bucket's name before it."""
PUBLISHED: dict[str, dict[str, int]] = {}
"""Empty: the corpus has no splits, and videos vanish."""
_SHOWN = 12


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds the list of the videos."""
    return find_folder(folder, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the list of the videos. Raises InputError if it is missing."""
    root = find_root(corpus.parent, settings)
    root = corpus_folder(corpus, root, REQUIRED, "youtube_sl25.md")
    return min(root.glob(REQUIRED[0]))


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read a split's clips (`video_captions.read_videos`); GROUP is the sign language.

    Raises InputError if a line is not an id and a sign language, a wanted sign language has no
    video, or no video is of the split.
    """
    path = annotations_of(corpus, split, settings)
    return read_videos(path, corpus.parent, split, settings, _sign_languages(path, settings))


def read_captions(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips' captions in other written languages (`read_other_languages`)."""
    table = read_split(corpus, split, settings)
    return read_other_languages(table, annotations_of(corpus, split, settings).parent)


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """List the distinct captions of train in the data set's language: there is no other text."""
    table = read_split(corpus, "train", settings)
    own = (table["unusable"] == "") & (table["language"] == settings.language)
    return sentences_once(table[own])


def _sign_languages(path: Path, settings: Any) -> dict[str, str]:
    """Read the sign language of each wanted video; of a repeated id, the first line counts."""
    rows: dict[int, list[str]] = {}
    for number, line in enumerate(read_lines(path), start=1):
        fields = [field.strip() for field in line.split(",")]
        if not line.strip() or (number == 1 and fields[0].lower() in ("video_id", "id")):
            continue  # the publisher's file has no header
        if len(fields) != 2 or not fields[1]:
            raise InputError(
                f"{path}, line {number}: found {shortened(line)}, expected the id of a video and "
                "its sign language, separated by a comma. Correct it, or fetch the list again."
            )
        rows[number] = fields
    ids = check_video_ids(path, {number: fields[0] for number, fields in rows.items()})
    videos = {each: rows[number][1] for number, each in ids.items()}
    wanted = settings.youtube.sign_languages
    counts = Counter(videos.values())
    for language in wanted:
        if language not in counts:
            there = ", ".join(each for each, _ in counts.most_common(_SHOWN))
            raise InputError(
                f"{path}: no video is in the sign language '{language}' (make_manifest's "
                f"youtube.sign_languages); found {there}. Correct the code, which is of ISO 639-3."
            )
    return {each: of for each, of in videos.items() if not wanted or of in wanted}
