"""The states of finished trainings, which stay until Snakemake has noted what was made.

Snakemake deletes the outputs of a job that it has no note of: the one whose snakemake was killed
while it worked or right behind it, on this machine or on a cluster's node that outlived it. With
the state, such a training is made again in moments; without a state, from its beginning. Once its
outputs are noted, a state would only take room, and `--forcerun` would get the old weights.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from sign2text.ground.errors import InputError
from sign2text.ground.files import lock_path, locked
from sign2text.jobs.unrecorded import is_marked, is_recorded
from sign2text.lineage.provenance_file import SUFFIX, cached_provenance

STATE = "state"  # a training's folder of what it goes on with, in that of its output
SETTINGS_FILE = "settings.json"
BEST = "best"  # the folder of the weights that are the best so far (training/selection.py)
STATES = f"results/*/*/*/{STATE}/{SETTINGS_FILE}"


def clear_finished() -> None:
    """Remove the states, in the current folder, of all trainings whose outputs are noted."""
    for settings in sorted(Path().glob(STATES)):
        folder = settings.parent.parent
        if not _is_finished(folder, settings):
            continue
        # Whoever trains there holds it, and may have begun since.
        with contextlib.suppress(InputError), locked(lock_path(folder)):
            if _is_finished(folder, settings):
                remove_state(settings.parent)


def _is_finished(folder: Path, settings: Path) -> bool:
    """Whether what the training wrote is noted, and was written after the state was begun."""
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
        return False  # outputs are gone, or a file is not whole, which the training will say


def checkpoints(state: Path) -> list[Path]:
    """The checkpoints of a training, the newest last."""
    folders = state.glob("checkpoint-*")
    return sorted(folders, key=lambda path: int(path.name.rsplit("-", 1)[1]))


def remove_state(state: Path) -> None:
    """Remove all of a training's state but its logs."""
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
