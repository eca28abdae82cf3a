"""CSL-Daily as USTC publishes it: signed everyday sentences in Chinese. See docs/csl_daily.md.

Zhou et al., Improving Sign Language Translation with Monolingual Data by Sign Back-Translation,
CVPR 2021.
"""

from __future__ import annotations

import functools
import logging
import re
import reprlib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.annotation_file import read_annotations
from sign2text.data.clip_table import clip_table, sentences_once
from sign2text.data.corpus_folder import (
    WIDEST,
    corpus_folder,
    first_folder,
    folders_below,
)
from sign2text.data.pickled_annotations import (
    annotation_files,
    check_complete,
    find_annotated,
    find_pickles,
    read_pickle,
    warn_of_differences,
)
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError
from sign2text.ground.files import FOLDER, is_file, kind_of
from sign2text.untrusted.names import check_id, check_ids, place_below
from sign2text.untrusted.pickles import load_data

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "read_monolingual",
           "read_split"]  # fmt: skip

REQUIRED = ("sentence_label/csl2020ct_v2.pkl", "sentence_label/split_1.txt")
PUBLISHED = {
    "train": {"clips": 18401, "frames": 2185329},
    "dev": {"clips": 1077, "frames": 131931},
    "test": {"clips": 1176, "frames": 150248},
}
FPS = 30.0  # the recordings' rate; images have none
FRAMES = (
    "sentence/frames_512x512",
    "sentence_frames-512x512/frames_512x512",
    "sentence_frames-512x512",
    "frames_512x512",
)
# This name in the split file has no annotation; the annotations have one without a split.
RENAMED = {"S000005_P0004_T00": "S000007_P0003_T00"}
_KEYS = {"name": str, "signer": int, "label_gloss": list, "label_char": list}
_OPTIONAL = {"length": int}
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict = 2, 4, 4
_SURROGATE = re.compile("[\\ud800-\\udfff]")  # half a character, which no file can hold

log = logging.getLogger(__name__)


def find_root(folder: Path, settings: Any) -> Path | None:
    """Find the folder that holds sentence_label/, or else one with a pickle for each split."""
    return find_annotated(folder, REQUIRED)


def files_of(root: Path) -> tuple[str, ...]:
    """List the annotation files that are read from `root`, a result of `find_root`."""
    return annotation_files(root, REQUIRED)


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the file of the splits, or a split's pickle. Raises InputError if both are missing."""
    root = find_root(corpus.parent, settings)
    if root is None:
        check_complete(find_pickles(corpus.parent))
    root = corpus_folder(corpus, root, REQUIRED, "csl_daily.md")
    files = files_of(root)
    return root / (REQUIRED[1] if files == REQUIRED else files[SPLITS.index(split)])


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips of a split (`data.clip_table`) without looking at their media.

    `expected_frames` is the annotations' `length`.

    Raises InputError if a file is missing, damaged or of another form, if the pickle requests
    anything but data, or if a clip of the split has no annotation.
    """
    path = annotations_of(corpus, split, settings)
    if path.name == Path(REQUIRED[1]).name:
        root, found = path.parents[1], _read_published(path, split)
        frames = first_folder(root, FRAMES, usual=FRAMES[0])
        if other := find_pickles(corpus.parent).get(split):
            warn_of_differences(found, path, split, other)
    else:
        found = read_pickle(path, split)
        bases = chain([path.parent], folders_below(corpus.parent, WIDEST))
        there = (base / each for base in bases for each in FRAMES if kind_of(base / each) == FOLDER)
        frames = next(there, path.parent / FRAMES[0])
    table = clip_table(
        ids=found["name"],
        videos=place_below(path, frames, found["name"]),
        fps=FPS,
        signers=found["signer"],
        texts=["".join(text.split()) for text in found["text"]],
        glosses=found["gloss"],
        language=settings.language,
        mend_mojibake=settings.mend_mojibake,
    )
    return table.assign(expected_frames=found["length"].tolist())


def _read_published(splits: Path, split: str) -> pd.DataFrame:
    """Read name, signer, gloss, text and length of a split's clips; the index is line numbers."""
    import pandas as pd

    entries = _read_entries(splits.parents[1] / REQUIRED[0])
    names = _read_names(splits, split).map(lambda name: _known(splits, name, entries))
    clips = [entries[name] for name in names]
    columns = {
        "name": names,
        "signer": [f"signer{clip['signer']:02d}" for clip in clips],
        "gloss": [" ".join(clip["label_gloss"]) for clip in clips],
        "text": ["".join(clip["label_char"]) for clip in clips],
        "length": [clip.get("length", 0) for clip in clips],
    }
    return pd.DataFrame(columns, index=names.index)


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """List the distinct training sentences: the corpus has no other text."""
    return sentences_once(read_split(corpus, "train", settings))


