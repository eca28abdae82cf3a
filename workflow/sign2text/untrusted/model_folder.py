"""Checks of a model's folder before a library reads it: only data, and no way to other code.

The library runs a model's own code only if the caller trusts it, which never happens here. But a
configuration can still lead the library elsewhere: to kernels on the hub, to weights in another
file or of another model, to a tokenizer's files anywhere. Such folders are refused, so that safety
does not depend on the library's behaviour.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file, read_json
from sign2text.untrusted.model_config import check_config, entries, shortened
from sign2text.untrusted.sentencepiece_check import check_sentencepiece
from sign2text.untrusted.tokenizer_check import check_tokenizer
from sign2text.untrusted.tokenizer_config import (
    check_counts,
    check_special_tokens,
    check_tokenizer_class,
    check_tokenizer_config,
)

_ADAPTER = "adapter_config.json"
_KERNELS = ("attn_implementation", "experts_implementation")
"""Keys that select the code for a computation; a name with a slash is a repository on the hub."""
_ELSEWHERE = {
    "transformers_weights": "asks for other weights than model.safetensors",
    "quantization_config": "asks for quantised weights, which are not read",
    "configuration_files": "asks for another configuration than config.json",
    "attribute_map": "gives its keys other names, which hides what it asks for",
    "gguf_file": "asks for a file of another format",
}
"""Keys that lead the library elsewhere. It ignores `_name_or_path`, which many models have."""
_OWN = "Nothing of it was run. Use a model whose classes are part of the transformers library."


def check_folder(folder: Path, advice: str | None = None) -> None:
    """Raise InputError if a file of a model's folder is truncated, leads elsewhere, or explodes.

    Args:
        folder: a folder as `save_pretrained` writes it.
        advice: advice about a truncated file; None: run the rule with the folder's name.

    Raises:
        InputError: the message has the file, the problem and the remedy.
    """
    if os.path.lexists(folder / _ADAPTER):
        raise InputError(
            f"{folder / _ADAPTER}: found, which makes the library load another model than the one "
            "in this folder. Remove it, or use a folder with the whole model."
        )
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".json", ".model"):
            continue
        if not is_file(path):
            if path.is_dir():
                continue
            raise InputError(f"{path}: is no file. Remove it, or put the file itself there.")
        if path.suffix == ".model":
            check_sentencepiece(path)
        else:
            check_values(read_json(path, advice=advice), path.name, str(path))


def check_values(values: Any, name: str, where: str) -> None:
    """Raise InputError if a JSON file of a model leads elsewhere, or explodes in use.

    Args:
        values: the file's content.
        name: the file's name; a vocabulary may hold any word.
        where: start of the message.
    """
    refuse_code(values, name, where)
    if name == "config.json":
        check_config(values, where)
        check_tokenizer_class(values, where)
    elif name == "tokenizer.json":
        check_tokenizer(values, where)
    elif name == "tokenizer_config.json":
        check_tokenizer_config(values, where)
    elif name == "added_tokens.json":
        check_counts({name: values}, where)
    elif name == "special_tokens_map.json":
        check_special_tokens(values, where)


def refuse_code(values: Any, name: str, where: str) -> None:
    """Raise InputError if a configuration leads to code or files outside the model.

    Args:
        values: the JSON file's content.
        name: the file's name; only configurations are checked, since a vocabulary may hold any
            word.
        where: start of the message.
    """
    if not name.endswith("config.json"):
        return
    for key, value in entries(values):
        if key == "auto_map":
            raise InputError(
                f"{where} asks for code of its own (auto_map: {shortened(value, 300)}). {_OWN}"
            )
        if key.strip("_").removesuffix("_internal") in _KERNELS and "/" in str(value):
            raise InputError(f"{where} asks for code from the hub ({key}: {value}). {_OWN}")
        if key in _ELSEWHERE and value not in (None, {}, []):
            raise InputError(
                f"{where} {_ELSEWHERE[key]} ({key}: {shortened(value, 300)}). Take that key out, "
                "or use another model."
            )
