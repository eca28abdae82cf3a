"""A job of snakemake waits while another process makes its output.

It must not just fail: snakemake would note down its settings for the output, and what the other
process, with other settings perhaps, puts there later would pass for it. Nor need it: what the
other one has done is used.
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

SECONDS = 1.0  # between two looks
TOLD_EVERY = 600  # looks between two messages

log = logging.getLogger(__name__)


def digest(stage: str, asked: Mapping[str, str]) -> str:
    """A hash of what a process was asked to make: the stage's code, arguments and settings."""
    try:
        code = code_hash(stage)
    except ValueError:  # no stage of the workflow's, as in a test
        code = ""
    text = json.dumps([stage, code, dict(asked)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Wait:
    """What `files.locked` calls while the lock is held: waits, says so, and ends what nobody wants.

    A job whose snakemake has ended and which was asked for something else than this one is told to
    end; a training saves its state then.
    """

    def __init__(self, output: str, command: str) -> None:
        self.output, self.command = output, command
        self.looks, self.ended = 0, False

    def __call__(self, holder: Mapping[str, Any]) -> None:
        unwanted = bool(holder) and holder.get("command") != self.command
        if unwanted and not self.ended and runner.left_behind(holder):
            log.warning(
                "%s: process %d, left behind by a run that has ended, is making it with other "
                "settings, code or inputs: it is told to end",
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
