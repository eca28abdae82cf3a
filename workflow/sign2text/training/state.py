"""A training's saved state: what it hangs on, its checkpoints, and how it is removed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sign2text.errors import InputError
from sign2text.files import replacing, sha256_of
from sign2text.provenance import code_hash
from sign2text.settings import to_json_values

SETTINGS_FILE = "settings.json"
BEST = "best"  # the folder of the weights that are the best so far (training/choosing.py)


def fingerprint(stage: str, config: Any, inputs: Sequence[Path]) -> dict[str, Any]:
    """Settings, code and data of a training, as JSON values.

    `inputs` are small files that stand for the data (an index holds its store's hash).
    """
    prints = dict(to_json_values(config))
    prints["code"] = code_hash(stage)
    for path in inputs:
        prints[str(path)] = sha256_of(path)[:16]
    return prints


def prepare_state(
    state: Path, fingerprint: Mapping[str, Any], *, writes: bool = True
) -> Path | None:
    """Check the state's fingerprint and return its newest checkpoint, None for a fresh start.

    Of several processes that do one training together one `writes`, and the others look alone.
    """
    if writes:
        state.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(state / "incomplete", ignore_errors=True)
    found, path = checkpoints(state), state / SETTINGS_FILE
    if found:
        if not path.is_file():
            raise InputError(
                f"{path}: missing, so nothing says with which settings the checkpoints beside it "
                "were made. Delete that folder to start afresh."
            )
        made = json.loads(path.read_text())
        wanted = json.loads(json.dumps(fingerprint))
        keys = [key for key in made.keys() | wanted.keys() if made.get(key) != wanted.get(key)]
        if keys:
            differs = "; ".join(
                f"{k}: {made.get(k)} then, {wanted.get(k)} now" for k in sorted(keys)
            )
            raise InputError(
                f"{state}: holds a training that was begun otherwise ({differs}). Put back what it "
                "was to go on with it, or delete that folder to start afresh."
            )
    if writes:
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(fingerprint, indent=1))
    return found[-1] if found else None


def checkpoints(state: Path) -> list[Path]:
    """The checkpoints of a training, the newest last."""
    folders = state.glob("checkpoint-*")
    return sorted(folders, key=lambda path: int(path.name.rsplit("-", 1)[1]))


def clear_state(state: Path) -> None:
    """Remove all of a training whose results are written but its logs."""
    for folder in checkpoints(state):
        remove(folder)
    shutil.rmtree(state / BEST, ignore_errors=True)
    (state / SETTINGS_FILE).unlink(missing_ok=True)


def remove(checkpoint: Path) -> None:
    """Delete a checkpoint under another name, so that half of one is never taken for whole."""
    doomed = checkpoint.with_name("incomplete")
    shutil.rmtree(doomed, ignore_errors=True)
    checkpoint.rename(doomed)
    shutil.rmtree(doomed)
