"""The plan of an avatar corpus that signs the glosses of another corpus."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sign2text.avatar.corpus import Clip, Corpus
from sign2text.avatar.glosses import GlossSigns
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_AT_MOST = 5
"""Maximum number of ids in a message."""


def plan_sentences(
    tables: Mapping[str, pd.DataFrame], *, source: str, language: str, seed: int
) -> Corpus:
    """Plan all clips of `tables` (a table per split); id, text, signer and glosses stay the same.

    Each gloss, a word between spaces, is one sign. The monolingual sentences are the different ones
    of the training split. `source` names the corpus in messages.

    Raises InputError for a clip without glosses or text, a duplicate id, and an id that cannot name
    a file.
    """
    _check_ids(tables, source)
    for split, table in tables.items():
        for column in ("gloss", "text"):
            _check_filled(table, column, source, split)
    glosses = {
        gloss for table in tables.values() for line in table["gloss"] for gloss in line.split()
    }
    signs = GlossSigns(glosses)
    clips = {
        split: [
            Clip(
                id=row.id,
                split=split,
                meaning=None,
                tokens=tuple(signs.token(gloss) for gloss in row.gloss.split()),
                signer=row.signer,
                seed=clip_seed(seed, row.id),
                texts={language: row.text},
                phrasings={language: []},
            )
            for row in table.itertuples()
        ]
        for split, table in tables.items()
    }
    return Corpus(clips, {language: list(dict.fromkeys(tables["train"]["text"]))})


def clip_seed(seed: int, clip: str) -> int:
    """Return the seed of a clip's motion.

    It depends on the id, so that it stays the same when clips are added or removed.
    """
    return int.from_bytes(hashlib.blake2b(f"{seed} {clip}".encode(), digest_size=4).digest())


def _check_ids(tables: Mapping[str, pd.DataFrame], source: str) -> None:
    seen: dict[str, str] = {}
    for split, table in tables.items():
        for clip in table["id"]:
            if clip in seen:
                raise InputError(
                    f"{source}, {split}: id '{clip}' stands in {seen[clip]} already; each clip "
                    "becomes a video of that name, so rename or take out one of them"
                )
            # An id of folders and a name, such as train/day1, must stay within the videos' folder.
            if any(not part or part.startswith(".") for part in re.split(r"[/\\]", clip)):
                raise InputError(
                    f"{source}, {split}: id '{clip}' cannot name a video file; expected a name, or "
                    "folders and a name with / between them, none of which is empty or begins "
                    "with a point: rename the clip"
                )
            seen[clip] = split


def _check_filled(table: pd.DataFrame, column: str, source: str, split: str) -> None:
    empty = table["id"][table[column].str.strip() == ""].tolist()
    if empty:
        more = f" and {len(empty) - _AT_MOST} more" if len(empty) > _AT_MOST else ""
        raise InputError(
            f"{source}, {split}: {len(empty)} of {len(table)} clips have no {column}: "
            f"{', '.join(empty[:_AT_MOST])}{more}. The avatar signs glosses and needs a text for "
            "each clip: fill them in, or take these rows out of the annotations"
        )
