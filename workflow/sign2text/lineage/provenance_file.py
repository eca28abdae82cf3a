"""Provenance files, JSON in the folder of a job's outputs: their format and their lookup.

Paths are relative to the workflow's folder, and nothing identifies the machine that ran the job.
No rule has a provenance as input, since its times change with every run.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from sign2text.config.stages import NOT_EXPERIMENTS
from sign2text.ground.addresses import short
from sign2text.ground.errors import InputError
from sign2text.ground.files import read_text, replacing
from sign2text.ground.json_bounds import check_count
from sign2text.ground.memory import enough_memory
from sign2text.lineage.provenance_form import (
    LARGEST,
    MOST_FILES,
    MOST_VALUES,
    Count,
    CpuSeconds,
    InsidePath,
    Name,
    Seconds,
    Settings,
    Sha256,
    Text,
    Time,
    Whole,
    adapter,
    first_problem,
)

SUFFIX = ".provenance.json"
CLIMBED = 2  # levels above a file's folder at which its provenance may lie
_FORM = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class File:
    """A file as a job read or wrote it."""

    __pydantic_config__ = _FORM

    path: InsidePath
    bytes: Count
    sha256: Sha256


@dataclass(frozen=True)
class Part:
    """A part of a job: the work of one process, from its start to its end."""

    __pydantic_config__ = _FORM

    started: Time
    """UTC, ISO 8601."""
    seconds: Seconds
    """Wall time."""
    peak_memory: Count
    """Peak bytes of its largest process (resident set size)."""
    ended: Text
    """`done`, `failed`, the name of a signal, or `killed`: then last seen after these seconds."""
    cpu_seconds: CpuSeconds | None = None
    """Processor time of all its processes on this machine; None if not measured."""


@dataclass(frozen=True)
class Provenance:
    """Record of a job: its settings, code, inputs, outputs and resources."""

    __pydantic_config__ = _FORM

    stage: Name
    data_set: Name | None
    experiment: Name | None
    """The folder's experiment; None for a corpus, a published model, a table or a comparison."""
    settings: Settings
    """All settings, including defaults; a path outside the workflow's folder is cut to its name."""
    code: Text | None
    """Hash of the stage's code (ground/code_hash.py)."""
    seed: Whole | None
    inputs: Annotated[tuple[File, ...], Field(max_length=MOST_FILES)]
    outputs: Annotated[tuple[File, ...], Field(max_length=MOST_FILES)]
    """Outputs, without the provenance itself."""
    versions: dict[Text, Text]
    """Versions of Python and of the libraries that the stage uses."""
    device: Text
    """`cpu`, or the model of the GPU."""
    threads: Whole | None
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=MOST_FILES)]
    """Parts of the job: the last one finished, earlier ones were interrupted or failed."""
    peak_gpu_memory: Count | None = None
    """Bytes, in the last part."""
    place: str = field(default="", compare=False)
    """Path of the file that it was read from; not in the JSON."""

    @property
    def started(self) -> str:
        return self.parts[0].started

    @property
    def seconds(self) -> float:
        """Wall time of all parts together."""
        return sum(part.seconds for part in self.parts)

    @property
    def cpu_seconds(self) -> float | None:
        """Processor time of all parts together; None if a part did not measure it."""
        counted = [part.cpu_seconds for part in self.parts if part.cpu_seconds is not None]
        return sum(counted) if len(counted) == len(self.parts) else None

    @property
    def peak_memory(self) -> int:
        return max(part.peak_memory for part in self.parts)

    @property
    def bytes(self) -> int:
        """Total bytes of all outputs."""
        return sum(file.bytes for file in self.outputs)

    @property
    def variant(self) -> str:
        """Part of the file name that distinguishes a stage's jobs, such as the split; or empty."""
        name = PurePosixPath(self.place).name.removesuffix(SUFFIX)
        return name.removeprefix(f"{self.stage}.") if name.startswith(f"{self.stage}.") else ""

    def output(self, path: str) -> File | None:
        """Return the entry of the output `path`; None if the job has no such output."""
        return self._outputs_by_path.get(path)

    @functools.cached_property
    def _outputs_by_path(self) -> dict[str, File]:
        return {file.path: file for file in self.outputs}

    def write(self, path: Path) -> None:
        """Write it as JSON, with sums over the parts before the parts, for human readers."""
        values = asdict(self)
        del values["place"]
        parts = values.pop("parts")
        sums = {"started": self.started, "seconds": round(self.seconds, 3)}
        if (used := self.cpu_seconds) is not None:
            sums["cpu_seconds"] = round(used, 3)
        sums["peak_memory"] = self.peak_memory
        with replacing(path) as temporary:
            temporary.write_text(
                json.dumps({**values, **sums, "parts": parts}, indent=1, ensure_ascii=False) + "\n",
                encoding="utf-8",
            )


