"""The table of glosses that a recogniser found in a split's clips, tab-separated: `id`, `gloss`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.manifest import read_table, write_table
from sign2text.data.text_form import nfc
from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "gloss")


def write_recognised(path: Path, ids: Sequence[str], lines: Sequence[str]) -> None:
    """Write a line of glosses, separated by single spaces, for each of the clips `ids`."""
    import pandas as pd

    with replacing(path) as temporary:
        write_table(pd.DataFrame({"id": [*ids], "gloss": [*lines]}), temporary)


def read_recognised(path: Path, ids: Sequence[str]) -> pd.Series:
    """Read the lines of glosses in NFC by clip, in the order of `ids`; ignore further columns.

    Raises:
        InputError: the file is not a table with these columns, or has missing, unknown or
            duplicate clips.
    """
    try:
        table = read_table(path)
    except ValueError as error:  # covers pandas' own errors and UnicodeDecodeError
        raise InputError(
            f"{path}: is not a tab-separated UTF-8 table ({error}). Delete it and make it again."
        ) from error
    if missing := [name for name in COLUMNS if name not in table]:
        raise InputError(
            f"{path}, line 1: no column {', '.join(missing)}; found "
            f"{', '.join(table.columns)[:200]}. Delete it and make it again."
        )
    found = table["id"].tolist()
    lacking, foreign = sorted(set(ids) - set(found)), sorted(set(found) - set(ids))
    if lacking or foreign or len(found) != len(ids):
        raise InputError(
            f"{path}: {len(found)} lines of glosses found for {len(ids)} clips; missing: "
            f"{lacking[:3]}, not in the manifest: {foreign[:3]}. Delete it and make it again."
        )
    return table.set_index("id")["gloss"].map(nfc).loc[list(ids)]
