"""Glosses of a split's clips, for stages that require them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sign2text.data.manifest import read_manifest
from sign2text.data.recognised_glosses import COLUMNS, read_recognised
from sign2text.data.text_form import composed
from sign2text.ground.errors import InputError
from sign2text.ground.files import reading

SHOWN = 3
"""Maximum number of clips that a message names."""
LONGEST_HEADER = 2**16


def read_glosses(manifest: Path, ids: Sequence[str] | None = None) -> list[str]:
    """Return the line of glosses of each clip in `ids`, or of all clips in order; none is empty.

    Lines are in NFC, with one space between glosses, as from `data.text_form.composed`.

    Raises:
        InputError: a clip has no glosses or is not in the manifest.
    """
    rows = read_manifest(manifest)
    lines = rows["gloss"].map(composed)
    if not lines.any():
        raise InputError(
            f"{manifest}: column gloss is empty in all of its {len(rows)} clips, expected the "
            "glosses of each. This corpus has none: choose a data set that has, or an experiment "
            "that needs no glosses."
        )
    empty = lines.index[lines == ""]
    if len(empty):
        named = ", ".join(f"'{rows['id'][row]}' (line {row + 2})" for row in empty[:SHOWN])
        raise InputError(
            f"{manifest}: column gloss is empty in {len(empty)} of {len(rows)} clips, the first of "
            f"them {named}; expected the glosses of each. Fill them in, or leave the clips out."
        )
    of_clip = dict(zip(rows["id"], lines, strict=True))
    if ids is None:
        return list(of_clip.values())
    if missing := [clip for clip in ids if clip not in of_clip]:
        raise InputError(
            f"{manifest}: no clip '{missing[0]}', nor {len(missing) - 1} others that are "
            "needed. Give the manifest of the same split."
        )
    return [of_clip[clip] for clip in ids]


def glosses_to_translate(path: Path, ids: Sequence[str]) -> list[str]:
    """Return the line of glosses of each clip from a manifest or a table of recognised glosses.

    A recogniser may find no glosses in a clip: its line is empty.

    Raises:
        InputError: as `read_glosses` and `read_recognised`.
    """
    with reading(path), path.open(encoding="utf-8") as file:
        columns = file.readline(LONGEST_HEADER).rstrip("\r\n").split("\t")
    if tuple(columns) == COLUMNS:
        return read_recognised(path, ids).tolist()
    return read_glosses(path, ids)
