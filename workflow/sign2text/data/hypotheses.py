"""The hypotheses of a split: a table that decode writes and score reads.

Tab-separated, with a row per clip and run. Columns: `run` (0, or the number of a permutation of the
blind control), `id`, `video` (id of the clip that supplied the video), `score` (length-normalised
log-probability of the beam), `hypothesis`, and `gloss` if the method writes glosses too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.manifest import read_table, write_table
from sign2text.data.text_form import nfc
from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["run", "id", "video", "score", "hypothesis"]
GLOSS = "gloss"
MOST_RUNS = 1000  # permutations of the blind control; 20 are usual
_RUN = re.compile(r"[0-9]{1,6}")


def write_hypotheses(path: Path, table: pd.DataFrame) -> None:
    """Write the columns COLUMNS of a table, and GLOSS if it has one."""
    columns = [*COLUMNS, *(name for name in (GLOSS,) if name in table)]
    with replacing(path) as temporary:
        write_table(table[columns], temporary)


def read_hypotheses(path: Path, ids: Sequence[str]) -> list[pd.DataFrame]:
    """Read the runs in order, each a complete table of text by clip in the order of `ids`.

    Hypotheses and glosses are converted to NFC like the texts of manifests, since other programs
    may have written the file.

    Raises:
        InputError: a column is missing, or a run has missing, unknown or duplicate clips.
    """
    try:
        table = read_table(path)
    except ValueError as error:  # covers pandas' own errors and UnicodeDecodeError
        raise InputError(
            f"{path}: is not a tab-separated UTF-8 table ({error}). Delete it and run decode again."
        ) from error
    if missing := sorted(set(COLUMNS) - set(table.columns)):
        raise InputError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)[:200]}. Run "
            "decode again."
        )
    if wrong := [run for run in dict.fromkeys(table["run"]) if not _RUN.fullmatch(run)]:
        raise InputError(
            f"{path}: run is {wrong[0][:40]!r}, expected a number. Delete it and run decode again."
        )
    table = table.assign(
        **{name: table[name].map(nfc) for name in ("hypothesis", GLOSS) if name in table}
    )
    runs = sorted(set(table["run"]), key=int)
    if len(runs) > MOST_RUNS:
        raise InputError(
            f"{path}: {len(runs)} runs found, at most {MOST_RUNS} expected. Delete it and run "
            "decode again."
        )
    return [_check_run(table[table["run"] == run], ids, path) for run in runs]


def _check_run(part: pd.DataFrame, ids: Sequence[str], path: Path) -> pd.DataFrame:
    found = part["id"].tolist()
    missing, foreign = sorted(set(ids) - set(found)), sorted(set(found) - set(ids))
    if missing or foreign or len(found) != len(ids):
        raise InputError(
            f"{path}: {len(found)} hypotheses found for {len(ids)} clips; missing: {missing[:3]}, "
            f"not in the manifest: {foreign[:3]}. A shorter list would be another score; run "
            "decode again."
        )
    return part.set_index("id").loc[list(ids)]
