"""The manifest: one tab-separated table a split, a row a clip, that every method starts from."""

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
`phrasings` are other true sentences of the same meaning (JSON in the file, a list in the table)."""
FILLED = ("id", "video", "signer", "text", "language")
"""Columns that must not be empty."""
_QUOTE_NONE = 3
_MOST_COLUMNS, _LONGEST_HEADER = 500, 2**16


def read_manifest(path: Path) -> pd.DataFrame:
    """The table of a split, checked; row 0 is line 2 of the file.

    Raises InputError that names the file, the line, what was found, what was expected and what to
    do: a missing column, a duplicated id, an empty text, a value of the wrong type, no clips.
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
    """Write a split's table; it is checked by reading it back before it is put in place."""
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
    """Tab-separated, UTF-8, unquoted, lines ended by a newline on every system."""
    table.to_csv(
        path, sep="\t", index=False, quoting=_QUOTE_NONE, quotechar=None, lineterminator="\n"
    )


def read_table(path: Path) -> pd.DataFrame:
    """What `write_table` wrote, every value as text, empty ones as "".

    Raises InputError where the last line has no end: the file was cut, and a value with it. Raises
    MemoryShortError where memory runs out.
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
    """A manifest in the working folder names clips in it: it may have been pulled."""
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
    """Read a column of JSON lists of sentences; the index of `table` is the lines' numbers.

    Raises InputError that names the line of what is no such list.
    """
    parsed = []
    for line, value in table[column].items():
        if value == "[]":  # as of all corpora but the avatar
            parsed.append([])
            continue
        try:
            sentences = json.loads(value)
        except (ValueError, RecursionError):  # also a number of thousands of digits
            sentences = None
        if not isinstance(sentences, list) or not all(isinstance(s, str) for s in sentences):
            raise InputError(
                f"{path}, line {line}, clip '{table['id'][line]}': {column} is {value[:80]!r}, "
                'expected a JSON list of sentences such as ["..."], or [] when there are none'
            )
        parsed.append(sentences)
    return parsed
