"""Whether a raw corpus is here, and its annotations are still what checksums.tsv says of them."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sign2text.ground.files import sha256_of

LOOKED_FOR = 50
_ANNOTATIONS = frozenset({".csv", ".tsv", ".txt", ".pkl"})


def edited_annotations(checksums: Path) -> Iterator[Path]:
    """The annotation files that were edited or removed after `checksums` was written.

    Cheap enough for each start of the workflow: only a file of the same size that is newer is read.
    """
    if not checksums.is_file():
        return
    written = checksums.stat().st_mtime_ns
    for row in _rows(checksums):
        path = checksums.parent / row["path"]
        if path.suffix in _ANNOTATIONS and _is_other(path, row, written):
            yield path


def is_list_alone(checksums: Path) -> bool:
    """Whether `checksums` is there without the files that it lists, as where it was pulled.

    The first files decide, so that this costs nothing.
    """
    if not checksums.is_file():
        return False
    # Of a table of another form the stage that reads it complains.
    names = [row.get("path", ".") for row in islice(_rows(checksums), LOOKED_FOR)]
    return bool(names) and not any((checksums.parent / name).exists() for name in names)


def _rows(checksums: Path) -> Iterator[dict[str, str]]:
    with checksums.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _is_other(path: Path, row: dict[str, str], written: int) -> bool:
    """Whether a file is not what its row says; `written` is when, in nanoseconds."""
    if not path.is_file() or path.stat().st_size != int(row["bytes"]):
        return True
    return path.stat().st_mtime_ns > written and sha256_of(path) != row["sha256"]
