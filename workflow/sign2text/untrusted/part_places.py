"""Frozen parts named by a model's config.json: places inside the project, and hashes.

The file may come from anybody. Nothing at a place is opened before the place is known to lie below
the project's folder.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

from sign2text.ground.errors import InputError
from sign2text.untrusted.model_config import shortened
from sign2text.untrusted.names import id_problem

KEY = "frozen_parts"
"""Key in config.json."""
MOST_PARTS = 20
"""Parts of one model; real models have one or two."""
LONGEST_PLACE = 1000
"""Bytes of a place."""
_PREFIX = re.compile(r"(?=.{0,200}\Z)(?:\w+(?:\.\w+)*)?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEYS = {"place", "sha256"}
_AGAIN = "Nothing was read from there. Train the model again, or pull it again."


class PartPlace(NamedTuple):
    """Folder of a part and the hash of its weights."""

    place: str
    """Path relative to the project's folder; for a folder outside the project, only its name."""
    sha256: str


def read_places(values: Any, where: str) -> dict[str, PartPlace]:
    """Read the frozen parts in a model's config.json, by the names of their modules.

    Args:
        values: the file's content.
        where: begins the message.

    Raises:
        InputError: the entry has another form, or a place is outside the project.
    """
    if not isinstance(values, dict) or KEY not in values:
        return {}
    given = values[KEY]
    if not isinstance(given, dict) or not 0 < len(given) <= MOST_PARTS:
        raise InputError(
            f"{where}: {KEY} is {shortened(given)}; expected 1 to {MOST_PARTS} parts by the names "
            f"of their modules. {_AGAIN}"
        )
    return {prefix: _read_place(prefix, each, where) for prefix, each in given.items()}


def _read_place(prefix: str, given: Any, where: str) -> PartPlace:
    if not _PREFIX.fullmatch(prefix):
        raise InputError(
            f"{where}: {KEY} names {shortened(prefix)}; expected the name of a module, such as "
            f"language_model. {_AGAIN}"
        )
    where = f"{where}: {KEY}.{prefix}"
    if not isinstance(given, dict) or set(given) != _KEYS:
        raise InputError(
            f"{where} is {shortened(given)}; expected the keys place and sha256. {_AGAIN}"
        )
    place, sha256 = given["place"], given["sha256"]
    if not isinstance(place, str) or (problem := _problem(place)):
        told = problem if isinstance(place, str) else "it is no text"
        raise InputError(
            f"{where}.place is {shortened(place)}, and {told}; expected a folder inside the "
            f"project, relative to it. {_AGAIN}"
        )
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise InputError(
            f"{where}.sha256 is {shortened(sha256)}; expected 64 hexadecimal digits. {_AGAIN}"
        )
    return PartPlace(place, sha256)


def _problem(place: str) -> str | None:
    """Return why `place` is not a folder inside the project, None if it is."""
    if PurePosixPath(place).is_absolute() or PureWindowsPath(place).drive:
        return "it is an absolute path"
    if place.startswith("~"):
        return "it is that of a user"
    if len(place.encode(errors="replace")) > LONGEST_PLACE:
        return "it is too long"
    return next(filter(None, map(id_problem, place.split("/"))), None)
