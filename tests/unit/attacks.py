"""Helpers for tests of hostile input: trees before and after, bounded memory and time."""

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

from sign2text.ground.errors import InputError

MOST_MEMORY = 2**30
MOST_SECONDS = 10.0
"""Of processor time; by the clock three times as long, on a machine with other work."""


def tree(folder: Path) -> dict[str, tuple[str, bytes]]:
    """All that lies below `folder`, links unfollowed: kind and content by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = ("link", os.fsencode(path.readlink()))
        elif path.is_dir():
            found[name] = ("folder", b"")
        else:
            found[name] = ("file", path.read_bytes())
    return found


def refusal(call: Callable[[], object]) -> str:
    """The message with which `call` refuses its input, within MOST_MEMORY and MOST_SECONDS.

    It runs in a process of its own, which is killed when it takes too long. Raises AssertionError
    when the call is not refused, fails in another way, or takes too much.
    """
    outcome, memory, seconds = _apart(call)
    assert isinstance(outcome, str), f"not refused: {outcome!r}"
    assert memory < MOST_MEMORY, f"{memory / 2**20:.0f} MiB were used"
    assert seconds < MOST_SECONDS, f"{seconds:.1f} s passed"
    return outcome


def _apart(call: Callable[[], object]) -> tuple[object, int, float]:
    """(message of InputError, or what else came; peak memory in bytes; seconds) of a child."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            before = high_water(afresh=True)
            try:
                outcome: object = ("no error", repr(call())[:200])
            except InputError as error:
                outcome = str(error)
            except BaseException as error:  # noqa: BLE001 (what it is, the caller is told)
                outcome = (type(error).__name__, str(error)[:2000])
            answer = json.dumps([outcome, high_water() - before]).encode()
            with open(writer, "wb") as pipe:  # noqa: PTH123 (a descriptor)
                pipe.write(answer)
        finally:
            os._exit(0)
    os.close(writer)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, 3 * MOST_SECONDS)
    try:
        with open(reader, "rb") as pipe:  # noqa: PTH123
            answer = pipe.read()
        used = os.wait4(child, 0)[2]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    seconds = used.ru_utime + used.ru_stime
    if not answer:
        return ("killed", "it took too long or too much memory"), 0, seconds
    outcome, memory = json.loads(answer)
    return outcome, memory, seconds


def high_water(afresh: bool = False) -> int:
    """Most bytes that this process has held; `afresh`: from now on."""
    if afresh:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])
