"""Bounds on a model's config.json, before a library makes anything of it.

The library makes lists and layers as long as the numbers there ask for. How wide a model may be is
said by its weights (models/loading.py); the numbers that it counts with come first, here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sign2text.ground.errors import InputError

MOST_LAYERS = 1000
"""In one number; the deepest published models have about 130, a ResNet-1001 hardly more."""
MOST_LAYERS_IN_ALL = 2000
MOST_LABELS = 100_000
"""Classes that a model tells apart; ImageNet's larger set has 21,841."""
MOST = 2**26
"""Of any other whole number; the largest vocabularies have a million pieces."""
_LAYERS = re.compile(r"(layers?|depths?|blocks|stages)$")
_DEPTHS = re.compile(r"depths?$")
_NO_SIZE = re.compile(r"theta|base|seed|freq|length|tokens?$|_ids?$")


def check_config(values: Any, where: str) -> None:
    """Raise InputError where a configuration asks for more than any model has.

    Args:
        values: what config.json holds; parts of it are looked at too.
        where: begins the message.
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
    """All keys with their values, at any depth (which may be more than calls can nest)."""
    waiting = [values]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield from found.items()
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found


def shortened(value: Any, most: int = 80) -> str:
    """A value as it is written in a message."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}..."


def _numbers(value: Any) -> Iterator[int]:
    """The whole numbers of a value, or of a list of them."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, int) and not isinstance(each, bool):
            yield each
