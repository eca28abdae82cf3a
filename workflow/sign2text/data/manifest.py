"""The manifest: a tab-separated table per split, a row per clip, input of every method."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.files import check_end
from sign2text.ground.memory import enough_memory
from sign2text.untrusted.names import check_ids

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "id": "str",
    "video": "str",
    "frames": "int",
    "fps": "float",
    "signer": "str",
    "text": "str",
    "gloss": "str",
    "language": "str",
    "phrasings": "list",
}
"""Columns and their types. `video` is relative to the workflow's folder; `gloss` may be empty;
`phrasings` are other correct sentences of the same meaning (JSON in the file, lists in tables)."""
FILLED = ("id", "video", "signer", "text", "language")
"""Columns that must not be empty."""
_QUOTE_NONE = 3
_MOST_COLUMNS, _LONGEST_HEADER = 500, 2**16


def read_manifest(path: Path) -> pd.DataFrame:
    """Read and check a split's table; row 0 is line 2 of the file.

    Raises InputError on a missing column, a duplicate id, an empty text, a value of the wrong type,
    or no clips. It names the file, the line, the found and expected values, and what to do.
    """
    path = Path(path)
    table = _read_table(path)
    _check_columns(path, list(table.columns))
    table = table[list(COLUMNS)]
    if table.empty:
        raise InputError(f"{path}: holds no clip, expected one or more rows; make it again")
    for column in FILLED:
        for row in table.index[table[column].str.strip() == ""]:
            raise InputError(
                f"{path}, line {row + 2}, clip '{table['id'][row]}': {column} is empty. Every clip "
                f"needs one: fill it in, or take the row out."
            )
    check_ids(path, table["id"].set_axis(table.index + 2))
    _check_videos(path, table)
    return table.assign(
        frames=_numbers(path, table, "frames", whole=True),
        fps=_numbers(path, table, "fps", whole=False),
        phrasings=read_phrasings(path, table.set_axis(table.index + 2)),
    )


def write_manifest(frame: pd.DataFrame, path: Path) -> None:
    """Write a split's table; read it back as a check before moving it into place."""
    from sign2text.ground.files import replacing

    missing = [column for column in COLUMNS if column not in frame]
    if missing:
        raise InputError(f"{path}: the table to be written has no column {', '.join(missing)}")
    table = frame[list(COLUMNS)].assign(
        phrasings=[json.dumps(list(each), ensure_ascii=False) for each in frame["phrasings"]]
    )
    path = Path(path)
    for column in table:
        broken = table[column].astype(str).str.contains("[\t\r\n]")
        if broken.any():
            row = broken.idxmax()
            raise InputError(
                f"{path}, clip '{table['id'][row]}': {column} holds a tab or a line break, "
                f"found {table[column][row]!r}; replace it by a blank"
            )
    with replacing(path) as temporary:
        write_table(table, temporary)
        try:
            read_manifest(temporary)
        except InputError as error:
            raise InputError(str(error).replace(str(temporary), str(path))) from error


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table tab-separated, in UTF-8, unquoted, with LF line ends on every system."""
    table.to_csv(
        path, sep="\t", index=False, quoting=_QUOTE_NONE, quotechar=None, lineterminator="\n"
    )


def read_table(path: Path) -> pd.DataFrame:
    """Read a table that `write_table` wrote, every value as text, empty ones as "".

    Raises InputError if the last line has no end: the file was truncated, maybe within a value.
    Raises MemoryShortError if memory runs out.
    """
    import pandas as pd

    check_end(path)
    with path.open("rb") as file:
        header = file.readline(_LONGEST_HEADER)
    if header.count(b"\t") >= _MOST_COLUMNS or len(header) == _LONGEST_HEADER:
        raise pd.errors.ParserError(f"more than {_MOST_COLUMNS} columns or a header without end")
    with enough_memory(path):
        return pd.read_csv(
            path, sep="\t", quoting=_QUOTE_NONE, dtype=str, keep_default_na=False, na_filter=False,
            encoding="utf-8", index_col=False, lineterminator="\n",
        )  # fmt: skip


def _read_table(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return read_table(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such manifest; make it with the rule make_manifest") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: is not a tab-separated UTF-8 table with a header ({error}); delete it and "
            "make it again"
        ) from error


def _check_columns(path: Path, found: list[str]) -> None:
    missing = [column for column in COLUMNS if column not in found]
    if missing:
        raise InputError(
            f"{path}, line 1: missing column {', '.join(missing)}; found {', '.join(found)}; "
            f"expected {', '.join(COLUMNS)}, separated by tabs. Add it, or make the manifest again."
        )


def _check_videos(path: Path, table: pd.DataFrame) -> None:
    """Raise InputError if a manifest in the working folder names videos outside it.

    Such a manifest may have been pulled, so its paths are not trusted. Control characters are
    refused in every manifest.
    """
    here, videos = Path.cwd(), table["video"]
    joined = "\n" + "\n".join(videos.tolist())
    odd = not "".join(videos.tolist()).isprintable()
    if not odd and not any(each in joined for each in ("\n/", "\n..", "/..")):
        return
    inside = path.absolute().is_relative_to(here) or path.resolve().is_relative_to(here.resolve())
    for row in videos.index:
        control = any(character < " " for character in videos[row])
        far = inside and not Path(os.path.normpath(here / videos[row])).is_relative_to(here)
        if control or far:
            raise InputError(
                f"{path}, line {row + 2}, clip '{table['id'][row]}': video is "
                f"{videos[row]!r}, expected a path below the working folder. Make the manifest "
                "again with make_manifest."
            )


def _numbers(path: Path, table: pd.DataFrame, column: str, *, whole: bool) -> pd.Series:
    import pandas as pd

    numbers = pd.to_numeric(table[column], errors="coerce")
    good = (numbers > 0) & (numbers < 2**31)
    if whole:
        good &= numbers % 1 == 0
    if not good.all():
        row = good.idxmin()
        raise InputError(
            f"{path}, line {row + 2}, clip '{table['id'][row]}': {column} is "
            f"{table[column][row]!r}, expected a {'whole ' if whole else ''}number above 0. "
            "Correct it, or take the row out."
        )
    return numbers.astype("int64" if whole else "float64")


def read_phrasings(path: Path, table: pd.DataFrame, column: str = "phrasings") -> list[list[str]]:
    """Read a column of JSON lists of sentences; the index of `table` holds line numbers.

    Raises InputError that names the line of the first invalid value.
    """
    parsed = []
    for line, value in table[column].items():
        if value == "[]":  # in all corpora except the avatar's
            parsed.append([])
            continue
        try:
            sentences = json.loads(value)
        except (ValueError, RecursionError):  # also for a number of thousands of digits
            sentences = None
        if not isinstance(sentences, list) or not all(isinstance(s, str) for s in sentences):
            raise InputError(
                f"{path}, line {line}, clip '{table['id'][line]}': {column} is {value[:80]!r}, "
                'expected a JSON list of sentences such as ["..."], or [] when there are none'
            )
        parsed.append(sentences)
    return parsed
