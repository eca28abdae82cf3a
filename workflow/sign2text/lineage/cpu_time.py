"""Processor time of a job: comparisons at equal cost need it beside the time by the clock."""

from __future__ import annotations

import contextlib

import psutil

from sign2text.ground.processes import process_count


def cpu_seconds() -> float:
    """Seconds of processor time of this job so far, in user and system mode.

    All its processes on this machine count: loader workers, whether they live or have ended, and of
    a training on several GPUs all processes with torchrun, which started them.
    """
    top = psutil.Process()
    if process_count() > 1:
        top = top.parent() or top
    total = 0.0
    for process in [top, *top.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):  # it has just ended
            times = process.cpu_times()
            total += times.user + times.system
            # Those that it started and saw end; macOS does not say it.
            total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total
