"""Check that a raw corpus is present, with annotations that still match checksums.tsv."""

import contextlib
import csv
import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from sign2text.ground.files import sha256_of

LOOKED_FOR = 50
_ANNOTATIONS = frozenset(
    {".csv", ".tsv", ".txt", ".pkl", ".pickle", ".gz", ".gzip", ".train", ".dev", ".test"}
)


def corpus_problems(datasets: Mapping[str, bool]) -> Iterator[str]:
    """Yield warnings about the raw corpora of `datasets`: names, and True for those rendered here.
    Pulled results come without the corpus, only with its list (docs/sharing.md). No rule makes a
    published corpus, so only this check notices edited annotations.
    """
    for dataset, is_rendered in datasets.items():
        checksums = Path("resources", dataset, "checksums.tsv")
        if is_list_alone(checksums):
            yield (
                f"resources/{dataset}: of the corpus only checksums.tsv is here. Jobs that read "
                f"its videos need it: snakemake --cores all --force {checksums}"
            )
        elif not is_rendered:
            for path in edited_annotations(checksums):
                yield (
                    f"{path} is not what {checksums} says: it was edited or removed since. To have "
                    "the change read, add once: --forcerun acquire_corpus"
                )


def edited_annotations(checksums: Path) -> Iterator[Path]:
    """Yield the annotation files that were edited or removed after `checksums` was written.

    Cheap enough for each start of the workflow: it reads only newer files of the same size.
    """
    if not checksums.is_file():
        return
    written = checksums.stat().st_mtime_ns
    for row in _rows(checksums):
        path = checksums.parent / (row.get("path") or "")
        if path.suffix in _ANNOTATIONS and not path.is_dir() and _is_other(path, row, written):
            yield path


def is_list_alone(checksums: Path) -> bool:
    """Return whether `checksums` exists without the files that it lists, as after a pull.

    Only the first files are looked up, so this costs next to nothing.
    """
    if not checksums.is_file():
        return False
    # If the table has another form, the stage that reads it reports that.
    names = [row.get("path") or "." for row in islice(_rows(checksums), LOOKED_FOR)]
    return bool(names) and not any(
        os.path.exists(checksums.parent / name)  # noqa: PTH110 - also for names that no file has
        for name in names
    )


def _rows(checksums: Path) -> Iterator[dict[str, str]]:
    """Yield the rows up to the first that cannot be read."""
    with (
        contextlib.suppress(OSError, UnicodeDecodeError, csv.Error),
        checksums.open(encoding="utf-8", newline="") as file,
    ):
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _is_other(path: Path, row: dict[str, str], written: int) -> bool:
    """Return whether a file differs from its row; `written` is the list's time in nanoseconds."""
    try:
        if not path.is_file() or str(path.stat().st_size) != row.get("bytes"):
            return True
        return path.stat().st_mtime_ns > written and sha256_of(path) != row.get("sha256")
    except OSError:  # no access rights, or a name that is too long
        return True
