"""Captions of a rendered corpus in all its languages, and the times of signing in each clip."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.annotation_file import read_numbers
from sign2text.data.rendered_files import read_rendered
from sign2text.data.text_form import composed

if TYPE_CHECKING:
    import pandas as pd


def read_captions(corpus: Path, split: str, languages: Collection[str]) -> pd.DataFrame:
    """Read the captions of a split: clip, language, text, start, end (NaN), origin.

    `corpus` is the corpus's checksums.tsv. Raises InputError if a file or a column is missing.
    """
    import pandas as pd

    path = corpus.parent / "annotations" / f"{split}.tsv"
    table = read_rendered(corpus, path, {"id", *(f"text_{each}" for each in languages)})
    rows = [
        (clip, language, composed(text), float("nan"), float("nan"), "human")
        for clip, *texts in table[["id", *(f"text_{each}" for each in languages)]].itertuples(
            index=False
        )
        for language, text in zip(languages, texts, strict=True)
    ]
    return pd.DataFrame(rows, columns=["clip", "language", "text", "start", "end", "origin"])


def read_signed_times(corpus: Path, split: str) -> dict[str, tuple[float, float]]:
    """Return by clip the start of its first sign and the end of its last, in seconds."""
    path = corpus.parent / "annotations" / f"{split}.glosses.tsv"
    table = read_rendered(corpus, path, {"id", "start", "end"})
    times = table.assign(
        start=read_numbers(path, table["start"], least=0),
        end=read_numbers(path, table["end"], least=0),
    ).groupby("id", sort=False)
    return {
        clip: (float(start), float(end))
        for clip, start, end in zip(
            times["start"].min().index, times["start"].min(), times["end"].max(), strict=True
        )
    }
