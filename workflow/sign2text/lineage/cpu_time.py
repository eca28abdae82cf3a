"""Processor time of a job: comparisons at equal cost need it in addition to wall time."""

from __future__ import annotations

import contextlib

import psutil

from sign2text.ground.processes import process_count


def cpu_seconds() -> float:
    """Return this job's processor time so far in seconds, in user and system mode.

    It covers all processes on this machine: running and ended loader workers, and, for a training
    on several GPUs, all ranks and torchrun, which started them.
    """
    top = psutil.Process()
    if process_count() > 1:
        top = top.parent() or top
    total = 0.0
    for process in [top, *top.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):  # the process has just ended
            times = process.cpu_times()
            total += times.user + times.system
            # Time of its ended children, which macOS does not report.
            total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total
