"""Measurement of each stage in a separate process, as in the workflow, with separate memory."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tqdm import tqdm

from sign2text.ground.errors import InputError
from sign2text.planning.measured import Failed, Measured
from sign2text.planning.request import Request


def run_plan(request: Request) -> list[Measured | Failed]:
    """Measure the stages one after the other; a stage that fails does not stop the others.

    Raises:
        InputError: the settings cannot work.
        SystemExit: SIGTERM arrived; processes and temporary files are removed.
    """
    results = []
    with ending_on_sigterm(), tempfile.TemporaryDirectory(prefix="sign2text-plan-") as folder:
        for stage in request.stages:
            # Make inputs in another process, so that its memory does not count as the stage's.
            failed = _in_process("prepare_stage", request, stage, Path(folder))
            results.append(failed or _in_process("measure_stage", request, stage, Path(folder)))
    return results


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Unwind this process on SIGTERM, so that it ends its children and removes its files."""

    def end(number: int, _: Any) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _in_process(work: str, request: Request, stage: str, folder: Path) -> Measured | Failed | None:
    """Call the function `work` of measure.py in a separate process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, work, request, stage, folder))
    process.start()
    theirs.close()
    try:
        answer = ours.recv()
    except EOFError:
        process.join()
        killed = process.exitcode == -signal.SIGKILL
        why = "it was killed, as for want of memory" if killed else f"code {process.exitcode}"
        return Failed(stage, f"its process ended without an answer: {why}")
    finally:
        process.terminate()
        process.join()
    if isinstance(answer, InputError):
        raise answer
    return answer


def _child(answers: Connection, work: str, request: Request, stage: str, folder: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.basicConfig(level=logging.WARNING)
    tqdm.set_lock(
        threading.RLock()
    )  # tqdm's default lock spans processes, and a kill would leak it
    try:
        from sign2text.planning import measure

        answers.send(getattr(measure, work)(request, stage, folder))
    except InputError as error:
        answers.send(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 (a fault of one stage is a row of the plan)
        traceback.print_exc()
        first = next(iter(str(error).splitlines()), "")
        answers.send(Failed(stage, f"{type(error).__name__}: {first}"))


def _end_with_parent() -> None:
    """End this process when its parent ends, even if SIGKILL ends the parent."""
    multiprocessing.parent_process().join()
    os._exit(1)
