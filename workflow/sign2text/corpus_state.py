"""Whether a raw corpus's annotations are still what checksums.tsv says of them."""

import csv
from collections.abc import Iterator
from pathlib import Path

from sign2text.files import sha256_of

_ANNOTATIONS = frozenset({".csv", ".tsv", ".txt", ".pkl"})


def edited_annotations(checksums: Path) -> Iterator[Path]:
    """The annotation files that were edited or removed after `checksums` was written.

    Cheap enough for each start of the workflow: only a file of the same size that is newer is read.
    """
    if not checksums.is_file():
        return
    written = checksums.stat().st_mtime_ns
    with checksums.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            path = checksums.parent / row["path"]
            if path.suffix in _ANNOTATIONS and _is_other(path, row, written):
                yield path


def _is_other(path: Path, row: dict[str, str], written: int) -> bool:
    """Whether a file is not what its row says; `written` is when, in nanoseconds."""
    if not path.is_file() or path.stat().st_size != int(row["bytes"]):
        return True
    return path.stat().st_mtime_ns > written and sha256_of(path) != row["sha256"]
