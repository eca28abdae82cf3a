"""Note what a job did while it runs, and write its provenance when it has succeeded."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import resource
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sign2text.config.methods import find_methods
from sign2text.ground.code_hash import code_hash, libraries_of
from sign2text.ground.errors import InputError
from sign2text.ground.files import reading, sha256_of
from sign2text.ground.processes import is_first
from sign2text.ground.settings import to_json_values, unknown_name
from sign2text.lineage.cpu_time import cpu_seconds
from sign2text.lineage.provenance_file import (
    SUFFIX,
    File,
    Part,
    Provenance,
    owner_of,
    without_places,
)
from sign2text.lineage.provenance_form import adapter

NOTED_EVERY = 30.0
"""Seconds between two notes of how long a job has run, for one that is killed."""
LIBRARIES = {
    "accelerate": "accelerate",
    "av": "av",
    "cv2": "opencv-python-headless",
    "decord": "decord2",
    "numpy": "numpy",
    "pandas": "pandas",
    "rapidfuzz": "rapidfuzz",
    "sacrebleu": "sacrebleu",
    "safetensors": "safetensors",
    "sentencepiece": "sentencepiece",
    "simplejpeg": "simplejpeg",
    "tokenizers": "tokenizers",
    "torch": "torch",
    "transformers": "transformers",
}
"""What can change an artefact, by the name it is imported by: the distribution it comes from."""


@contextlib.contextmanager
def noting(
    stage: str,
    given: Mapping[str, Any],
    place: Path | None,
    inputs: Sequence[Path],
    outputs: Sequence[Path],
    method: str | None = None,
) -> Iterator[None]:
    """Write the provenance of the job that runs inside, after it has succeeded.

    Without `place`, and in the further processes of one job, nothing is noted. Where a job is
    ended, a hidden file beside its provenance keeps how long it has run; the next one with the same
    settings, code and inputs goes on counting.

    Args:
        stage: its name.
        given: the arguments of its `run`.
        place: where the provenance is written; its name ends in SUFFIX.
        inputs: all files that its rule reads.
        outputs: all files that its rule makes.
        method: whose translators the stage may load.

    Raises:
        InputError: `place` is called otherwise, or there are no outputs.
        FileNotFoundError: the stage has not written one of them.
    """
    if place is None or not is_first():
        yield
        return
    if not place.name.endswith(SUFFIX) or not outputs:
        raise InputError(
            f"--provenance: found {place} of {len(outputs)} outputs; expected a name that ends in "
            f"{SUFFIX}, and the files that it speaks of as --outputs"
        )
    place.unlink(missing_ok=True)
    config = given.get("config")
    about = {
        "settings": without_places(to_json_values(config)) if config is not None else {},
        "code": _code_of(stage, config, method),
        "inputs": tuple(map(described, inputs)),
    }
    clock = Clock(place, about)
    with clock:
        yield
    data_set, experiment = owner_of(relative(place))
    Provenance(
        stage=stage,
        data_set=data_set,
        experiment=experiment,
        **about,
        seed=getattr(config, "seed", None),
        outputs=tuple(map(described, outputs)),
        versions=versions_of(stage, _adapters(config), translators_of(method)),
        device=device(),
        threads=given.get("threads"),
        parts=tuple(clock.parts),
        peak_gpu_memory=_peak_gpu_memory(),
    ).write(place)
    clock.forget()


class Clock:
    """How long a job has run, the parts that were ended before included."""

    def __init__(self, place: Path, about: Mapping[str, Any]) -> None:
        self.notes = place.with_name(f".{place.name.removesuffix(SUFFIX)}.parts.json")
        values = {**about, "inputs": [asdict(file) for file in about["inputs"]]}
        text = json.dumps(values, sort_keys=True)
        self.key = hashlib.sha256(text.encode()).hexdigest()
        self.before = self._read()
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.start = time.monotonic()  # the clock on the wall may be set back
        self.cpu_start = cpu_seconds()
        self.parts = self.before
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._note_on, name="clock", daemon=True)

    def __enter__(self) -> Clock:
        self._note("killed")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, _: Any) -> None:
        self._over.set()
        self._thread.join()
        ended = "done"
        if kind is not None:
            code = getattr(error, "code", None) if issubclass(kind, SystemExit) else None
            names = {143: "SIGTERM", 130: "SIGINT"}
            ended = names.get(code, "failed") if code != 0 else "done"
        self._note(ended)

    def forget(self) -> None:
        """Remove the notes, when they stand in the provenance."""
        self.notes.unlink(missing_ok=True)

    def _note_on(self) -> None:
        while not self._over.wait(NOTED_EVERY):
            self._note("killed")

    def _note(self, ended: str) -> None:
        seconds = round(time.monotonic() - self.start, 3)
        used = round(max(0.0, cpu_seconds() - self.cpu_start), 3)
        self.parts = [*self.before, Part(self.started, seconds, peak_memory(), ended, used)]
        text = json.dumps({"key": self.key, "parts": [asdict(part) for part in self.parts]})
        temporary = self.notes.with_suffix(".new")
        # A full disk or a folder that is gone is for the stage to complain of.
        with contextlib.suppress(OSError):
            self.notes.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(text, encoding="utf-8")
            os.replace(temporary, self.notes)
            return
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)

    def _read(self) -> list[Part]:
        """The parts before, where they worked at the same."""
        try:
            noted = json.loads(self.notes.read_text(encoding="utf-8"))
            if noted["key"] != self.key:
                return []
            return [adapter(Part).validate_python(part) for part in noted["parts"]]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return []


def described(path: Path) -> File:
    """A file with its size and hash, read for it but for one kind: a frame store's tar.

    That may have tens of GB, and its index, a file that is read or made with it, holds its hash.
    """
    return File(relative(path), path.stat().st_size, _stored_hash(path) or sha256_of(path))


def relative(path: Path) -> str:
    """`path` relative to the workflow's folder, which is the current one; else its name alone."""
    if not path.is_absolute() and ".." not in path.parts:
        return path.as_posix()
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.name


