"""What a training's saved state hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sign2text.files import sha256_of
from sign2text.provenance import code_hash
from sign2text.settings import to_json_values


def fingerprint(stage: str, config: Any, inputs: Sequence[Path]) -> dict[str, Any]:
    """Settings, code and data of a training, as JSON values.

    `inputs` are small files that stand for the data (an index holds its store's hash).
    """
    prints = dict(to_json_values(config))
    prints["code"] = code_hash(stage)
    for path in inputs:
        prints[str(path)] = sha256_of(path)[:16]
    return prints
