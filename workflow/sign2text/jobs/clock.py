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
    from stays so. None gets before the newest file of the past: where there is less time since then
    than lies between them, they move together.
    """
    now = time.time_ns()
    found, newest = [], 0
    for path in itertools.chain.from_iterable(map(folder.glob, WATCHED)):
        try:
            changed = path.lstat().st_mtime_ns
        except OSError:
            continue  # another job's temporary file, gone by now
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
