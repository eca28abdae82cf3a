"""A training's saved state: its fingerprint, its checkpoints, and its removal."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sign2text.ground import runner
from sign2text.ground.code_hash import code_hash
from sign2text.ground.errors import InputError
from sign2text.ground.files import flush, read_json, replacing, sha256_of
from sign2text.ground.settings import flattened, to_json_values
from sign2text.jobs.finished_trainings import (
    SETTINGS_FILE,
    checkpoints,
    remove_state,
)
from sign2text.training.settings import NEUTRAL

log = logging.getLogger(__name__)

SEAL = "seal.json"  # in checkpoints and with the best weights: size and SHA-256 of each file


def fingerprint(stage: str, config: Any, inputs: Sequence[Path]) -> dict[str, Any]:
    """Return settings, code and data of a training as JSON values; nested keys have dots.

    Args:
        config: the stage's `Config`; NEUTRAL settings in its `training` are left out.
        inputs: small files that represent the data (an index holds its store's hash).
    """
    config = replace(config, training=replace(config.training, **NEUTRAL))
    prints = flattened(to_json_values(config))
    prints["code"] = code_hash(stage)
    for path in inputs:
        prints[str(path)] = sha256_of(path)[:16]
    return prints


def prepare_state(
    state: Path, fingerprint: Mapping[str, Any], *, writes: bool = True
) -> Path | None:
    """Check the state's fingerprint and return its newest checkpoint, None for a fresh start.

    Of several ranks that do one training together, one `writes`; the others only read.
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
        made = read_json(path, advice=f"Delete the folder {state} to start afresh.")
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
        check_seal(found[-1], state)
    if writes:
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(fingerprint, indent=1))
    return found[-1] if found else None


def seal(folder: Path) -> None:
    """Flush the files of a checkpoint or of the best weights to the disk; record size and hash.

    A rename may reach the disk before the files' contents do; without this, a power failure could
    leave a checkpoint with its final name but truncated files.
    """
    files = {}
    for path in _files(folder):
        flush(path)
        files[path.relative_to(folder).as_posix()] = [path.stat().st_size, sha256_of(path)]
    with replacing(folder / SEAL) as temporary:
        temporary.write_text(json.dumps(files, indent=1))


def check_seal(folder: Path, state: Path) -> None:
    """Raise InputError unless the files of a folder of `state` match its seal."""
    listing = folder / SEAL
    if not listing.is_file():
        raise InputError(f"{listing}: missing. {advice(state)}")
    sealed = dict(read_json(listing, advice=advice(state)))
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    for name in sorted(sealed.keys() | found.keys()):
        path = found.get(name)
        if name not in sealed:
            told = "does not belong there, or was added later"
        elif path is None:
            told = "missing"
        elif path.stat().st_size != sealed[name][0]:
            told = f"{path.stat().st_size} bytes found, {sealed[name][0]} expected"
        elif sha256_of(path) != sealed[name][1]:
            told = "its content is not what was written"
        else:
            continue
        raise InputError(f"{folder / name}: {told}. {advice(state)}")


@contextmanager
def loading(checkpoint: str | None) -> Iterator[None]:
    """Turn torch's errors about an untrusted or unreadable file into an InputError."""
    from pickle import UnpicklingError

    from safetensors import SafetensorError

    try:
        yield
    except (UnpicklingError, SafetensorError, RuntimeError, KeyError, EOFError) as error:
        # Other errors of this type, such as out of GPU memory, say nothing about the files.
        if isinstance(error, RuntimeError) and "PytorchStreamReader" not in str(error):
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{checkpoint}: is no state that a training saved ({reason}). Nothing in it was run. "
            f"{advice(Path(checkpoint).parent)}"
        ) from error


def _files(folder: Path) -> list[Path]:
    """Return the sealed files of a folder: all except the seal."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != SEAL)


def advice(state: Path) -> str:
    """Say what to do about a training's folder `state` with damaged or changed files."""
    return (
        "What the training saved was cut or changed since it was written. Delete the folder "
        f"{state} and start the same command again: the training begins afresh."
    )


def clear_state(state: Path) -> None:
    """Remove the state of a training whose results are written.

    Jobs of snakemake keep it: a killed snakemake deletes results that it has not recorded yet. The
    state of a job is removed when its results are recorded (jobs/finished_trainings.py).
    """
    if runner.has_gone():
        log.warning(
            "%s: the snakemake that started this training has ended. Start the same command again: "
            "it takes over what was trained",
            state,
        )
    if not runner.is_job():
        remove_state(state)