def _read_names(path: Path, split: str) -> pd.Series:
    """Read the names of a split's clips; the index holds line numbers."""
    found = read_annotations(path, ("name", "split"), separator="|")
    check_ids(path, found["name"])
    if (strange := ~found["split"].isin(SPLITS)).any():
        line = strange.idxmax()
        raise InputError(
            f"{path}, line {line}: split is '{found['split'][line]}', expected one of "
            f"{', '.join(SPLITS)}. Correct it, or fetch the file again."
        )
    return found["name"][found["split"] == split]


def _known(path: Path, name: str, entries: dict[str, dict]) -> str:
    """Return the annotated name of a clip in the split file."""
    if name in entries:
        return name
    if RENAMED.get(name) in entries:
        log.warning("%s: %s is taken for %s, as it is annotated", path, name, RENAMED[name])
        return RENAMED[name]
    raise InputError(
        f"{path}: clip '{name}' has no annotation in {REQUIRED[0]}. One of the two files is of "
        "another release: fetch both again."
    )


def _read_entries(path: Path) -> dict[str, dict]:
    """Read the annotated clips by name; an unchanged file is read only once."""
    if not is_file(path):
        return _read_once(path)
    status = path.stat()
    return _read_once(path, status.st_mtime_ns, status.st_size, status.st_ino)


@functools.lru_cache(maxsize=1)  # each split needs the file of all splits
def _read_once(path: Path, *_: int) -> dict[str, dict]:
    content = load_data(path)
    info = content.get("info") if isinstance(content, dict) else None
    if not isinstance(info, list):
        keys = ", ".join(map(str, list(content)[:8])) if isinstance(content, dict) else ""
        raise InputError(
            f"{path}: found {f'a dict with the keys {keys}' if keys else type(content).__name__}, "
            "expected a dict with a list under the key 'info'. It is not the publisher's file: "
            "fetch it again."
        )
    entries = {}
    for number, entry in enumerate(info):
        _check_entry(path, number, entry)
        check_id(f"{path}, info[{number}]", entry["name"])
        if entry["name"] in entries:
            raise InputError(
                f"{path}, info[{number}]: name '{entry['name']}' stands twice; every clip needs "
                "one of its own. Fetch the file again."
            )
        entries[entry["name"]] = entry
    return entries


def _check_entry(path: Path, number: int, entry: Any) -> None:
    where = f"{path}, info[{number}]"
    if not isinstance(entry, dict):
        raise InputError(f"{where}: found {type(entry).__name__}, expected a dict. Fetch it again.")
    given = {key: kind for key, kind in _OPTIONAL.items() if key in entry}
    for key, kind in (_KEYS | given).items():
        value = entry.get(key)
        good = isinstance(value, kind) and not isinstance(value, bool)
        if kind is list:
            good = good and all(isinstance(each, str) for each in value)
            good = good and not _SURROGATE.search("".join(value))
        if kind is int:
            good = good and 0 <= value < 2**31
        if not good:
            expected = "a list of strings" if kind is list else kind.__name__
            raise InputError(
                f"{where}: {key} is {_told(value)}, expected {expected}. It is not the "
                "publisher's file: fetch it again."
            )


def _told(value: Any) -> str:
    """Shorten an invalid value for a message: a pickle can make it very long."""
    try:
        return _SHORT.repr(value)[:80]
    except ValueError:  # a number with thousands of digits
        return f"a {type(value).__name__} that cannot be shown"
