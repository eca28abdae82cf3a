"""Sentences with lemma and part of speech of each word, as a tab-separated table.

Each row is a sentence: `part` (train or held_out), `words`, `lemmas` and `parts_of_speech`, whose
values are separated by single spaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sign2text.avatar.annotated_word import Word
from sign2text.data.manifest import read_table, write_table
from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing

COLUMNS = ("part", "words", "lemmas", "parts_of_speech")
TRAIN, HELD_OUT = "train", "held_out"
Sentences = dict[str, list[list[Word]]]
"""Annotated sentences by part."""


def write_annotated(path: Path, sentences: Sentences) -> None:
    """Write the sentences of each part."""
    import pandas as pd

    rows = [
        (part, *(" ".join(values) for values in zip(*words, strict=True)))
        for part, annotated in sentences.items()
        for words in annotated
    ]
    with replacing(path) as temporary:
        write_table(pd.DataFrame(rows, columns=COLUMNS), temporary)


def read_annotated(path: Path) -> Sentences:
    """Read the table that `write_annotated` wrote.

    Raises:
        InputError: the file is no such table, or a part has no sentence.
    """
    again = f"Delete it and run {path.parent.name} again."
    try:
        table = read_table(path)
    except ValueError as error:
        raise InputError(
            f"{path}: is not a tab-separated UTF-8 table ({error}). {again}"
        ) from error
    if tuple(table.columns) != COLUMNS:
        raise InputError(
            f"{path}, line 1: columns {', '.join(table.columns)[:200]} found, {', '.join(COLUMNS)} "
            f"expected. {again}"
        )
    sentences: Sentences = {TRAIN: [], HELD_OUT: []}
    for line, row in enumerate(table.itertuples(index=False), 2):
        words = _words(row.words, row.lemmas, row.parts_of_speech)
        if row.part not in sentences or not words:
            raise InputError(
                f"{path}, line {line}: found part {row.part!r:.40} and {len(row.words.split())} "
                f"words; expected {TRAIN} or {HELD_OUT}, and a lemma and part of speech for each "
                f"of one or more words. {again}"
            )
        sentences[row.part].append(words)
    for part, found in sentences.items():
        if not found:
            raise InputError(f"{path}: no sentence of part {part} found, some expected. {again}")
    return sentences


def _words(*columns: str) -> list[Word]:
    values: Sequence[list[str]] = [column.split(" ") for column in columns]
    if len({len(each) for each in values}) != 1 or not all(all(each) for each in values):
        return []
    return [Word(*each) for each in zip(*values, strict=True)]
