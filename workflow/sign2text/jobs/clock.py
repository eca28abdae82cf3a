"""File times in the future, which occur after the clock was set back.

If an input is newer than a job's outputs, Snakemake marks the job as failed and removes them.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
from pathlib import Path

WATCHED = ("results/**/*", "resources/*/checksums.tsv", "resources/models/*/*/manifest.json")
"""Patterns of jobs' inputs and outputs, relative to the workflow's folder."""

log = logging.getLogger(__name__)


def bring_back(folder: Path = Path()) -> list[Path]:
    """Set modification times in the future to the past; return the files, oldest first.

    The files keep their order, and the newest gets the current time: outputs stay newer than their
    inputs. No file becomes older than the newest file with a past time. If too little time has
    passed since that one, the intervals between the files shrink.
    """
    now = time.time_ns()
    found, newest = [], 0
    for path in itertools.chain.from_iterable(map(folder.glob, WATCHED)):
        try:
            changed = path.lstat().st_mtime_ns
        except OSError:
            continue  # another job's temporary file, removed meanwhile
        if not path.is_file() or path.is_symlink():
            continue
        if changed > now:
            found.append((changed, path))
        else:
            newest = max(newest, changed)
    found.sort()
    between = found[-1][0] - found[0][0] if found else 0
    room = min(between, now - newest)
    for changed, path in found:
        moved = now - ((found[-1][0] - changed) * room // between if between else 0)
        try:
            os.utime(path, ns=(moved, moved))
        except OSError as error:
            log.warning("%s: its time lies in the future and cannot be set back (%s)", path, error)
    if found:
        log.warning(
            "%d files had times in the future, such as %s: the clock was moved back. They were set "
            "to the present",
            len(found),
            found[-1][1],
        )
    return [path for _, path in found]
