"""Names in annotations: of clips, and of their files and folders."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

LONGEST_ID = 200
"""Bytes of an id. With a frame's number it names a member of a tar and, after unpacking, a file;
file names may have 255 bytes."""
_PART = r"\w[\w.=+@ -]*+"
_SIMPLE = re.compile(rf"(?=.{{1,200}}\n){_PART}(?:/{_PART})*+\n", re.ASCII)
"""A name that needs no further check: ASCII, each part begins with a letter, a digit or _."""
_ALL_SIMPLE = re.compile(rf"(?:{_SIMPLE.pattern})*+", re.ASCII)
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_YOUTUBE = re.compile(r"[\w-]+_\d+-\d+-rgb_front|[\w-]{11}([_-]\d[\d:.-]*)?", re.ASCII)
"""Ids such as How2Sign's begin with the id of a YouTube video, which may begin with a dash. No
command has an option with such an ending."""
_LONG_OPTION = re.compile(r"--[a-z-]+")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
BY_CONTENT = re.compile(
    r"/(blobs/[0-9a-f]{40,64}|(files/md5|cache)/[0-9a-f]{2}/[0-9a-f]{30}"
    r"|\.git/annex/objects/.+)$"
)
"""Places in caches that name files by their content: the hub's, DVC's and git-annex's."""


def id_problem(clip: str) -> str | None:
    """Return the problem of a clip's id, or None.

    >>> id_problem("../../x")
    "it has the part '..'"
    """
    if found := _CONTROL.search(clip):
        return f"it has the control character {found[0]!a}"
    if (size := len(clip.encode())) > LONGEST_ID:
        return f"it has {size} bytes, more than {LONGEST_ID}"
    if problem := _path_problem(clip):
        return problem
    if clip.startswith("-") and (_LONG_OPTION.fullmatch(clip) or not _YOUTUBE.fullmatch(clip)):
        return "it begins with a dash, as options of commands do"
    return None


def check_id(where: str, clip: str) -> None:
    """Raise InputError, starting with `where`, unless `clip` is a valid clip id."""
    if problem := id_problem(clip):
        raise InputError(
            f"{where}: id {clip[:80]!r} cannot be used: {problem}. Expected a name of at most "
            f"{LONGEST_ID} bytes, whose parts between slashes are neither empty nor '.' or '..', "
            "without control characters. Rename it."
        )


def check_ids(path: Path, ids: pd.Series) -> None:
    """Check the ids of a table; raise InputError with the lines of an invalid or repeated one.

    Args:
        path: the table, for messages.
        ids: the ids; the index has the line numbers in `path`.
    """
    joined = "".join(f"{clip}\n" for clip in ids.tolist())
    if joined.count("\n") != len(ids) or not _ALL_SIMPLE.fullmatch(joined):
        for line, clip in ids.items():
            if clip == "":
                raise InputError(f"{path}, line {line}: the clip has no name. Give it one.")
            check_id(f"{path}, line {line}", clip)
    if (repeated := ids.duplicated()).any():
        clip = ids[repeated.idxmax()]
        raise InputError(
            f"{path}: id '{clip}' stands in line {(ids == clip).idxmax()} and in line "
            f"{repeated.idxmax()}; every clip needs an id of its own. Rename or remove one of them."
        )


def place_below(path: Path, folder: Path, names: pd.Series, ending: str = "") -> list[str]:
    """Return the paths of clips in `folder`, relative to the working folder.

    Args:
        path: the annotation file, for messages.
        folder: the folder of the corpus's clips.
        names: names of files and folders below it; the index has the line numbers in `path`.
        ending: appended to each name.

    Raises:
        InputError: a name leads out of the folder; the message has its line.
    """
    here = from_here(folder)
    for line, name in names.items():
        if problem := _control(name) or _path_problem(name):
            raise InputError(
                f"{path}, line {line}: {names.name} is {name[:80]!r}, expected a path below "
                f"{folder}, written with forward slashes; {problem}. Put the clips there, or a "
                "symbolic link to their folder."
            )
    return [f"{here}/{name}{ending}" for name in names]


def check_linked(video: Path, corpus: Path) -> None:
    """Raise InputError if a clip, or a picture in it, is a link out of its corpus.

    Folders may be links, since the user put them there. A link to a single file may have come with
    the corpus, and could show any picture on this machine.

    Args:
        video: a file or folder.
        corpus: the corpus's folder, resources/<data set>.
    """
    try:
        if not video.is_dir():
            links = [video] if stat.S_ISLNK(os.lstat(video).st_mode) else []
        else:
            with os.scandir(video) as entries:
                links = [video / entry.name for entry in entries if entry.is_symlink()]
    except OSError:  # the clip's reader reports it
        return
    for link in links:
        real = Path(os.path.realpath(link))
        if BY_CONTENT.search(real.as_posix()):
            continue
        if not any(real.is_relative_to(os.path.realpath(base)) for base in _between(corpus, link)):
            raise InputError(
                f"{link}: is a link to {real}, outside of the corpus's folder {corpus}. Copy the "
                "file there, or link the folder that holds it."
            )


def from_here(path: Path) -> str:
    """Return `path` relative to the working folder, with forward slashes and unresolved links."""
    return Path(os.path.relpath(path)).as_posix()


def _between(corpus: Path, video: Path) -> Iterable[Path]:
    """Yield the corpus's folder and the folders between it and a clip, with unresolved links."""
    yield corpus
    for folder in video.parents:
        if folder == corpus or not folder.is_relative_to(corpus):
            return
        yield folder


def _control(name: str) -> str | None:
    found = _CONTROL.search(name)
    return f"it has the control character {found[0]!a}" if found else None


def _path_problem(name: str) -> str | None:
    if name.startswith("/") or _DRIVE.match(name):
        return "it is an absolute path"
    if "\\" in name:
        return "it has a backslash"
    for part in name.split("/"):
        if part in ("", ".", ".."):
            return f"it has the part '{part}'" if part else "it is empty, or a part of it is"
    return None
