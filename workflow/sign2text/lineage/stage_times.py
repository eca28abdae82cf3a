"""Stages of an experiment, in order, with the time and memory of each."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.config.corpora import RENDERINGS
from sign2text.config.inheritance import inherited
from sign2text.config.stages import in_order
from sign2text.ground.errors import InputError
from sign2text.lineage.provenance_file import SUFFIX, read_provenance
from sign2text.lineage.provenance_form import LONGEST_TIME

if TYPE_CHECKING:
    from sign2text.config.project import Project

LAST = "score"
BENCHMARK = ".benchmark.tsv"

Measured = tuple[float, float | None]
"""Seconds of wall time of a job, and MiB of memory if measured."""


@dataclass(frozen=True)
class StageTime:
    """Time and memory of a stage's newest jobs; None if unknown."""

    stage: str
    owner: str
    """The experiment that provided its settings; empty for a stage that makes a raw corpus."""
    jobs: int
    seconds: float | None
    """Wall time, summed over its jobs (some stages have one per split)."""
    peak: float | None
    """Peak memory in MiB of the largest job (resident set size); if it comes from the provenance,
    of the job's largest process."""
    data_set: str | None = None
    """The stage's data set if it is not the experiment's: the encoder was pretrained on it."""


def stages_of(project: Project, dataset: str, experiment: str) -> list[str]:
    """List the stages upstream of a score in order: `owner/stage`, or `stage` for a corpus.

    Raises:
        InputError: config.yaml lacks the data set or the experiment.
    """
    return _stages_on(project, dataset, experiment, dataset)


def stages_elsewhere(project: Project, dataset: str, experiment: str) -> list[str]:
    """List the stages upstream of a score on other data sets, the first pretraining first.

    Each entry is `data set/owner/stage`; the owner is empty for a stage that makes a corpus. Raises
    InputError as `stages_of` does.
    """
    behind = dict.fromkeys(of for of, _ in project.signature(dataset, experiment, LAST))
    return [
        f"{of}/{place}" if "/" in place else f"{of}//{place}"
        for of in reversed(behind)
        if of != dataset
        for place in _stages_on(project, dataset, experiment, of)
    ]


def _stages_on(project: Project, dataset: str, experiment: str, on: str) -> list[str]:
    """List the stages upstream of a score on `dataset` that run on the data set `on`."""
    signature = project.signature(dataset, experiment, LAST)
    used = {stage for of, stage in signature if of == on}
    used = {stage for stage in used if not project.stages[stage].is_corpus}
    ordered = in_order(used, project.stages)
    source = source_of(project, on)
    return [source, *(f"{project.owner(on, experiment, each)}/{each}" for each in ordered)]


def source_of(project: Project, dataset: str) -> str:
    """Return the stage that makes the data set's raw corpus."""
    return RENDERINGS.get(inherited(project.datasets, dataset, "adapter"), "acquire_corpus")


def read_times(logs: Path, data_set: str, stages: Sequence[str]) -> list[StageTime]:
    """Read the time and memory of each stage's jobs from benchmark files or provenances.

    Snakemake's benchmark files stay on the machine that ran a job. If one is missing, the
    provenance is used, which travels with the job's outputs. Neither is an input of a rule, so
    missing and invalid files are skipped.

    Args:
        logs: the data set's log folder.
        data_set: folder name below results/ and resources/ in the current (workflow's) folder.
        stages: `owner/stage`, or `stage` for a corpus. An entry from `stages_elsewhere` starts with
            another data set; its logs are in a sibling of `logs`.
    """
    times = []
    for place in stages:
        *before, stage = place.split("/")
        *other, owner = before or [""]
        of = other[0] if other else data_set
        noted = logs.parent / of if other else logs
        place = f"{owner}/{stage}" if owner else stage
        jobs = {**_noted(of, owner, stage), **_benchmarked(noted, place)}
        peaks = [peak for _, peak in jobs.values() if peak is not None]
        times.append(
            StageTime(
                stage,
                owner,
                jobs=len(jobs),
                seconds=sum(seconds for seconds, _ in jobs.values()) if jobs else None,
                peak=max(peaks, default=None),
                data_set=of if other else None,
            )
        )
    return times


def read_hours(logs: Path, data_set: str, places: Mapping[str, str]) -> dict[str, float]:
    """Read hours of wall time, by the keys of `places`; its values are stages, `owner/stage`.

    Stages with neither benchmark file nor provenance are left out.
    """
    times = zip(places, read_times(logs, data_set, list(places.values())), strict=True)
    return {key: each.seconds / 3600 for key, each in times if each.seconds is not None}


def _benchmarked(logs: Path, place: str) -> dict[str, Measured]:
    """Read a stage's benchmark files by split, which is empty if the stage has one job."""
    files = {"": logs / f"{place}{BENCHMARK}"}
    for path in sorted((logs / place).glob(f"*{BENCHMARK}")):
        files[path.name.removesuffix(BENCHMARK)] = path
    found = {split: _read_benchmark(path) for split, path in files.items()}
    return {split: each for split, each in found.items() if each is not None}


def _noted(data_set: str, owner: str, stage: str) -> dict[str, Measured]:
    """Read a stage's provenances by split, as `_benchmarked` does."""
    folder, pattern = Path("results", data_set, owner, stage), f"{stage}.*{SUFFIX[1:]}"
    if not owner:
        folder = Path("resources", data_set)
    elif stage == LAST:
        folder, pattern = Path("results", data_set), f"{owner}{SUFFIX}"
    found = {}
    for path in sorted(folder.glob(pattern)):
        with contextlib.suppress(InputError, OSError):
            made = read_provenance(path)
            found[made.variant] = made.seconds, made.peak_memory / 2**20
    return found


def _read_benchmark(path: Path) -> Measured | None:
    """Read a benchmark file; None if it is invalid. A very short job has no memory value."""
    try:
        header, values = (line.split("\t") for line in path.read_text().splitlines()[:2])
        row = dict(zip(header, values, strict=True))
        seconds = float(row["s"])
        if not 0 <= seconds <= LONGEST_TIME:  # NaN too
            return None
    except (OSError, ValueError, KeyError):
        return None
    try:
        memory = float(row["max_rss"])
    except (ValueError, KeyError):
        return seconds, None
    return seconds, memory if 0 <= memory <= LONGEST_TIME else None
