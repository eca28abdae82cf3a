"""Options of the command line that hold JSON objects."""

import json
from typing import Any

from sign2text.ground.errors import InputError


def read_mapping(option: str, text: str, expected: str = "a JSON object") -> dict[str, Any]:
    """The JSON object that `option` holds. Raises InputError where it holds none.

    `expected` says what it should have held.
    """
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{option}: is not JSON ({error}); found {text}, expected {expected}"
        ) from None
    if not isinstance(given, dict):
        raise InputError(f"{option}: found {text}, expected {expected}")
    return given