def read_provenance(path: Path) -> Provenance:
    """Read a provenance file, which may come from anybody.

    Raises:
        InputError: it is incomplete or has another format: a key is missing or unknown, a path
            leads out of the workflow's folder, a number is negative, infinite or NaN.
    """
    try:
        with enough_memory(path):
            given = json.loads(read_text(path, LARGEST))
            check_count(given, MOST_VALUES)
            if not isinstance(given, dict):
                raise TypeError("no object")
            for name in ("started", "seconds", "peak_memory"):
                del given[name]
            given.pop("cpu_seconds", None)  # missing in older files
            made = adapter(Provenance).validate_python({**given, "place": path.as_posix()})
        if "place" in given:
            raise KeyError("place")
        _check_distinct(made.inputs)
        _check_distinct(made.outputs)
        return made
    except ValidationError as error:
        problem = first_problem(error)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise InputError(
        f"{path}: is no whole provenance ({problem}); it was cut or edited. Pull it again, or make "
        "the file that it describes again, which writes it too: snakemake --cores all "
        "--force -- FILE"
    )


def _check_distinct(files: Sequence[File]) -> None:
    """Raise ValueError if one path occurs with different contents."""
    known: dict[str, File] = {}
    for file in files:
        if known.setdefault(file.path, file) != file:
            raise ValueError(f"{file.path} is there twice, with different content")


def find_provenance(path: str) -> Provenance | None:
    """Find the provenance of the file `path`, relative to the workflow's folder; None if missing.

    Raises:
        InputError: a provenance in the searched folders is invalid.
    """
    for found in _in_folders_of(path):
        if found.output(path) is not None:
            return found
    return None


def _in_folders_of(path: str) -> Iterator[Provenance]:
    """Yield the provenances in the folder of `path` and in CLIMBED parents, nearest first."""
    if path.endswith(SUFFIX):
        return
    for folder in list(Path(path).parents)[: CLIMBED + 1]:
        for file in sorted(folder.glob(f"*{SUFFIX}")):
            yield cached_provenance(file)


def cached_provenance(path: Path) -> Provenance:
    """Read a provenance as `read_provenance` does, but an unchanged file only once."""
    status = path.stat()
    return _read_once(path, status.st_mtime_ns, status.st_size, status.st_ino)


@functools.lru_cache(maxsize=4096)
def _read_once(path: Path, *_: int) -> Provenance:
    return read_provenance(path)


def owner_of(path: str) -> tuple[str | None, str | None]:
    """Return (data set, experiment) of a file by its path, with None for a missing one.

    >>> owner_of("results/avatar/common/sample_frames/sample_frames.dev.provenance.json")
    ('avatar', 'common')
    >>> owner_of("results/avatar/fla_llm.provenance.json")
    ('avatar', 'fla_llm')
    >>> owner_of("resources/avatar/synthesize_avatar.provenance.json")
    ('avatar', None)
    """
    parts = PurePosixPath(path).parts
    if parts[:1] == ("resources",) and len(parts) == 3:
        return parts[1], None
    if parts[:1] != ("results",) or len(parts) < 3:
        return None, None
    experiment = parts[2].removesuffix(SUFFIX)
    return parts[1], None if experiment in NOT_EXPERIMENTS else experiment


def without_places(settings: Any) -> Any:
    """Cut paths outside the workflow's folder in `settings` (JSON values) to their names.

    Addresses are cut to scheme, host and path: the query may hold a secret.
    """
    if isinstance(settings, Mapping):
        return {key: without_places(value) for key, value in settings.items()}
    if isinstance(settings, Sequence) and not isinstance(settings, str):
        return [without_places(value) for value in settings]
    if isinstance(settings, str) and settings.startswith(("/", "~", "../")):
        return PurePosixPath(settings).name
    return short(settings) if isinstance(settings, str) else settings
