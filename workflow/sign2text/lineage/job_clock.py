"""Time of a job over all its parts: a job that is killed and resumed continues to count.

While the job runs, a thread writes its time so far to a hidden file in the provenance's folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sign2text.lineage.cpu_time import cpu_seconds
from sign2text.lineage.environment import peak_memory
from sign2text.lineage.provenance_file import SUFFIX, Part
from sign2text.lineage.provenance_form import adapter

INTERVAL = 30.0
"""Seconds between two notes of a job's time, in case the job is killed."""
SIGNALS = {128 + 15: "SIGTERM", 128 + 2: "SIGINT"}  # exit status -> signal that ended the job


class JobClock:
    """Context that times one part of a job; `parts` also has the earlier parts.

    Earlier parts count if they had the same settings, code and inputs.
    """

    def __init__(self, place: Path, about: Mapping[str, Any]) -> None:
        """Read earlier parts of the job with provenance `place`.

        `about` has the job's settings, code and inputs.
        """
        self.notes = Notes(place, about)
        self.before = self.notes.read()
        self.parts = self.before
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._start = time.monotonic()  # the system clock may be set back
        self._cpu_start = cpu_seconds()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._note_on, name="clock", daemon=True)

    def __enter__(self) -> JobClock:
        self._note("killed")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, _: Any) -> None:
        self._over.set()
        self._thread.join()
        self._note(_outcome(error))

    def forget(self) -> None:
        """Remove the notes, once the provenance has them."""
        self.notes.remove()

    def _note_on(self) -> None:
        while not self._over.wait(INTERVAL):
            self._note("killed")  # true unless another note follows

    def _note(self, ended: str) -> None:
        seconds = round(time.monotonic() - self._start, 3)
        used = round(max(0.0, cpu_seconds() - self._cpu_start), 3)
        self.parts = [*self.before, Part(self._started, seconds, peak_memory(), ended, used)]
        self.notes.write(self.parts)


class Notes:
    """The hidden file with the parts of an unfinished job: .<job>.parts.json."""

    def __init__(self, place: Path, about: Mapping[str, Any]) -> None:
        self.path = place.with_name(f".{place.name.removesuffix(SUFFIX)}.parts.json")
        values = {**about, "inputs": [asdict(file) for file in about["inputs"]]}
        text = json.dumps(values, sort_keys=True)
        self.key = hashlib.sha256(text.encode()).hexdigest()

    def read(self) -> list[Part]:
        """Return the parts so far; none if the file is missing, damaged or another job's."""
        try:
            noted = json.loads(self.path.read_text(encoding="utf-8"))
            if noted["key"] != self.key:
                return []
            return [adapter(Part).validate_python(part) for part in noted["parts"]]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return []

    def write(self, parts: Sequence[Part]) -> None:
        """Replace the file, or keep the old one if the disk is full or not writable."""
        text = json.dumps({"key": self.key, "parts": [asdict(part) for part in parts]})
        temporary = self.path.with_suffix(".new")
        # The stage reports such an error when it writes its outputs.
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(text, encoding="utf-8")
            os.replace(temporary, self.path)
            return
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def _outcome(error: BaseException | None) -> str:
    """Return `done`, `failed`, or the name of the signal that ended the job."""
    if error is None:
        return "done"
    if not isinstance(error, SystemExit):
        return "failed"
    return "done" if error.code == 0 else SIGNALS.get(error.code, "failed")
