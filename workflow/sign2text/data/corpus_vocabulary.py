"""Words and glosses of a corpus: types, types seen once, and those of dev and test not in train."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sign2text.data.corpus_findings import Row
from sign2text.ground.languages import is_chinese

if TYPE_CHECKING:
    import pandas as pd


def check_vocabulary(clips: Mapping[str, pd.DataFrame], language: str) -> Iterator[Row]:
    """Report tokens and types of the text and, if there are any, of the glosses.

    Case and punctuation are kept, as in scoring.
    """
    unit = unit_of(language)
    yield from _check_tokens(unit, {split: tokens(t["text"], unit) for split, t in clips.items()})
    glosses = {split: tokens(table["gloss"], "gloss") for split, table in clips.items()}
    if not sum(map(len, glosses.values())):
        advice = "The corpus has no glosses; methods that need them cannot be run on it."
        yield Row("glosses", "", "none", verdict="note", advice=advice)
        return
    yield from _check_tokens("gloss", glosses)
    for split, table in clips.items():
        bare = int((table["gloss"].str.strip() == "").sum())
        advice = "Some clips have glosses and these have none." if bare else ""
        yield Row("clips without glosses", split, bare, "", "note" if bare else "ok", advice)


def unit_of(language: str) -> str:
    """Return the unit of counting for texts of a language: "word" or "character"."""
    return "character" if is_chinese(language) else "word"


def tokens(lines: pd.Series, unit: str) -> pd.Series:
    """Split lines into words, glosses or characters, and join these to one series."""
    if unit == "character":
        return lines.str.replace(r"\s", "", regex=True).map(list).explode().dropna()
    return lines.str.split().explode().dropna()


def lengths(lines: pd.Series, unit: str) -> pd.Series:
    """Count the words, glosses or characters of each line."""
    if unit == "character":
        return lines.str.replace(r"\s", "", regex=True).str.len()
    return lines.str.split().str.len()


def _check_tokens(unit: str, found: Mapping[str, pd.Series]) -> Iterator[Row]:
    every = {"gloss": "glosses"}.get(unit, f"{unit}s")
    known = set(found["train"])
    for split, part in found.items():
        counts = part.value_counts()
        yield Row(every, split, len(part))
        yield Row(f"{unit} types", split, len(counts))
        yield Row(f"{unit} types seen once", split, int((counts == 1).sum()))
        line = part.groupby(level=0).size()
        yield Row(f"longest line, {every}", split, int(line.max()) if len(line) else 0)
        if split != "train":
            new = counts[~counts.index.isin(known)]
            yield Row(f"{every} not in train", split, int(new.sum()))
            yield Row(f"{unit} types not in train", split, len(new))
