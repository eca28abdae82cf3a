"""Sentences of FLEURS in many written languages, by their number.

Conneau et al., FLEURS, arXiv 2205.12446. Its tables have no header and the tab-separated columns
number, audio file, transcript as written, transcript in lower case, its characters, number of
samples, and the speaker's gender. A number means the same sentence in every language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sign2text.data.annotation_file import read_lines, shortened
from sign2text.data.text_form import composed
from sign2text.ground.errors import InputError

_CODES = {"cmn_hans_cn": "zh", "yue_hant_hk": "yue"}
"""Codes of written languages whose configuration does not begin with them."""
_CONFIG = re.compile(r"(?P<code>[a-z]{2,3})(?:_[a-z0-9]+)+")
_LETTERS = re.compile(r"[^\w]+")
_FIELDS = 7
ENGLISH = "en"


def language_of(config: str) -> str | None:
    """Return the language of a configuration of FLEURS, or None if the name is no such.

    >>> language_of("de_de"), language_of("cmn_hans_cn"), language_of("notes")
    ('de', 'zh', None)
    """
    match = _CONFIG.fullmatch(config)
    return _CODES.get(config, match["code"]) if match else None


def read_fleurs(folder: Path) -> dict[str, dict[int, str]]:
    """Read the sentences of all languages in a folder: language -> number -> text.

    A language is `<config>.tsv`, or a folder `<config>` with a .tsv for each split.

    Raises InputError with file and line if a table has another form.
    """
    found: dict[str, dict[int, str]] = {}
    for path in sorted([*folder.glob("*.tsv"), *folder.glob("*/*.tsv")]):
        config = path.stem if path.parent == folder else path.parent.name
        if (language := language_of(config)) is not None:
            found.setdefault(language, {}).update(_read_table(path))
    return found


def _read_table(path: Path) -> dict[int, str]:
    """Read a table; a sentence that several speakers read is the same each time."""
    found = {}
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        fields = line.split("\t")
        if len(fields) != _FIELDS or not fields[0].strip().isdigit():
            raise InputError(
                f"{path}, line {number}: found {shortened(line)}, expected {_FIELDS} fields "
                "separated by tabs, the first a number: the form of FLEURS's tables. Fetch it "
                "again."
            )
        found[int(fields[0])] = composed(fields[2])
    return found


def check_numbers(path: Path, texts: Mapping[int, str], english: Mapping[int, str]) -> None:
    """Raise InputError if a table's sentences are mostly not FLEURS's of the same numbers.

    Args:
        path: the table, for messages.
        texts: English sentence by number, from the table.
        english: the same from FLEURS.
    """
    shared = [number for number in texts if number in english]
    other = [n for n in shared if _letters(texts[n]) != _letters(english[n])]
    if 2 * len(other) > len(shared):
        first = other[0]
        raise InputError(
            f"{path}: {len(other)} of {len(shared)} sentences differ from FLEURS's English ones of "
            f"the same number; number {first}: found {shortened(texts[first])}, FLEURS has "
            f"{shortened(english[first])}. The column does not hold FLEURS's numbers: name the "
            "right one as make_manifest's fleurs_asl.sentence."
        )


def _letters(text: str) -> str:
    return _LETTERS.sub("", text).casefold()
