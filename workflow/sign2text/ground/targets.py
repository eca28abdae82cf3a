"""Find the workflow's name of a file that somebody names in another way."""

from __future__ import annotations

import os

from sign2text.ground.errors import InputError

_LINKED = ("results", "resources")
"""Folders of the workflow that may be links to another disk."""


def workflow_path(path: str) -> str:
    """Return the path of a file relative to the workflow's folder, which is the current one.

    Links on the way to the folder, or to its results and resources, are looked through; a link at
    the end of the path is not. The file need not be there.

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
    """Return `path` relative to `folder`, None where it is not in it."""
    if path == folder:
        return "."
    start = folder.rstrip("/") + "/"
    return path.removeprefix(start) if path.startswith(start) else None
