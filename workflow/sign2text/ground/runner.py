"""The snakemake that started this process: which it is, and whether it still lives.

A snakemake that is killed leaves its jobs alive. Nobody takes what such a job makes: the next run
on this machine finds its outputs marked as incomplete and makes them anew. So a job that was left
behind keeps what it has done where the next run goes on with it.

Processes are known by number and start, in the kernel's ticks since the machine started: numbers
are used again, and the clock may be moved. On systems without /proc nothing is known of them.
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
        """Whether it is there and has not ended."""
        found = _read(self.id)
        return found is not None and found[1] == self.start


_runner: Process | None = None


def remember() -> None:
    """Look for the snakemake that started this process, to be called while it is sure to live."""
    global _runner
    _runner = find_runner()


def find_runner() -> Process | None:
    """The nearest snakemake among the processes that this one comes from, None where none is."""
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
    """Whether a snakemake started this process."""
    return _runner is not None


def has_gone() -> bool:
    """Whether this process was left behind: a snakemake started it, and it has ended since."""
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
    """Whether the process that wrote this `signature` lives here and has lost its snakemake."""
    if holder.get("machine") != _machine() or not holder.get("runner"):
        return False
    itself = Process(holder["process"], holder["start"])
    return itself.lives() and not Process(*holder["runner"]).lives()


def _machine() -> str:
    """What differs where process numbers mean other processes: the kernel's run, the container."""
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
    # python -m snakemake, or python .../bin/snakemake; a shell has the whole command as one word.
    return any(Path(word.decode(errors="replace")).name == "snakemake" for word in words[:3])


def _parent(number: int | str) -> int | None:
    found = _read(number)
    return found and found[0]


def _read(number: int | str) -> tuple[int, int] | None:
    """(parent, start) of a process; None where it has ended, also when its parent has not seen."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name, in brackets, may hold anything.
    values = text.rpartition(")")[2].split()
    state, parent, start = values[0], int(values[1]), int(values[19])
    return None if state in "ZX" else (parent, start)
