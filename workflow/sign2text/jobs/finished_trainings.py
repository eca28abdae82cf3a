"""States of finished trainings, which are kept until Snakemake has recorded the outputs.

Snakemake deletes outputs without a record. The record is missing if snakemake was killed during the
job or right after it, on this machine or, if the job survived, on a cluster. With its state, such a
training repeats in moments; without, it starts from the beginning. After the outputs are recorded,
the state would only waste disk space, and `--forcerun` would return the old weights.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from sign2text.ground.errors import InputError
from sign2text.ground.files import lock_path, locked
from sign2text.jobs.unrecorded import is_marked, is_recorded
from sign2text.lineage.provenance_file import SUFFIX, cached_provenance

STATE = "state"  # subfolder of a training's output folder, with the state to resume from
SETTINGS_FILE = "settings.json"
BEST = "best"  # folder of the best weights so far (training/selection.py)
STATES = f"results/*/*/*/{STATE}/{SETTINGS_FILE}"


def clear_finished() -> None:
    """Remove the states of all trainings in the current folder that have recorded outputs."""
    for settings in sorted(Path().glob(STATES)):
        folder = settings.parent.parent
        if not _is_finished(folder, settings):
            continue
        # A training holds this lock, and may have started meanwhile.
        with contextlib.suppress(InputError), locked(lock_path(folder)):
            if _is_finished(folder, settings):
                remove_state(settings.parent)


def _is_finished(folder: Path, settings: Path) -> bool:
    """Return whether the training's outputs are recorded and newer than its state's start."""
    try:
        begun = settings.stat().st_mtime
        made = cached_provenance(folder / f"{folder.name}{SUFFIX}")
        return all(
            is_recorded(file.path, made)
            and not is_marked(file.path)
            and Path(file.path).stat().st_mtime >= begun
            for file in made.outputs
        )
    except (InputError, OSError):
        return False  # missing outputs, or an invalid file, which the training will report


def checkpoints(state: Path) -> list[Path]:
    """List the checkpoints of a training, newest last."""
    folders = state.glob("checkpoint-*")
    return sorted(folders, key=lambda path: int(path.name.rsplit("-", 1)[1]))


def remove_state(state: Path) -> None:
    """Remove a training's state except its logs."""
    for folder in checkpoints(state):
        remove(folder)
    shutil.rmtree(state / BEST, ignore_errors=True)
    (state / SETTINGS_FILE).unlink(missing_ok=True)


def remove(checkpoint: Path) -> None:
    """Rename a checkpoint, then delete it, so that a partly deleted one never looks complete."""
    doomed = checkpoint.with_name("incomplete")
    shutil.rmtree(doomed, ignore_errors=True)
    checkpoint.rename(doomed)
    shutil.rmtree(doomed)
