"""What a folder with a model may say before a library reads it: data, and no way to other code.

The library runs code that a model brings only when it is told to trust it, which it never is here.
It can still be led elsewhere by a configuration: to kernels of the hub, to weights in another file
or of another model. Such folders are refused, so that nothing depends on what the library does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sign2text.errors import InputError
from sign2text.files import read_json

_ADAPTER = "adapter_config.json"
_KERNELS = ("attn_implementation", "experts_implementation")
"""Computed by which code; a name with a slash is a repository of the hub."""
_OWN = "Nothing of it was run. Use a model whose classes are part of the transformers library."


def check_folder(folder: Path, advice: str | None = None) -> None:
    """Refuse a model's folder with a JSON file that was cut, or that leads to code from elsewhere.

    Args:
        folder: as `save_pretrained` writes it.
        advice: what to do about a file that was cut; None: the rule of the folder's name makes it.

    Raises:
        InputError: names the file, what was found and what to do.
    """
    if (folder / _ADAPTER).exists():
        raise InputError(
            f"{folder / _ADAPTER}: found, which makes the library load another model than the one "
            "in this folder. Remove it, or use a folder with the whole model."
        )
    for path in sorted(folder.glob("*.json")):
        values = read_json(path, advice=advice)
        refuse_code(values, path.name, str(path))


def refuse_code(values: Any, name: str, where: str) -> None:
    """Raise InputError where a configuration leads to code that is not the library's.

    Args:
        values: what the JSON file holds.
        name: the file's; only configurations are looked at, since a vocabulary may hold any word.
        where: begins the message.
    """
    if not name.endswith("config.json"):
        return
    for key, value in _entries(values):
        if key == "auto_map":
            raise InputError(f"{where} asks for code of its own (auto_map: {value}). {_OWN}")
        if key.strip("_").removesuffix("_internal") in _KERNELS and "/" in str(value):
            raise InputError(f"{where} asks for code from the hub ({key}: {value}). {_OWN}")
        if key == "transformers_weights":
            raise InputError(
                f"{where} asks for other weights than model.safetensors ({key}: {value}). Take "
                "that key out, or use another model."
            )


def _entries(values: Any) -> Iterator[tuple[str, Any]]:
    """All keys with their values, at any depth."""
    if isinstance(values, dict):
        yield from values.items()
    inner = values.values() if isinstance(values, dict) else values
    if isinstance(values, dict | list):
        for each in inner:
            yield from _entries(each)
