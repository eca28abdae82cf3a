"""Annotations of a published corpus as repositories share them: a pickle per split.

Two forms circulate. The corpus features of Camgoz et al., Sign Language Transformers, CVPR 2020,
are a list of dicts (name, signer, gloss, text, sign). Repositories after Zhou et al., GFSLT-VLP,
ICCV 2023, have a dict of dicts by name (name, gloss, text, length, imgs_path).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.corpus_folder import WIDEST, find_folder, folders_below
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError
from sign2text.untrusted.names import check_id
from sign2text.untrusted.packed_pickles import is_pickle, load_annotations

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN_SIGNER = "unknown"
_NAME = re.compile(
    r"(?:(?P<stem>.*)[._-])?(?P<split>train|dev|val|test)"
    r"(?P<ending>(?:\.(?:annotations_only|gz|gzip|pkl|pickle))*)",
    re.IGNORECASE,
)
_LONGEST = 2**16  # characters of a sentence or its glosses
_SURROGATE = re.compile("[\\ud800-\\udfff]")  # half a character, which no file can hold

log = logging.getLogger(__name__)


def find_pickles(folder: Path) -> dict[str, Path]:
    """Find the file of each split in `folder` or up to two levels below; empty if none is found.

    If there are several complete sets, the one with the fewest bytes is taken, since it has no
    features. If there are only incomplete sets, the first is taken.
    """
    sets = list(_sets(folder))
    whole = [each for each in sets if len(each) == len(SPLITS)]
    if whole:
        return min(whole, key=lambda each: sum(path.stat().st_size for path in each.values()))
    return sets[0] if sets else {}


def find_annotated(folder: Path, required: Sequence[str]) -> Path | None:
    """Find the folder with the publisher's files `required`, or with a pickle per split."""
    if (root := find_folder(folder, required)) is not None:
        return root
    pickles = find_pickles(folder)
    return pickles["train"].parent if len(pickles) == len(SPLITS) else None


def annotation_files(root: Path, required: Sequence[str]) -> tuple[str, ...]:
    """List the annotation files that are read from `root`, a result of `find_annotated`."""
    if find_folder(root, required) == root:
        return tuple(required)
    return tuple(path.name for path in find_pickles(root).values())


def check_complete(found: Mapping[str, Path]) -> None:
    """Raise InputError if only some of the splits have a pickle."""
    if found and (missing := [split for split in SPLITS if split not in found]):
        there = ", ".join(path.name for path in found.values())
        raise InputError(
            f"{next(iter(found.values())).parent}: found {there}, and no such file for "
            f"{', '.join(missing)}; expected one for each of {', '.join(SPLITS)}. Put it there too."
        )


def read_pickle(path: Path, split: str) -> pd.DataFrame:
    """Read the clips of a split: name, signer, gloss, text, and length in frames (0: unknown).

    A split at the beginning of a name is removed. Texts and glosses that are lists are joined with
    spaces.

    Raises InputError if the file is missing, damaged or of another form, requests anything but data
    and tensors, or names a clip twice.
    """
    import pandas as pd

    content = load_annotations(path)
    if isinstance(content, dict):
        entries = [(f"entry {str(name)[:80]!r}", name, each) for name, each in content.items()]
    elif isinstance(content, list):
        entries = [(f"entry {number}", None, each) for number, each in enumerate(content)]
    else:
        raise InputError(
            f"{path}: found {type(content).__name__}, expected a list of dicts, or a dict of them "
            "by name, with the keys name, gloss and text. It is another file: fetch it again."
        )
    rows: dict[str, dict[str, Any]] = {}
    for place, name, entry in entries:
        where = f"{path}, {place}"
        row = _row(where, name, entry, split)
        if rows.setdefault(row["name"], row) is not row:
            raise InputError(
                f"{where}: name '{row['name']}' occurs twice; expected each clip once. Fetch the "
                "file again."
            )
    if not rows:
        raise InputError(f"{path}: holds no clip, expected one or more. Fetch it again.")
    return pd.DataFrame(rows.values(), columns=["name", "signer", "gloss", "text", "length"])


