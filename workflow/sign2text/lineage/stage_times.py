"""The stages that an experiment is made by, in order, and what each took in time and memory."""

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
"""Seconds of wall time of a job, and MiB of memory where that was measured."""


@dataclass(frozen=True)
class StageTime:
    """What the newest jobs of a stage took; None where nothing is known of it."""

    stage: str
    owner: str
    """The experiment whose settings it was run with; empty for what makes a raw corpus."""
    jobs: int
    seconds: float | None
    """Wall time, the sum of its jobs (one a split, of some stages)."""
    peak: float | None
    """Memory in MiB that the largest job held at most (resident set size); by its provenance, the
    largest process of it."""
    data_set: str | None = None
    """Another data set than the experiment's, on which its encoder was pretrained."""


def stages_of(project: Project, dataset: str, experiment: str) -> list[str]:
    """The stages behind a score, each after what it reads: `owner/stage`, or `stage` of a corpus.

    Raises:
        InputError: config.yaml has no such data set or experiment.
    """
    return _stages_on(project, dataset, experiment, dataset)


def stages_elsewhere(project: Project, dataset: str, experiment: str) -> list[str]:
    """The stages behind a score on other data sets, those of the first pretraining first.

    Each as `data set/owner/stage`; the owner is empty for a stage that makes a corpus. Raises
    InputError as `stages_of`.
    """
    behind = dict.fromkeys(of for of, _ in project.signature(dataset, experiment, LAST))
    return [
        f"{of}/{place}" if "/" in place else f"{of}//{place}"
        for of in reversed(behind)
        if of != dataset
        for place in _stages_on(project, dataset, experiment, of)
    ]


def _stages_on(project: Project, dataset: str, experiment: str, on: str) -> list[str]:
    """The stages behind a score on `dataset` that run on the data set `on`."""
    signature = project.signature(dataset, experiment, LAST)
    used = {stage for of, stage in signature if of == on}
    used = {stage for stage in used if not project.stages[stage].is_corpus}
    ordered = in_order(used, project.stages)
    source = source_of(project, on)
    return [source, *(f"{project.owner(on, experiment, each)}/{each}" for each in ordered)]


def source_of(project: Project, dataset: str) -> str:
    """The stage that makes the data set's raw corpus."""
    return RENDERINGS.get(inherited(project.datasets, dataset, "adapter"), "acquire_corpus")


def read_times(logs: Path, data_set: str, stages: Sequence[str]) -> list[StageTime]:
    """What is known of the jobs of each stage, from the benchmark file of each or its provenance.

    Snakemake's benchmark files stay on the machine that ran a job; where there is none, the
    provenance counts, which travels with what the job made. Neither is an input of a rule, so files
    that are missing or not whole are passed over.

    Args:
        logs: the data set's folder of logs.
        data_set: below results/ and resources/, in the workflow's folder, which is the current one.
        stages: each as `owner/stage`, or `stage` of a corpus; with another data set before it as
            `stages_elsewhere` gives it, whose logs lie beside `logs`.
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
    """Hours of wall time by the keys of `places`, whose values are each a stage as `owner/stage`.

    Without those of which neither benchmark file nor provenance is here.
    """
    times = zip(places, read_times(logs, data_set, list(places.values())), strict=True)
    return {key: each.seconds / 3600 for key, each in times if each.seconds is not None}


def _benchmarked(logs: Path, place: str) -> dict[str, Measured]:
    """By split, which is empty where a stage has one job."""
    files = {"": logs / f"{place}{BENCHMARK}"}
    for path in sorted((logs / place).glob(f"*{BENCHMARK}")):
        files[path.name.removesuffix(BENCHMARK)] = path
    found = {split: _read_benchmark(path) for split, path in files.items()}
    return {split: each for split, each in found.items() if each is not None}


def _noted(data_set: str, owner: str, stage: str) -> dict[str, Measured]:
    """By split, as _benchmarked."""
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
    """None where it is not whole; a job that was too short has no memory."""
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
