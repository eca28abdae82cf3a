"""Files of a job as provenance describes them: relative path, size and SHA-256."""

from __future__ import annotations

import re
from pathlib import Path

from sign2text.ground.files import reading, sha256_of
from sign2text.lineage.provenance_file import File


def describe_file(path: Path) -> File:
    """Size and hash of a file, which is read for the hash.

    A frame store's tar is not read: it may have tens of GB, and its index holds its hash.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: the index of a frame store is incomplete, or holds no hash.
    """
    return File(relative_path(path), path.stat().st_size, _indexed_hash(path) or sha256_of(path))


def relative_path(path: Path) -> str:
    """`path` relative to the workflow's folder, the current one; outside of it the name alone."""
    if not path.is_absolute() and ".." not in path.parts:
        return path.as_posix()
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.name


def _indexed_hash(path: Path) -> str | None:
    """The hash of a frame store's tar, from the store's index; None for any other file."""
    if path.suffix != ".tar":
        return None
    from safetensors import safe_open

    from sign2text.ground.store_index import index_path, read_about, read_field, wrong

    index = index_path(path)
    if not index.is_file():
        return None
    with reading(index), safe_open(str(index), framework="numpy") as file:
        found = read_field(read_about(file.metadata(), index), "sha256", str, index)
    if not re.fullmatch(r"[0-9a-f]{64}", found):
        raise wrong(index, "about.sha256", found, "64 hexadecimal digits")
    return found
