"""Conversion of a user's file path to the workflow's path of the file."""

from __future__ import annotations

import os

from sign2text.ground.errors import InputError

_LINKED = ("results", "resources")
"""Workflow folders that may be links to another disk."""


def workflow_path(path: str) -> str:
    """Return the path of a file relative to the workflow's folder, which is the current folder.

    Links in parent folders, and links in place of results and resources, are resolved; the path's
    last component is not. The file need not exist.

    >>> workflow_path("./results//avatar/../avatar/fla_llm.bleu")
    'results/avatar/fla_llm.bleu'

    Raises:
        InputError: the path leads out of the folder.
    """
    here = os.getcwd()  # noqa: PTH109 - Path.cwd() is the same
    absolute = os.path.normpath(os.path.join(here, path))  # noqa: PTH118 - Path keeps `..`
    if (found := _below(absolute, here)) is not None:
        return found
    folder, name = os.path.split(absolute)
    real = f"{os.path.realpath(folder)}/{name}"
    for base in ("", *_LINKED):
        if (found := _below(real, os.path.realpath(base))) is not None:
            return f"{base}/{found}" if base else found
    raise InputError(
        f"{path}: lies outside of the workflow's folder {here}. Start in the folder of the "
        "workflow that made it, or name a file of this one, such as results/avatar/fla_llm.bleu."
    )


def _below(path: str, folder: str) -> str | None:
    """Return `path` relative to `folder`, or None if it is outside."""
    if path == folder:
        return "."
    start = folder.rstrip("/") + "/"
    return path.removeprefix(start) if path.startswith(start) else None
