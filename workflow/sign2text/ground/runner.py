"""The snakemake process that started this one, and whether it is still alive.

A killed snakemake leaves its jobs running as orphans. The outputs of an orphan are lost: the next
run on this machine finds them marked as incomplete and makes them again. So an orphan saves its
work if the next run can resume it.

A process is identified by its id and start time, in the kernel's ticks since boot, because ids are
reused and the clock may be changed. Systems without /proc provide neither.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Process:
    """A process of this machine."""

    id: int
    start: int

    def lives(self) -> bool:
        """Return whether the process is still alive."""
        found = _read(self.id)
        return found is not None and found[1] == self.start


_runner: Process | None = None


def remember() -> None:
    """Find and remember the snakemake that started this process; call it early, while it lives."""
    global _runner
    _runner = find_runner()


def find_runner() -> Process | None:
    """Return the nearest snakemake among this process's ancestors, or None."""
    number = _parent("self")
    while number and number > 1:
        found = _read(number)
        if found is None:
            return None
        if _is_snakemake(number):
            return Process(number, found[1])
        number = found[0]
    return None


def is_job() -> bool:
    """Return whether a snakemake started this process."""
    return _runner is not None


def has_gone() -> bool:
    """Return whether this process is an orphan: the snakemake that started it has ended."""
    return _runner is not None and not _runner.lives()


def signature(command: str) -> dict[str, Any]:
    """Identify this process in a lock file; `command` is a hash of its request."""
    own = _read("self")
    return {
        "process": os.getpid(),
        "start": own and own[1],
        "host": socket.gethostname(),
        "machine": _machine(),
        "runner": _runner and [_runner.id, _runner.start],
        "command": command,
    }


def left_behind(holder: Mapping[str, Any]) -> bool:
    """Return whether the process that wrote this `signature` is an orphan on this machine."""
    if holder.get("machine") != _machine() or not holder.get("runner"):
        return False
    itself = Process(holder["process"], holder["start"])
    return itself.lives() and not Process(*holder["runner"]).lives()


def _machine() -> str:
    """Identify the scope of process ids: the kernel's boot and the container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _is_snakemake(number: int) -> bool:
    try:
        words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    # python -m snakemake, or python .../bin/snakemake; a shell's command line is a single word.
    return any(Path(word.decode(errors="replace")).name == "snakemake" for word in words[:3])


def _parent(number: int | str) -> int | None:
    found = _read(number)
    return found and found[0]


def _read(number: int | str) -> tuple[int, int] | None:
    """Return (parent, start) of a process; None if it has ended, even if it is still a zombie."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name, in brackets, may contain any character.
    values = text.rpartition(")")[2].split()
    state, parent, start = values[0], int(values[1]), int(values[19])
    return None if state in "ZX" else (parent, start)
