"""Command-line options that hold JSON objects."""

import json
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.ground.settings import LONGEST_SHOWN


def read_mapping(option: str, text: str, expected: str = "a JSON object") -> dict[str, Any]:
    """Parse the JSON object in `text`, the value of `option`; raise InputError for other text.

    `expected` describes the expected value in the message.
    """
    found = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} ..."
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also thousands of digits
        raise InputError(
            f"{option}: is not JSON ({error}); found {found}, expected {expected}"
        ) from None
    if not isinstance(given, dict):
        raise InputError(f"{option}: found {found}, expected {expected}")
    return given
