"""A corpus of the user's own: a CSV or TSV with a row per clip. See docs/own_corpus.md."""

from __future__ import annotations

import functools
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_numbers
from sign2text.data.clip_table import FROM_VIDEO, clip_table, sentences_once
from sign2text.data.corpus_folder import corpus_folder, find_holder
from sign2text.data.splits import SPLITS
from sign2text.data.spreadsheet import read_spreadsheet
from sign2text.data.spreadsheet_cells import check_cells, check_straight_quotes
from sign2text.data.stored_paths import stored_path
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file
from sign2text.untrusted.names import check_ids, place_below

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "read_monolingual",
           "read_split"]  # fmt: skip

REQUIRED = ()
"""Empty, since the file's name is a setting, `table.file`: `find_root` looks for it."""
PUBLISHED: dict[str, dict[str, int]] = {}
UNKNOWN_SIGNER = "unknown"
SPLIT_NAMES = {
    "train": "train",
    "dev": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
}
_ENDING = re.compile(r"\.[A-Za-z]\w{1,4}$")
_PATH = "path"  # default of a setting
_OPTIONAL = {"gloss": "gloss", "signer": "signer", "id": "id", "fps": "fps", "group": "group"}


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds the table.

    Raises InputError if `table.file` is not the name of a file below a folder, or if several
    folders hold that file.
    """
    name = settings.table.file
    _check_name(name)
    return find_holder(folder, lambda each: _table_in(each, name) is not None, name)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the table. Raises InputError if it is missing."""
    name = settings.table.file
    root = find_root(corpus.parent, settings)
    return _table_in(corpus_folder(corpus, root, (name,), "own_corpus.md"), name)


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips of a split (`data.clip_table`) without looking at their media.

    Raises InputError if the table is damaged or of another form, an id is duplicate, a split is
    unknown, a path leads out of the corpus, or the split has no clip. It names the line.
    """
    names, path = settings.table, annotations_of(corpus, split, settings)
    found = _read(path, names, settings.text_alone)
    found = found[_splits(path, found[names.split]) == split]
    if found.empty:
        raise InputError(
            f"{path}: no line is of the split {split}; found in column {names.split}: none of "
            f"{', '.join(k for k, v in SPLIT_NAMES.items() if v == split)}. Every corpus needs "
            "clips to train on, to develop with and to test on."
        )
    # `./a.mp4` means `a.mp4`.
    videos = found[names.path].map(lambda video: video and PurePosixPath(video).as_posix())
    return clip_table(
        ids=found[names.id],
        videos=place_below(path, path.parent, videos),
        fps=_rates(path, found, names),
        signers=found[names.signer].replace("", UNKNOWN_SIGNER),
        texts=found[names.text],
        glosses=found[names.gloss],
        language=settings.language,
        groups=found.get(names.group),
        mend_mojibake=settings.mend_mojibake,
    )


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """List the distinct training sentences: the corpus has no other text."""
    return sentences_once(read_split(corpus, "train", settings))


def _read(path: Path, names: Any, text_alone: bool) -> pd.DataFrame:
    """Read the whole table; fill in optional columns, and check ids over all splits.

    A text-only table may have ids instead of paths.

    An unchanged file is read only once, so callers must not modify the result.
    """
    if not is_file(path):
        return _read_once(path, names, text_alone)
    status = path.stat()
    return _read_once(path, names, text_alone, status.st_mtime_ns, status.st_size, status.st_ino)


@functools.lru_cache(maxsize=1)  # each split needs the file of all splits
def _read_once(path: Path, names: Any, text_alone: bool, *_: int) -> pd.DataFrame:
    paths = [] if text_alone and names.path == _PATH else [names.path]
    # A column that the user has renamed in the settings must exist.
    renamed = [name for key, ours in _OPTIONAL.items() if (name := getattr(names, key)) != ours]
    found = read_spreadsheet(
        path,
        (*paths, names.text, names.split, *renamed),
        [*(getattr(names, key) for key in _OPTIONAL), *([] if paths else [names.path])],
        {names.split: SPLIT_NAMES},
    )
    if names.path not in found:
        if names.id not in found:
            raise InputError(
                f"{path}, line 1: neither column {names.id} nor {names.path} found; expected one "
                "of them, which names each clip. Add it."
            )
        found[names.path] = found[names.id]
    check_straight_quotes(path, found, (names.path, names.split))
    check_cells(path, found, [each for each in (names.path, names.id) if each in found])
    filled = (getattr(names, key) for key in _OPTIONAL if key != "group")
    missing = [name for name in filled if name not in found]
    found = found.assign(**dict.fromkeys(missing, ""))
    if names.id in missing:
        found[names.id] = [id_of(each) for each in found[names.path]]
    check_ids(path, found[names.id])
    return found


def _check_name(name: str) -> None:
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise InputError(
            f"make_manifest, table.file: found {name!r}, expected the name of the table, a file in "
            "the corpus's folder. Put it there, or a symbolic link to it."
        )


def _table_in(folder: Path, name: str) -> Path | None:
    """Find the table in a folder, in any Unicode form of its name; None if missing."""
    found = stored_path(folder / name)
    try:
        return found if found is not None and found.is_file() else None
    except OSError:  # a link into a folder without access rights
        return None


def id_of(video: str) -> str:
    """Convert a path to an id: `clips/a.mp4` -> `clips/a`; parts of a file add their times."""
    name, _, times = video.partition("#t=")
    stem = _ENDING.sub("", PurePosixPath(name).as_posix()) if name else ""
    return f"{stem}_{times.replace(',', '-')}" if times else stem


def _splits(path: Path, column: pd.Series) -> pd.Series:
    known = column.str.lower().map(SPLIT_NAMES)
    if known.isna().any():
        line = known.isna().idxmax()
        raise InputError(
            f"{path}, line {line}: {column.name} is '{column[line]}', expected train, dev (or val, "
            "valid, validation) or test. Correct it."
        )
    return known


def _rates(path: Path, found: pd.DataFrame, names: Any) -> list[float]:
    """Read the frames per second; an empty field leaves them to the container."""
    given = found[names.fps]
    rates = read_numbers(path, given.mask(given == "", "1"), least=0.01)
    return rates.mask(given == "", FROM_VIDEO).tolist()
