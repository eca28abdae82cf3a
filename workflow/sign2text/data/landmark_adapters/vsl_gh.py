"""VSL-GH: Vietnamese Sign Language as arrays of landmarks, with glosses. See docs/vsl_gh.md.

The corpus has no paper. Its repository, github.com/nguyentheanh822/
Vietnamese-Sign-Language-Translation, has annotations and landmarks, and no videos.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_lines
from sign2text.data.clip_table import clip_table, sentences_once
from sign2text.data.corpus_folder import corpus_folder, find_folder
from sign2text.data.gloss_times import Timed, read_gloss_times
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError
from sign2text.untrusted.names import check_ids, place_below

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "read_captions",
           "read_monolingual", "read_split"]  # fmt: skip

THEIRS = {"train": "train", "dev": "val", "test": "test"}
FOLDERS = ("splits", "annotations", "keypoints")
REQUIRED = tuple(f"data/splits/{split}.txt" for split in THEIRS.values())
PUBLISHED: dict[str, dict[str, int | tuple[int, ...]]] = {
    "train": {"clips": (1800, 3600)},
    "dev": {"clips": (150, 300)},
    "test": {"clips": (150, 300)},
}
"""Presumed: the repository's statistics, and those of its later state with 300 sentences."""
FPS = 30.0
"""Frames per second that the repository states for all clips; the arrays do not say."""
_NAME = re.compile(r"SENT\d+_(?P<signer>S\d+)_R\d+_[FS]", re.ASCII)


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds data/, the repository's root."""
    return find_folder(folder, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the list of a split's clips. Raises InputError if the corpus is missing."""
    root = corpus_folder(corpus, find_root(corpus.parent, settings), REQUIRED, "vsl_gh.md")
    return root / REQUIRED[SPLITS.index(split)]


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read a split's clips (`data.clip_table`); `video` is a clip's array of landmarks.

    A clip whose annotation is missing or damaged is `unusable`, with the reason.

    Raises InputError if a line of the list is no clip's name, or names one twice.
    """
    path = annotations_of(corpus, split, settings)
    names = _names(path)
    folder = path.parents[1]
    found = [_annotation(folder / "annotations" / f"{name}.txt") for name in names]
    table = clip_table(
        ids=names,
        videos=place_below(path, folder / "keypoints", names, ending=".npy"),
        fps=FPS,
        signers=[_NAME.fullmatch(name)["signer"] for name in names],
        texts=[translation.text for _, translation, _ in found],
        glosses=[" ".join(each.text for each in glosses) for glosses, _, _ in found],
        language=settings.language,
        mend_mojibake=settings.mend_mojibake,
    )
    return table.assign(unusable=[reason for _, _, reason in found])


def read_captions(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the sentences with their times in the clip: recordings go on after the last sign.

    The columns are clip, language, text, start, end in seconds, origin.
    """
    import pandas as pd

    table = read_split(corpus, split, settings)
    folder = annotations_of(corpus, split, settings).parents[1] / "annotations"
    rows = []
    for clip in table.loc[table["unusable"] == "", ["id", "text", "language"]].itertuples():
        _, translation = read_gloss_times(folder / f"{clip.id}.txt")
        times = (f"{translation.start:g}", f"{translation.end:g}")
        rows.append((clip.id, clip.language, clip.text, *times, "human"))
    columns = ["clip", "language", "text", "start", "end", "origin"]
    return pd.DataFrame(rows, columns=columns, dtype=str)


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """List the distinct training sentences: the corpus has no other text."""
    return sentences_once(read_split(corpus, "train", settings))


def _names(path: Path) -> pd.Series:
    """Read the names of a split's clips; the index holds the line numbers."""
    import pandas as pd

    lines = {n: line.strip() for n, line in enumerate(read_lines(path), start=1) if line.strip()}
    for number, name in lines.items():
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{path}, line {number}: found {name[:80]!r}, expected a clip's name such as "
                "SENT001_S01_R02_F. Correct it, or take the line out."
            )
    names = pd.Series(lines, name="clip", dtype=str)
    check_ids(path, names)
    return names


def _annotation(path: Path) -> tuple[list[Timed], Timed, str]:
    """Read a clip's annotation, or return the reason why it cannot be read."""
    try:
        return *read_gloss_times(path), ""
    except InputError as error:
        return [], Timed(0, 0, ""), str(error)
