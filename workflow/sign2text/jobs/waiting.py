"""Waiting of a snakemake job while another process makes its output.

The job must not fail: Snakemake would record the job's settings for the output. The other process
may write the output later with other settings, and it would pass as up to date. Waiting also lets
the job reuse the other process's work.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from sign2text.ground import runner
from sign2text.ground.code_hash import code_hash

SECONDS = 1.0  # between two checks
TOLD_EVERY = 600  # checks between two messages

log = logging.getLogger(__name__)


def digest(stage: str, asked: Mapping[str, str]) -> str:
    """Return a hash of a process's request: the stage's code, arguments and settings."""
    try:
        code = code_hash(stage)
    except ValueError:  # not a stage of the workflow, as in tests
        code = ""
    text = json.dumps([stage, code, dict(asked)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Wait:
    """Callback of `files.locked` for a held lock: wait, log it, and end an unwanted holder.

    A holder is unwanted if its snakemake has ended and its request differs from this job's. It gets
    SIGTERM; a training then saves its state.
    """

    def __init__(self, output: str, command: str) -> None:
        self.output, self.command = output, command
        self.looks, self.ended = 0, False

    def __call__(self, holder: Mapping[str, Any]) -> None:
        unwanted = bool(holder) and holder.get("command") != self.command
        if unwanted and not self.ended and runner.left_behind(holder):
            log.warning(
                "%s: process %d, left behind by a run that has ended, is making it with other "
                "settings, code or inputs: it is stopped",
                self.output,
                holder["process"],
            )
            os.kill(holder["process"], signal.SIGTERM)
            self.ended = True
        elif self.looks % TOLD_EVERY == 0:
            log.warning(
                "%s: process %s on %s is making it at this moment%s. Waiting until it has ended; "
                "to go on at once, end it (kill with that number): a training saves its state "
                "first",
                self.output,
                holder.get("process", "unknown"),
                holder.get("host", "this machine"),
                ", with other settings, code or inputs" if unwanted else "",
            )
        self.looks += 1
        time.sleep(SECONDS)
