"""Read a rendered corpus's annotations; check its video sizes against checksums.tsv."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.annotation_file import read_numbers
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def read_rendered(corpus: Path, annotations: Path, needed: Collection[str]) -> pd.DataFrame:
    """Read the table `annotations` of a rendered corpus; its index holds the file's line numbers.

    `corpus` is the corpus's checksums.tsv. Raises InputError if the table is missing or damaged or
    lacks one of the columns `needed`.
    """
    from sign2text.data.manifest import read_table

    try:
        table = read_table(annotations)
    except FileNotFoundError:
        raise incomplete(corpus, annotations, "is missing") from None
    except ValueError as error:  # covers pandas' own errors and UnicodeDecodeError
        raise incomplete(corpus, annotations, f"is no table ({error})", damaged=True) from None
    if missing := sorted(set(needed) - set(table.columns)):
        raise incomplete(corpus, annotations, f"has no column {', '.join(missing)}", damaged=True)
    return table.set_axis(table.index + 2)


def check_sizes(corpus: Path, videos: Sequence[str]) -> None:
    """Raise InputError if a video is missing, not listed in `corpus`, or of another size there.

    Only sizes are compared: hashing every file would cost more than it finds.
    """
    checksums = read_rendered(corpus, corpus, {"path", "bytes"})
    numbers = read_numbers(corpus, checksums["bytes"])
    sizes = dict(zip(checksums["path"], numbers, strict=True))
    for video in videos:
        path = corpus.parent / video
        if video not in sizes:
            raise incomplete(corpus, path, f"is not listed in {corpus}")
        if not path.is_file():
            raise incomplete(corpus, path, "is missing")
        if (found := path.stat().st_size) != sizes[video]:
            raise incomplete(
                corpus, path, f"has {found} bytes, {corpus} says {sizes[video]:.0f}", damaged=True
            )


def incomplete(corpus: Path, path: Path, problem: str, *, damaged: bool = False) -> InputError:
    """Build the error about a file of a rendered corpus, with advice."""
    files = f"{path} and {corpus}" if damaged else f"{corpus}"
    return InputError(
        f"{path}: {problem}. Delete {files} and run the same command again: only what is missing "
        "is rendered again."
    )
