"""Check of a .dvc file key by key: it may have only what `sign2text publish` writes.

DVC itself accepts more: lists of files (`.dir`, `files`) with arbitrary paths, other remotes,
addresses, commands.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.jobs.snakemake_records import FOLDER as RECORDS
from sign2text.jobs.snakemake_records import output_of

FOLDER = Path("artefacts")
PULLED = ("results", "resources", RECORDS.as_posix())
"""Folders of artefacts and of Snakemake's records."""
LONGEST_PATH = 1000
"""Bytes; all .dvc files' paths are passed to DVC in one command."""
LARGEST_SIZE = 2**50
_KEYS = ("wdir", "outs", "meta")
_KEYS_OF_OUT = ("path", "hash", "md5", "size")
_MD5 = re.compile(r"[0-9a-f]{32}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_UNSAFE = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\]")
"""Control characters, line separators of YAML, and the backslash."""
_READ_BY_OTHERS = re.compile(
    r"\.git.*|git~\d+|\.dvc|\.dvcignore|dvc\.(yaml|lock)|.*\.dvc", re.IGNORECASE
)
"""Names of files and folders that git and DVC search for in every folder."""


@dataclass(frozen=True)
class Out:
    """A file stored by DVC."""

    path: str
    """Path relative to the workflow's folder."""
    md5: str
    bytes: int


def check_form(place: Path, values: Any) -> tuple[tuple[Out, ...], tuple[str, ...]]:
    """Return the outs and needs of a .dvc file.

    Args:
        place: the file, below FOLDER, relative to the workflow's folder.
        values: the result of `parse_plain`.

    Raises:
        InputError: a key, path, hash or size is not one that publish writes.
    """
    _check_keys(place, "the file", values, _KEYS)
    wdir = wdir_of(place)
    if values["wdir"] != wdir:
        raise _refused(place, "wdir", values["wdir"], wdir)
    if not isinstance(values["outs"], list) or not values["outs"]:
        raise _refused(place, "outs", values["outs"], "a list of files")
    _check_keys(place, "meta", values["meta"], ("needs",))
    needs = values["meta"]["needs"]
    if not isinstance(needs, list):
        raise _refused(place, "meta.needs", needs, "a list of .dvc files")
    for number, need in enumerate(needs):
        if not is_dvc_place(need):
            raise _refused(
                place, f"meta.needs[{number}]", need, f"files under {FOLDER}/ that end in .dvc"
            )
    outs = tuple(_out(place, f"outs[{number}]", out) for number, out in enumerate(values["outs"]))
    return outs, tuple(needs)


def wdir_of(place: Path) -> str:
    """Return the workflow's folder relative to the folder of a .dvc file."""
    return Path(os.path.relpath(".", place.parent)).as_posix()


def is_dvc_place(path: Any) -> bool:
    """Return whether `path` is a safe path of a .dvc file below FOLDER."""
    if not is_safe(path) or not path.startswith(f"{FOLDER}/") or not path.endswith(".dvc"):
        return False
    *folders, name = path.split("/")
    return name != ".dvc" and not any(map(_READ_BY_OTHERS.fullmatch, folders))


def is_safe(path: Any) -> bool:
    """Return whether `path` is relative, normalised, not too long and without odd characters."""
    return (
        isinstance(path, str)
        and len(path.encode("utf-8", "replace")) <= LONGEST_PATH
        and not _UNSAFE.search(path)
        and not {"", ".", ".."} & set(path.split("/"))
        and all(len(part.encode()) <= 255 for part in path.split("/"))
    )


def check_apart(files: Sequence[tuple[str, Sequence[Out]]]) -> None:
    """Refuse a pull with repeated paths, or with an out that is a folder of another.

    Args:
        files: place of each .dvc file, and its outs.
    """
    owners: dict[str, str] = {}
    for place, outs in files:
        for out in outs:
            if out.path in owners:
                raise _refused(
                    Path(place), "outs", f"{out.path}, which {owners[out.path]} has too",
                    "each file in one .dvc file, once",
                )  # fmt: skip
            owners[out.path] = place
    for path, place in owners.items():
        for folder in _folders(path):
            if folder in owners:
                raise _refused(
                    Path(place), "outs", f"{path}, which lies below the file {folder} of "
                    f"{owners[folder]}", "files alone",
                )  # fmt: skip


def _folders(path: str) -> Iterator[str]:
    return map(str, list(PurePosixPath(path).parents)[:-1])


def _out(place: Path, where: str, given: Any) -> Out:
    _check_known(place, where, given, _KEYS_OF_OUT)
    path = given.get("path", "")
    if not is_safe(path) or not _is_pulled(path):
        raise _refused(
            place, f"{where}.path", path,
            "files under results/, resources/ and records of theirs under .snakemake/metadata/",
        )  # fmt: skip
    _check_keys(place, where, given, _KEYS_OF_OUT)
    md5, size = given["md5"], given["size"]
    if given["hash"] != "md5":
        raise _refused(place, f"{where}.hash", given["hash"], "md5")
    if not isinstance(md5, str) or not _MD5.fullmatch(md5):
        raise _refused(place, f"{where}.md5", md5, "32 hexadecimal digits, those of a file")
    if not isinstance(size, str) or not _SIZE.fullmatch(size) or int(size) > LARGEST_SIZE:
        raise _refused(place, f"{where}.size", size, "bytes of a file, a whole number from 0")
    return Out(path, md5, int(size))


def _is_pulled(path: str) -> bool:
    if path.startswith(f"{RECORDS.as_posix()}/"):
        output = output_of(path)
        return output is not None and is_safe(output) and _is_output(output)
    return _is_output(path)


def _is_output(path: str) -> bool:
    folder, *inner = path.split("/")
    return folder in PULLED and bool(inner) and not any(map(_READ_BY_OTHERS.fullmatch, inner))


def _check_keys(place: Path, where: str, given: Any, known: Sequence[str]) -> None:
    _check_known(place, where, given, known)
    for key in known:
        if key not in given:
            raise _refused(place, where, f"no key {key}", f"the keys {', '.join(known)}")


def _check_known(place: Path, where: str, given: Any, known: Sequence[str]) -> None:
    if not isinstance(given, Mapping):
        raise _refused(place, where, given, f"the keys {', '.join(known)}")
    for key in given:
        if key not in known:
            raise _refused(place, where, f"the key {key}", f"the keys {', '.join(known)} alone")


def _refused(place: Path, where: str, found: Any, expected: str) -> InputError:
    shown = found if isinstance(found, str) else str(found)
    shown = shown if len(shown) <= 200 else f"{shown[:200]} ..."
    return InputError(
        f"{place}: {where}: found {shown or 'nothing'}, expected {expected}. It is not one that "
        "`sign2text publish` wrote, and nothing was pulled. Publish it again, or use dvc itself "
        "for it."
    )
