"""Write the table of parts for the adapter `table`, or add rows to an existing one."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.spreadsheet import read_header, read_spreadsheet
from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Clip:
    """A row of the table, with a field per column."""

    path: str
    text: str
    split: str
    gloss: str
    signer: str
    id: str


COLUMNS = tuple(field.name for field in fields(Clip))


def write_clips(output: Path, clips: Sequence[Clip], *, append: bool) -> int:
    """Write a new table, or add the rows to the old one; write all or nothing.

    Returns:
        the number of rows in the table.

    Raises InputError if the table exists and `append` is false, if it lacks a required column, or
    if it has an id column and already holds the same text for the same part.
    """
    if not output.exists():
        rows = [dict(zip(COLUMNS, astuple(clip), strict=True)) for clip in clips]
        _write(output, b"", COLUMNS, ",", rows)
        return len(rows)
    if not append:
        raise InputError(
            f"{output}: is there already. Add to it with --append, name another --output, or "
            "delete it first."
        )
    table = read_spreadsheet(output, ("path", "text", "split"), COLUMNS)
    names, separator = read_header(output)
    # The existing header may differ in case.
    header = [name.lower() if name.lower() in COLUMNS else name for name in names]
    rows = [dict(zip(COLUMNS, astuple(clip), strict=True)) for clip in clips]
    used = [name for name in COLUMNS if any(row[name] for row in rows)]
    if missing := [name for name in used if name not in header]:
        raise InputError(
            f"{output}: missing column {', '.join(missing)}, which the new rows need; found "
            f"{', '.join(filter(None, header))[:200]}. Add it to the header and to each line, with "
            "empty fields, or name another --output."
        )
    if "id" in table:
        rows = [_with_id(output, row, table, names) for names in [set(table["id"])] for row in rows]
    old = output.read_bytes()
    _write(output, old, header, separator, rows)
    return len(table) + len(rows)


def _with_id(
    output: Path, row: dict[str, str], table: pd.DataFrame, names: set[str]
) -> dict[str, str]:
    """Return a new row with an id that is not in `names`, and add the id to `names`.

    Ids may collide because two people may sign at once. Raises InputError if the table already has
    the same text for the same part.
    """
    same = table[(table["path"] == row["path"]) & (table["text"] == row["text"])]
    if len(same):
        raise InputError(
            f"{output}, line {same.index[0]}: has the clip {row['id']!r} already, so the same "
            "annotations may have been imported before. Delete those lines, or leave the file out."
        )
    name, number = row["id"], 1
    while name in names:
        number += 1
        name = f"{row['id']}_{number}"
    names.add(name)
    return row | {"id": name}


def _write(
    output: Path, old: bytes, header: Sequence[str], separator: str, rows: Sequence[dict[str, str]]
) -> None:
    end = "\r\n" if b"\r\n" in old else "\n"
    buffer = io.StringIO()
    writer = csv.DictWriter(
        buffer, header, delimiter=separator, lineterminator=end, restval="", extrasaction="ignore"
    )
    if not old:
        writer.writeheader()
    elif not old.endswith(b"\n"):
        buffer.write(end)
    writer.writerows(rows)
    with replacing(output) as temporary:
        temporary.write_bytes(old + buffer.getvalue().encode())