def warn_of_differences(table: pd.DataFrame, source: Path, split: str, other: Path) -> None:
    """Compare a split with the pickle `other` of the same corpus, and log the differences.

    Args:
        table: columns name, gloss and text of `source`.

    The comparison ignores case, whitespace and a full stop at the end, which many copies add. A
    pickle of another form is skipped with a warning.
    """
    try:
        pickled = read_pickle(other, split)
    except InputError as error:
        log.warning("%s is not compared with %s: %s", other.name, source, error)
        return
    theirs = {name: (gloss, text) for name, _, gloss, text, _ in pickled.itertuples(index=False)}
    ours = dict(zip(table["name"], zip(table["gloss"], table["text"], strict=True), strict=True))
    shared = [name for name in ours if name in theirs]
    problems = {
        "clips only in the first": [name for name in ours if name not in theirs],
        "clips only in the second": [name for name in theirs if name not in ours],
        "other glosses": [n for n in shared if _bare(ours[n][0]) != _bare(theirs[n][0])],
        "other texts": [n for n in shared if _bare(ours[n][1]) != _bare(theirs[n][1])],
    }
    told = [
        f"{len(names)} {what} (such as {names[0]})" for what, names in problems.items() if names
    ]
    if told:
        log.warning("%s and %s differ: %s; the first is read", source, other, ", ".join(told))
    else:
        log.info("%s has the clips, texts and glosses of %s", other, source)


def warn_of_final_points(table: pd.DataFrame, path: Path) -> None:
    """Log how many texts end in a full stop, if any: the publisher's texts have none."""
    if points := int(table["text"].str.endswith(".").sum()):
        log.warning(
            "%s: %d of %d texts end in a final point, which the publisher's annotations do not "
            "have; BLEU with and without it cannot be compared",
            path,
            points,
            len(table),
        )


def _sets(folder: Path) -> Iterator[dict[str, Path]]:
    """Yield sets of pickles: one folder, and one name apart from the split."""
    for each in folders_below(folder, WIDEST):
        sets: dict[tuple[str, str], dict[str, Path]] = {}
        for path in _entries(each):
            match = None if path.name.startswith(".") else _NAME.fullmatch(path.name)
            if match and path.is_file() and is_pickle(path):
                split = match["split"].lower().replace("val", "dev")
                key = ((match["stem"] or "").lower(), match["ending"].lower())
                sets.setdefault(key, {}).setdefault(split, path)
        yield from (
            {split: found[split] for split in SPLITS if split in found} for found in sets.values()
        )


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # no folder, or no access rights: code that needs its content will report it
        return []


def _row(where: str, name: Any, entry: Any, split: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise InputError(
            f"{where}: found {type(entry).__name__}, expected a dict with the keys name, gloss and "
            "text. Fetch the file again."
        )
    name = entry.get("name", name)
    if not isinstance(name, str):
        raise InputError(
            f"{where}: name is {type(name).__name__}, expected a string. Fetch the file again."
        )
    first, _, rest = name.partition("/")
    if rest and first.replace("val", "dev") in SPLITS:
        if first.replace("val", "dev") != split:
            raise InputError(
                f"{where}: clip {name[:80]!r} is of {first}, expected {split} in the file of that "
                "split. Fetch the file again."
            )
        name = rest
    check_id(where, name)
    if "text" not in entry:
        raise InputError(
            f"{where}: has the keys {', '.join(map(str, list(entry)[:8]))}, expected text among "
            "them. It is another file: fetch it again."
        )
    length = entry.get("length", 0)
    known = isinstance(length, int) and not isinstance(length, bool) and 0 < length < 2**31
    return {
        "name": name,
        "signer": _signer(where, entry.get("signer")),
        "gloss": _text(where, "gloss", entry.get("gloss", "")),
        "text": _text(where, "text", entry["text"]),
        "length": length if known else 0,
    }


def _signer(where: str, signer: Any) -> str:
    if isinstance(signer, int) and not isinstance(signer, bool) and 0 <= signer < 2**31:
        return f"signer{signer:02d}"
    return _text(where, "signer", signer or "") or UNKNOWN_SIGNER


def _text(where: str, key: str, value: Any) -> str:
    words = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(word, str) for word in words):
        raise InputError(
            f"{where}: {key} is {type(value).__name__}, expected a string, or a list of strings. "
            "Fetch the file again."
        )
    if sum(len(word) + 1 for word in words) > _LONGEST:
        raise InputError(
            f"{where}: {key} has more than {_LONGEST} characters, expected a sentence. Fetch the "
            "file again."
        )
    text = " ".join(" ".join(words).split())
    if _SURROGATE.search(text):
        raise InputError(f"{where}: {key} holds half a character. Fetch the file again.")
    return text


def _bare(text: str) -> str:
    return "".join(text.lower().split()).rstrip(".。")
