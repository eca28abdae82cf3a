"""What a training's saved state hangs on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sign2text.provenance import code_hash
from sign2text.settings import to_json_values


def fingerprint(stage: str, config: Any, inputs: Sequence[Path]) -> dict[str, Any]:
    """Settings, code and data of a training, as JSON values.

    `inputs` are small files that stand for the data (an index holds its store's hash).
    """
    prints = dict(to_json_values(config))
    prints["code"] = code_hash(stage)
    for path in inputs:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        prints[str(path)] = digest[:16]
    return prints
