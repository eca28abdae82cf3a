"""Description of a job's files for its provenance: relative path, size and SHA-256."""

from __future__ import annotations

import re
from pathlib import Path

from sign2text.ground.files import reading, sha256_of
from sign2text.lineage.provenance_file import File


def describe_file(path: Path) -> File:
    """Return a file's relative path, size and hash, for which the file is read.

    A frame store's tar may have tens of GB. Its hash is taken from its index instead.

    Raises:
        FileNotFoundError: the file is missing.
        InputError: the index of a frame store is invalid or holds no hash.
    """
    return File(relative_path(path), path.stat().st_size, _indexed_hash(path) or sha256_of(path))


def relative_path(path: Path) -> str:
    """Return `path` relative to the current (workflow's) folder; only the name if it is outside."""
    if not path.is_absolute() and ".." not in path.parts:
        return path.as_posix()
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.name


def _indexed_hash(path: Path) -> str | None:
    """Return the hash of a frame store's tar from the store's index; None for other files."""
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
