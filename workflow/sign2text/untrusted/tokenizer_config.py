"""Checks of a tokenizer's settings: they may name only its own tokens, and no other files.

The library passes every key of tokenizer_config.json and special_tokens_map.json to the tokenizer's
class, which opens the files that they name, and creates as many tokens as a number states.
"""

from __future__ import annotations

import re
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.untrusted.model_config import entries, shortened

MOST_ADDED = 8192
"""Tokens that a tokenizer may add to its vocabulary: the work for each grows with their number.
T5 has 100, NLLB about 200, Gemma 3 about 6,400."""
LARGEST_ID = 2**24
"""Bound of ids, above all vocabularies; the largest have about a million pieces."""
_REPLACED = (
    "tokenizer_file",
    "special_tokens_map_file",
    "added_tokens_file",
    "tokenizer_config_file",
)
"""Keys that the library ignores in favour of the folder's own files. In published models, they name
files of the machine that made them."""
_LENGTHS = ("model_max_length", "max_len")
_NO_COUNT = re.compile(r"length|len$|max|size|stride|_id$|^id$|seed")
_CLASS = re.compile(r"(?!Auto)\w*(Tokenizer|TokenizerFast|Backend)")
_OUT = "Nothing was read from it. Take that key out, or use another model."


def check_tokenizer_config(values: Any, where: str) -> None:
    """Raise InputError if tokenizer_config.json names other files or has excessive numbers.

    Args:
        values: the file's content.
        where: start of the message.
    """
    check_tokenizer_class(values, where)
    _check_names(values, where, harmless=_REPLACED)
    check_counts(values, where)
    for key in _LENGTHS:
        # Tokenizers without a limit have a number with 31 digits.
        length = values.get(key)
        if length is not None and not (_is_number(length) and length >= 1):
            raise InputError(f"{where}: {key} is {shortened(length)}; expected 1 or more. {_OUT}")
    for key, value in entries({key: values[key] for key in values if key not in _LENGTHS}):
        if isinstance(value, int) and value > MOST_ADDED and not _NO_COUNT.search(key):
            raise InputError(
                f"{where}: {key} is {shortened(value)}; expected at most {MOST_ADDED}. {_OUT}"
            )
    added = values.get("added_tokens_decoder") or {}
    if not isinstance(added, dict) or not all(_is_id(number) for number in added):
        raise InputError(
            f"{where}: added_tokens_decoder is {shortened(added)}; expected tokens by ids from 0 "
            f"to {LARGEST_ID}. {_OUT}"
        )


def check_special_tokens(values: Any, where: str) -> None:
    """Raise InputError if special_tokens_map.json has keys other than special tokens."""
    if not isinstance(values, dict):
        raise InputError(f"{where} is a {type(values).__name__}, expected special tokens. {_OUT}")
    for key in values:
        if not key.endswith(("_token", "_tokens")):
            raise InputError(
                f"{where}: {key} is {shortened(values[key])}; expected only special tokens, "
                f"such as eos_token. {_OUT}"
            )
    _check_names(values, where, harmless=())
    check_counts(values, where)


def check_tokenizer_class(values: Any, where: str) -> None:
    """Raise InputError if the class in a tokenizer's settings is not a tokenizer.

    The library accepts any of its class names; a model's class would load weights, also pickled
    ones.
    """
    if not isinstance(values, dict):
        raise InputError(f"{where} is a {type(values).__name__}, expected settings. {_OUT}")
    found = values.get("tokenizer_class")
    if found is not None and not (isinstance(found, str) and _CLASS.fullmatch(found)):
        raise InputError(
            f"{where}: tokenizer_class is {shortened(found)}; expected a tokenizer of the "
            f"transformers library. {_OUT}"
        )


def _check_names(values: dict[str, Any], where: str, harmless: tuple[str, ...]) -> None:
    """Raise InputError for keys that name files, at any depth."""
    for key, value in entries(values):
        named = key.endswith(("_file", "_files")) or key in ("init_inputs", "tokenizer_object")
        if named and value not in (None, [], {}) and key not in harmless:
            raise InputError(
                f"{where}: {key} is {shortened(value)}; a tokenizer has only files of its "
                f"folder. {_OUT}"
            )


def check_counts(values: dict[str, Any], where: str) -> None:
    """Raise InputError for settings that list more than MOST_ADDED tokens."""
    for key, value in values.items():
        if isinstance(value, list | dict) and len(value) > MOST_ADDED:
            raise InputError(
                f"{where}: {shortened(key)} has {len(value)} entries; expected at most "
                f"{MOST_ADDED}. {_OUT}"
            )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_id(text: str) -> bool:
    return len(text) <= 8 and text.isascii() and text.isdigit() and int(text) < LARGEST_ID