def versions_of(
    stage: str, adapters: tuple[str, ...] = (), translators: tuple[str, ...] = ()
) -> dict[str, str]:
    """Versions of Python and of the LIBRARIES that the stage's modules import or have loaded."""
    try:
        used = libraries_of(stage, adapters=adapters, translators=translators)
    except ValueError:  # a stage outside the package
        used = frozenset()
    found = {"python": platform.python_version()}
    for name, distribution in LIBRARIES.items():
        if name in used or name in sys.modules:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found[distribution] = importlib.metadata.version(distribution)
    return found


def device() -> str:
    """The kind of device that was computed on: `cpu`, or the name of the GPU's model."""
    torch = sys.modules.get("torch")
    if _peak_gpu_memory() is None or torch is None:
        return "cpu"
    return torch.cuda.get_device_name(torch.cuda.current_device())


def peak_memory() -> int:
    """Bytes that this process held at most, or the largest of those that it started and saw end."""
    unit = 1 if sys.platform == "darwin" else 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(each).ru_maxrss for each in who) * unit


def _stored_hash(path: Path) -> str | None:
    """The hash that a frame store's index holds of its tar; None for any other file.

    Raises InputError where the index was cut, or holds no hash.
    """
    if path.suffix != ".tar":
        return None
    from safetensors import safe_open

    from sign2text.ground.store_index import index_path, read_about, read_field, wrong

    index = index_path(path)
    if not index.is_file():
        return None
    with reading(index), safe_open(str(index), framework="numpy") as file:
        found = read_field(read_about(file.metadata(), index), "sha256", str, index)
    if not re.fullmatch(r"[0-9a-f]{64}", found):
        raise wrong(index, "about.sha256", found, "64 hexadecimal digits")
    return found


def _peak_gpu_memory() -> int | None:
    """Bytes, None where no GPU was used."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return None
    return torch.cuda.max_memory_allocated() or None


def _code_of(stage: str, config: Any, method: str | None) -> str | None:
    try:
        return code_hash(stage, adapters=_adapters(config), translators=translators_of(method))
    except ValueError:  # a stage outside the package
        return None


def translators_of(method: str | None) -> tuple[str, ...]:
    """Modules of a method's translators; InputError where there is no such method."""
    if method is None:
        return ()
    if method not in find_methods():
        raise InputError(unknown_name("--method", method, find_methods()))
    return find_methods()[method].modules


def _adapters(config: Any) -> tuple[str, ...]:
    """The adapters that a stage finds by name; its settings must say which."""
    names = (getattr(config, key, None) for key in ("adapter", "sentences_adapter"))
    return tuple(name for name in names if name)
