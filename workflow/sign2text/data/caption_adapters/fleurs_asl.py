"""FLEURS-ASL: sentences of FLORES and FLEURS in American Sign Language. See docs/fleurs_asl.md.

Tanzer, FLEURS-ASL: Including American Sign Language in Massively Multilingual Multitask
Evaluation, arXiv 2408.13585. The names of its columns could not be verified: they are settings.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.data.adapters import table
from sign2text.data.annotation_file import read_numbers
from sign2text.data.clip_table import FROM_VIDEO, clip_table, sentences_once
from sign2text.data.fleurs_texts import ENGLISH, check_numbers, read_fleurs
from sign2text.data.splits import SPLITS
from sign2text.data.spreadsheet import read_spreadsheet
from sign2text.ground.errors import InputError
from sign2text.untrusted.names import check_ids, place_below

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUBLISHED", "REQUIRED", "SPLITS", "annotations_of", "find_root", "read_captions",
           "read_monolingual", "read_split"]  # fmt: skip

REQUIRED = table.REQUIRED
PUBLISHED: dict[str, dict[str, int]] = {}
"""Empty: the counts by split are not known here."""
find_root = table.find_root


def annotations_of(corpus: Path, split: str, settings: Any) -> Path:
    """Find the table that `table.file` names. Raises InputError if it is missing."""
    return table.annotations_of(corpus, split, settings)


def read_split(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read a split's clips (`data.clip_table`): sentences, or the documents that they make.

    Raises InputError if a column is missing, a time is no number, an id is duplicate, a split is
    unknown, or no line is of the split.
    """
    path = annotations_of(corpus, split, settings)
    clips = _clips(path, split, settings)
    return clip_table(
        ids=clips["id"],
        videos=clips["video"],
        fps=FROM_VIDEO,
        signers=clips["signer"],
        texts=clips["text"],
        glosses="",
        language=settings.language,
        mend_mojibake=settings.mend_mojibake,
    )


def read_captions(corpus: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the clips' texts in FLEURS's other languages: clip, language, text, start, end, origin.

    A document is left out in a language that lacks one of its sentences.

    Raises InputError if the sentences' numbers are not FLEURS's (`check_numbers`), or a table of
    FLEURS is damaged.
    """
    import pandas as pd

    path, names = annotations_of(corpus, split, settings), settings.fleurs_asl
    rows = _read(path, split, settings)
    if names.sentence not in rows:
        raise InputError(
            f"{path}, line 1: missing column {names.sentence}, which has FLEURS's number of each "
            "sentence; without it there is no text in other languages. Name the column as "
            "make_manifest's fleurs_asl.sentence."
        )
    numbers = read_numbers(path, rows[names.sentence]).astype("int64")
    texts = read_fleurs(path.parent / names.texts)
    check_numbers(
        path, dict(zip(numbers, rows[settings.table.text], strict=True)), texts.pop(ENGLISH, {})
    )
    found = []
    for clip, group in numbers.groupby(rows["_clip"], sort=False):
        for language, by_number in texts.items():
            sentences = [by_number.get(number, "") for number in group]
            if all(sentences):
                found.append((clip, language, " ".join(sentences), "", "", "human"))
    columns = ["clip", "language", "text", "start", "end", "origin"]
    return pd.DataFrame(found, columns=columns, dtype=str)


def read_monolingual(corpus: Path, settings: Any) -> list[str]:
    """List the distinct training sentences: the corpus has no other text."""
    return sentences_once(read_split(corpus, "train", settings))


def _read(path: Path, split: str, settings: Any) -> pd.DataFrame:
    """Read the lines of a split with the columns _clip, _start and _end, NaN without times.

    The lines of documents are in order of time.
    """
    names, further = settings.table, settings.fleurs_asl
    needed = [names.id, names.path, names.text, names.split]
    optional = [names.signer, further.sentence]
    is_document = further.level == "document"
    (needed if is_document else optional).extend((further.start, further.end))
    if is_document:
        needed.append(further.document)
    found = read_spreadsheet(path, needed, optional, {names.split: table.SPLIT_NAMES})
    check_ids(path, found[names.id])
    splits = found[names.split].str.lower().map(table.SPLIT_NAMES)
    if splits.isna().any():
        line = splits.isna().idxmax()
        raise InputError(
            f"{path}, line {line}: {names.split} is '{found[names.split][line]}', expected train, "
            "dev (or val, valid, validation) or test. Correct it."
        )
    rows = found[splits == split]
    if rows.empty:
        raise InputError(
            f"{path}: no line is of the split {split} in column {names.split}. Name a column with "
            "all three splits as make_manifest's table.split."
        )
    if not is_document:
        return _with_times(path, rows, further).assign(_clip=rows[names.id])
    stems = rows[names.path].str.rpartition(".")[0].str.replace("/", "-")
    clips = rows[further.document] + "/" + stems
    rows = _with_times(path, rows, further).assign(_clip=clips)
    return rows.sort_values("_start", kind="stable")


def _with_times(path: Path, rows: pd.DataFrame, further: Any) -> pd.DataFrame:
    """Add _start and _end in seconds; NaN if the table has no such columns."""
    if further.start not in rows or further.end not in rows:
        return rows.assign(_start=math.nan, _end=math.nan)
    starts, ends = (read_numbers(path, rows[name]) for name in (further.start, further.end))
    if (backwards := ends <= starts).any():
        line = backwards.idxmax()
        raise InputError(
            f"{path}, line {line}: {further.end} is {ends[line]:g}, expected more than "
            f"{further.start}, {starts[line]:g}. Correct the times."
        )
    return rows.assign(_start=starts, _end=ends)


def _clips(path: Path, split: str, settings: Any) -> pd.DataFrame:
    """Build a table of id, video with times, signer and text, a row per clip."""
    names = settings.table
    rows = _read(path, split, settings)
    signers = rows[names.signer] if names.signer in rows else rows[names.path].map(lambda _: "")
    places = place_below(path, path.parent, rows[names.path])
    rows = rows.assign(_signer=signers.replace("", table.UNKNOWN_SIGNER), _place=places)
    found = rows.groupby("_clip", sort=False).agg(
        video=("_place", "first"),
        signer=("_signer", "first"),
        text=(names.text, " ".join),
        start=("_start", "min"),
        end=("_end", "max"),
    )
    parts = [
        row.video if math.isnan(row.start) else f"{row.video}#t={row.start:.6g},{row.end:.6g}"
        for row in found.itertuples()
    ]
    return found.assign(id=found.index, video=parts)
