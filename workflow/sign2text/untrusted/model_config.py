"""Bounds on a model's config.json, checked before a library uses it.

The library builds lists and layers as long as the numbers in the file. The weights bound the width
of a model later (models/loading.py); the library uses these counts first, so they are bounded here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sign2text.ground.errors import InputError

MOST_LAYERS = 1000
"""Layers in one number; the deepest published models have about 130, a ResNet-1001 hardly more."""
MOST_LAYERS_IN_ALL = 2000
MOST_LABELS = 100_000
"""Classes of a model; ImageNet's larger set has 21,841."""
MOST = 2**26
"""Bound of all other whole numbers; the largest vocabularies have a million pieces."""
_LAYERS = re.compile(r"(layers?|depths?|blocks|stages)$")
_DEPTHS = re.compile(r"depths?$")
_NO_SIZE = re.compile(r"theta|base|seed|freq|length|tokens?$|_ids?$")


def check_config(values: Any, where: str) -> None:
    """Raise InputError if a configuration asks for more than any model has.

    Args:
        values: the content of config.json; nested values are checked too.
        where: start of the message.
    """
    if not isinstance(values, dict):
        raise InputError(
            f"{where} is a {type(values).__name__}, expected an object of settings. Fetch or make "
            "the model again."
        )
    layers = 0
    for key, value in entries(values):
        for number in _numbers(value):
            counted = _LAYERS.search(key)
            most = MOST_LAYERS if counted else MOST_LABELS if key == "num_labels" else MOST
            if _NO_SIZE.search(key) and not counted:
                continue
            if number > most or (counted and number < 0):
                raise InputError(
                    f"{where}: {key[:80]} is {shortened(value)}; expected 0 to {most}. No model of "
                    "the transformers library is like that; use another one."
                )
            if counted and (_DEPTHS.search(key) or not isinstance(value, list)):
                layers += number
    if layers > MOST_LAYERS_IN_ALL:
        raise InputError(
            f"{where}: {layers} layers in all, at most {MOST_LAYERS_IN_ALL} expected. No model of "
            "the transformers library is like that; use another one."
        )


def entries(values: Any) -> Iterator[tuple[str, Any]]:
    """Yield all keys with their values, at any depth, without recursion: it may be too deep."""
    waiting = [values]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield from found.items()
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found


def shortened(value: Any, most: int = 80) -> str:
    """Return a value's repr for a message, cut if it is long."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}..."


def _numbers(value: Any) -> Iterator[int]:
    """Yield the whole numbers in a value or in a list of values."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, int) and not isinstance(each, bool):
            yield each
