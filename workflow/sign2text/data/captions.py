"""Captions of clips in written languages, joined clips, and parallel text, as tab-separated tables.

- captions: `clip`, `language`, `text`, `start` and `end` in seconds (both empty: the whole clip),
  `origin` (`human`, or `machine:<model>`); a clip may have several rows
- joined clips: `joined`, `number`, `clip`, `start`, `end`: the clips that one long clip joins
- parallel text: a column a language code, a row a meaning
- languages.json: `sign_language`, the data set's `own` written language, and all `languages`
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.manifest import read_table, write_table
from sign2text.data.text_form import composed
from sign2text.ground.errors import InputError
from sign2text.ground.files import read_json, replacing

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("clip", "language", "text", "start", "end", "origin")
JOINED = ("joined", "number", "clip", "start", "end")
_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ORIGIN = re.compile(r"human|machine:\S+")
_ADVICE = "Correct the row, or delete the file and run make_captions again."


@dataclass(frozen=True)
class Languages:
    """Languages of a data set, by their codes."""

    sign_language: str
    own: str
    """Written language of the data set's own captions."""
    languages: list[str]
    """All written languages that clips are translated into."""


def write_captions(captions: pd.DataFrame, path: Path) -> None:
    """Write a table with COLUMNS; missing times are empty."""
    _write(captions, COLUMNS, path)


def read_captions(path: Path) -> pd.DataFrame:
    """Read a table of captions; `start` and `end` are seconds, NaN for the whole clip.

    Raises:
        InputError: a column is missing; a text is empty; a code, an origin or a time is invalid; a
            caption ends before it starts.
    """
    table = _read(path, COLUMNS)
    table = table.assign(text=table["text"].map(composed), **_times(table, path, empty=True))
    for row, (clip, text, code, origin) in enumerate(
        zip(table["clip"], table["text"], table["language"], table["origin"], strict=True), start=2
    ):
        where = f"{path}, row {row}, clip '{clip}'"
        if not text:
            raise InputError(f"{where}: the caption is empty, text expected. {_ADVICE}")
        for name, value, form in (("language", code, _CODE), ("origin", origin, _ORIGIN)):
            if not form.fullmatch(value):
                raise InputError(
                    f"{where}: {name} is {value[:40]!r}, expected "
                    f"{'a code such as de' if name == 'language' else 'human or machine:<model>'}. "
                    f"{_ADVICE}"
                )
    return table[[*COLUMNS]]


def write_joined(joined: pd.DataFrame, path: Path) -> None:
    """Write a table with the columns JOINED."""
    _write(joined, JOINED, path)


def read_joined(path: Path) -> pd.DataFrame:
    """Read the clips that long clips join; `number` is a whole number, times are seconds.

    Raises:
        InputError: a column is missing, or a number is invalid.
    """
    table = _read(path, JOINED)
    for row, number in enumerate(table["number"], start=2):
        if not re.fullmatch(r"[0-9]{1,9}", number):
            raise InputError(
                f"{path}, row {row}: number is {number[:40]!r}, expected a whole number. {_ADVICE}"
            )
    times = _times(table, path, empty=False)
    return table.assign(number=table["number"].astype(int), **times)[[*JOINED]]


def write_parallel(parallel: pd.DataFrame, path: Path) -> None:
    """Write parallel text: a column a language, a row a meaning."""
    _write(parallel, [*parallel.columns], path)


def read_parallel(path: Path) -> pd.DataFrame:
    """Read parallel text; a cell is empty where a meaning lacks a language.

    Raises:
        InputError: a column is no language code.
    """
    table = _read(path, ())
    for code in table.columns:
        if not _CODE.fullmatch(code):
            raise InputError(
                f"{path}, line 1: column {code[:40]!r} found, expected language codes such as de. "
                f"{_ADVICE}"
            )
    return table.map(composed)


def write_languages(path: Path, languages: Languages) -> None:
    """Write languages.json."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(vars(languages)) + "\n", encoding="utf-8")


def read_languages(path: Path) -> Languages:
    """Read languages.json.

    Raises:
        InputError: a key is missing or of another type.
    """
    found = read_json(path, advice=_ADVICE)
    kinds = {"sign_language": str, "own": str, "languages": list}
    if not isinstance(found, dict) or any(
        not isinstance(found.get(key), kind) for key, kind in kinds.items()
    ):
        raise InputError(
            f"{path}: expected {', '.join(kinds)}, found {str(found)[:200]}. {_ADVICE}"
        )
    return Languages(found["sign_language"], found["own"], [*map(str, found["languages"])])


def _write(table: pd.DataFrame, columns: Sequence[str], path: Path) -> None:
    text = table[[*columns]].map(
        lambda value: "" if value is None or value != value else str(value)
    )
    with replacing(path) as temporary:
        write_table(text, temporary)


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        table = read_table(path)
    except ValueError as error:  # covers pandas' own errors and UnicodeDecodeError
        raise InputError(
            f"{path}: is not a tab-separated UTF-8 table ({error}). {_ADVICE}"
        ) from error
    if missing := [name for name in columns if name not in table]:
        raise InputError(
            f"{path}, line 1: no column {', '.join(missing)}; found "
            f"{', '.join(table.columns)[:200]}. {_ADVICE}"
        )
    return table


def _times(table: pd.DataFrame, path: Path, *, empty: bool) -> dict[str, list[float]]:
    """Return `start` and `end` in seconds; without `empty`, each row must have both."""
    found: dict[str, list[float]] = {"start": [], "end": []}
    for row, texts in enumerate(zip(table["start"], table["end"], strict=True), start=2):
        if empty and texts == ("", ""):
            times = [math.nan, math.nan]
        else:
            try:
                times = [*map(float, texts)]
            except ValueError:
                times = []
            if not times or not all(map(math.isfinite, times)) or not 0 <= times[0] < times[1]:
                clip = table["clip"].iloc[row - 2]
                raise InputError(
                    f"{path}, row {row}, clip '{clip}': start {texts[0][:20]!r} and end "
                    f"{texts[1][:20]!r} found, expected seconds from 0, the start before "
                    f"the end. {_ADVICE}"
                )
        for name, time in zip(found, times, strict=True):
            found[name].append(time)
    return found
