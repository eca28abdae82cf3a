"""Files of a rendered corpus: its annotations, and videos of the size that checksums.tsv says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.annotation_file import read_numbers
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def read_rendered(corpus: Path, annotations: Path, needed: Collection[str]) -> pd.DataFrame:
    """The table `annotations` of a rendered corpus; its index is the lines' numbers in the file.

    `corpus` is the corpus's checksums.tsv. Raises InputError where the table is missing, damaged or
    without one of the columns `needed`.
    """
    from sign2text.data.manifest import read_table

    try:
        table = read_table(annotations)
    except FileNotFoundError:
        raise incomplete(corpus, annotations, "is missing") from None
    except ValueError as error:  # pandas' errors are ValueErrors, and so is UnicodeDecodeError
        raise incomplete(corpus, annotations, f"is no table ({error})", damaged=True) from None
    if missing := sorted(set(needed) - set(table.columns)):
        raise incomplete(corpus, annotations, f"has no column {', '.join(missing)}", damaged=True)
    return table.set_axis(table.index + 2)


def check_sizes(corpus: Path, videos: Sequence[str]) -> None:
    """Raise InputError for a video that is missing or has not the size that `corpus` says.

    Sizes only: hashing every file would cost more than it finds.
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
    """The error about a file of a rendered corpus, with what to do."""
    files = f"{path} and {corpus}" if damaged else f"{corpus}"
    return InputError(
        f"{path}: {problem}. Delete {files} and run the same command again: only what is missing "
        "is rendered anew."
    )
