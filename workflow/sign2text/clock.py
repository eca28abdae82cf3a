"""Times of files that lie in the future, as after the clock was moved back.

Snakemake takes a job for failed, and removes what it has made, when an input is newer than that.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
from pathlib import Path

WATCHED = ("results/**/*", "resources/*/checksums.tsv", "resources/models/*/*/manifest.json")
"""What jobs declare as inputs and outputs, as patterns in the workflow's folder."""

log = logging.getLogger(__name__)


def bring_back(folder: Path = Path()) -> list[Path]:
    """Give files whose time is in the future one of the past; returns them, oldest first.

    Their order is kept, and the newest gets the time of now: what was newer than what it was made
    from stays so.
    """
    now = time.time_ns()
    found = []
    for path in itertools.chain.from_iterable(map(folder.glob, WATCHED)):
        try:
            changed = path.lstat().st_mtime_ns
        except OSError:
            continue  # another job's temporary file, gone by now
        if changed > now and path.is_file() and not path.is_symlink():
            found.append((changed, path))
    found.sort()
    for changed, path in found:
        moved = now - (found[-1][0] - changed)
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
