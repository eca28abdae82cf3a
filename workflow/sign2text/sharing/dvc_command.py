"""Running DVC as a command."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from sign2text.ground.errors import InputError

_ADD = (
    "Add one: dvc remote add --default NAME URL, where URL is a folder (/srv/sign2text), "
    "s3://bucket/path or ssh://host/path (docs/sharing.md)."
)


def check_repository() -> None:
    """Raise InputError unless DVC is installed and initialised in the current folder."""
    if importlib.util.find_spec("dvc") is None:
        raise InputError(
            "dvc: is not installed in this environment. Install envs/requirements.txt."
        )
    if not Path(".dvc").is_dir():
        raise InputError(
            ".dvc: missing. Start in the project's folder, a clone with git; in a copy without "
            "git give once: dvc init --no-scm"
        )


def default_remote() -> str:
    """Return the name of DVC's default remote; InputError if none is set."""
    done = run_dvc("config", "core.remote", check=False)
    if done.returncode or not done.stdout.strip():
        raise InputError(f"dvc: no remote is set, and --remote was not given. {_ADD}")
    return done.stdout.strip()


def run_dvc(
    *arguments: str, check: bool = True, show: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command of DVC in the current folder.

    Args:
        check: raise InputError with DVC's output if the command fails.
        show: let DVC print, for example during long transfers.
    """
    # -P: Python must not import modules from the current folder.
    done = subprocess.run(
        [sys.executable, "-P", "-m", "dvc", *arguments],
        stdout=None if show else subprocess.PIPE,
        stderr=None if show else subprocess.PIPE,
        text=True,
        errors="backslashreplace",
        check=False,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
    )
    if check and done.returncode:
        said = "its message stands above" if show else (done.stderr or done.stdout).strip()
        raise InputError(f"dvc {arguments[0]} failed: {said}")
    return done
