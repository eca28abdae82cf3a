"""The Python environment of MediaPipe, which `make landmarks` builds apart from the workflow's."""

from __future__ import annotations

import os
from pathlib import Path

import sign2text
from sign2text.ground.errors import InputError
from sign2text.landmarks.mediapipe_worker import VERSION

VARIABLE = "SIGN2TEXT_LANDMARKS_PYTHON"
"""Environment variable with the path of another environment's Python."""
FOLDER = ".venv-landmarks"


def find_python() -> Path:
    """Return the Python of the environment with MediaPipe.

    It is the one that SIGN2TEXT_LANDMARKS_PYTHON names, else that of .venv-landmarks in the
    workflow's folder: the current one, or the one that holds this library.

    Raises:
        InputError: there is none.
    """
    if named := os.environ.get(VARIABLE):
        return check_python(Path(named), f"{VARIABLE}={named}")
    here, library = Path.cwd(), Path(sign2text.__file__).parents[2]
    found = here / FOLDER / "bin/python"
    if not found.exists():
        found = library / FOLDER / "bin/python"
    return check_python(found, str(here / FOLDER))


def check_python(python: Path, where: str) -> Path:
    """Return `python`; raise InputError that names `where` if it cannot be started."""
    if not os.access(python, os.X_OK) or not python.is_file():
        raise InputError(
            f"{where}: no Python found; expected an environment with mediapipe {VERSION}, which "
            "extracts landmarks and cannot be installed beside the workflow's packages. Make it: "
            "make landmarks"
        )
    return python


def check_version(python: Path, found: str) -> None:
    """Raise InputError unless an environment has the expected MediaPipe.

    >>> check_version(Path("python"), VERSION)
    """
    if found != VERSION:
        raise InputError(
            f"{python}: {f'mediapipe {found}' if found else 'no mediapipe'} found, mediapipe "
            f"{VERSION} expected: other versions contain no Holistic models, or give other points. "
            "Make the environment again: rm -r .venv-landmarks; make landmarks"
        )
