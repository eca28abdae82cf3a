"""Checks of captions that need their clips: times within the clip, order, writable characters."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

UNWRITABLE = {
    "Cc": "a control character",
    "Cs": "half of a surrogate pair",
    "Co": "a character of private use",
    "Cn": "an unassigned code point",
}
"""Unicode categories of characters that a file or a tokenizer cannot carry."""
REPLACEMENT = "\ufffd"
"""Character that stands for bytes that could not be read."""
SLACK = 0.05
"""Seconds by which a caption may end after its clip: times are rounded, a frame has 0.04 s."""


def unwritable(text: str) -> str:
    """Describe the first character that a file or a tokenizer cannot carry; "" if there is none.

    >>> unwritable("es regnet"), unwritable("es\\x07regnet")
    ('', 'U+0007, a control character')
    """
    for character in text:
        kind = UNWRITABLE.get(unicodedata.category(character))
        if character == REPLACEMENT:
            kind = "the sign for bytes that could not be read"
        if kind:
            return f"U+{ord(character):04X}, {kind}"
    return ""


def check_captions(captions: pd.DataFrame, path: Path, seconds: Mapping[str, float]) -> None:
    """Check captions against their clips.

    Args:
        captions: a table of `data.captions`; row 0 is line 2 of the file.
        path: the file, for messages.
        seconds: length of each clip.

    Raises:
        InputError: a clip is unknown, a text has a character that cannot be written, a caption ends
            after its clip, or two captions of a clip in one language and of one origin overlap.
    """
    advice = "Correct the row, or take it out."
    last: dict[tuple[str, str, str], tuple[float, float, int]] = {}
    order = captions["start"].fillna(-math.inf).argsort(kind="stable")
    for row in order:
        one = captions.iloc[row]
        where = f"{path}, line {row + 2}, clip '{one['clip']}'"
        if one["clip"] not in seconds:
            raise InputError(
                f"{where}: no such clip is in the manifests, expected one of their {len(seconds)} "
                f"clips. {advice}"
            )
        if found := unwritable(one["text"]):
            raise InputError(
                f"{where}: the text has {found}, expected characters that a file and a tokenizer "
                f"can carry. {advice}"
            )
        length = seconds[one["clip"]]
        timed = not math.isnan(one["start"])
        start, end = (one["start"], one["end"]) if timed else (0.0, length)
        if end > length + SLACK:
            raise InputError(
                f"{where}: the caption ends at {end:g} s, after its clip, which has {length:g} s. "
                f"{advice}"
            )
        key = (one["clip"], one["language"], one["origin"])
        before = last.get(key)
        if before is not None and start < before[1]:
            raise InputError(
                f"{where}: the caption ({start:g} to {end:g} s) overlaps that of line "
                f"{before[2] + 2} ({before[0]:g} to {before[1]:g} s), which has the same language "
                f"and origin; expected one after the other. {advice}"
            )
        last[key] = (start, end, int(row))


def check_languages(path: Path, found: Iterable[str], languages: Sequence[str]) -> None:
    """Raise InputError if text is in a language that the settings do not name."""
    if unknown := sorted({*found} - {*languages}):
        raise InputError(
            f"{path}: text in {', '.join(unknown)} found, expected {', '.join(languages)}. "
            "Add the language to make_captions' further_languages, or take the text out."
        )


def check_parallel(path: Path, table: pd.DataFrame) -> None:
    """Raise InputError if parallel text has a character that cannot be written, or one language."""
    for row, texts in enumerate(table.to_dict("records"), 2):
        for language, text in texts.items():
            if found := unwritable(text):
                raise InputError(
                    f"{path}, line {row}, {language}: the text has {found}, expected characters "
                    "that a file and a tokenizer can carry. Correct the line."
                )
        if sum(map(bool, texts.values())) < 2:
            raise InputError(
                f"{path}, line {row}: text in fewer than two languages found, expected two or "
                "more. Fill the line in, or take it out."
            )
