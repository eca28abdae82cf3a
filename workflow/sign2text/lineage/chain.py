"""Jobs upstream of a file, found from provenances, and from config.yaml if nothing was made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sign2text.config.corpora import published_list
from sign2text.config.reads import ReadPlace
from sign2text.config.stages import NOT_EXPERIMENTS
from sign2text.ground.errors import InputError
from sign2text.lineage.provenance_file import (
    SUFFIX,
    Provenance,
    cached_provenance,
    find_provenance,
)
from sign2text.lineage.stage_times import LAST, source_of

if TYPE_CHECKING:
    from sign2text.config.project import Project


DEEPEST = 200
"""Longest path of jobs; normal ones have about 10."""


@dataclass
class Job:
    """A job of a chain."""

    key: str
    """Path of its provenance; for a missing one, the folder of its stage."""
    stage: str
    data_set: str | None
    owner: str | None
    """The experiment that owns the folder of its files."""
    made: Provenance | None
    reads: list[str] = field(default_factory=list)
    """Keys of the jobs that made its inputs, in order, without duplicates."""
    unknown: list[str] = field(default_factory=list)
    """Inputs that no job has recorded and that no stage is known to make."""

    @property
    def name(self) -> str:
        """The stage, with the variant that distinguishes its jobs in one folder."""
        variant = self.made.variant if self.made else ""
        return " ".join(filter(None, (self.stage, variant or self.language)))

    @property
    def language(self) -> str | None:
        """Language of a score, results/<data set>/<experiment>/<language>.bleu; else None."""
        parts = PurePosixPath(self.key.removesuffix(SUFFIX)).parts
        return parts[3] if self.stage == LAST and len(parts) == 4 else None


@dataclass(frozen=True)
class Chain:
    """A target with all jobs upstream, the target's first; each comes after its readers."""

    target: str
    jobs: dict[str, Job]

    @property
    def root(self) -> Job:
        return next(iter(self.jobs.values()))

    @property
    def made(self) -> list[Job]:
        """Jobs that were made."""
        return [job for job in self.jobs.values() if job.made is not None]


def trace(target: str, project: Project | None) -> Chain:
    """Follow `target`, a file of the workflow, upstream to the corpus.

    Args:
        target: relative to the workflow's folder, such as results/avatar/fla_llm.bleu.
        project: provides the jobs upstream of a job without provenance; None: leave them out.

    Raises:
        InputError: `target` has no provenance and is not a missing file of a stage, a provenance is
            invalid, a path has more than DEEPEST jobs, or config.yaml lacks the data set or
            experiment.
    """
    target = PurePosixPath(target).as_posix()
    root = _job_of(target)
    if root is None:
        raise InputError(_not_traceable(target))
    seen: set[str] = set()
    ordered: list[Job] = []

    def visit(job: Job, depth: int = 1) -> None:
        if depth > DEEPEST:
            raise InputError(
                f"{job.key}: found more than {DEEPEST} jobs behind one another, expected fewer. "
                "The provenance files do not come from this workflow: delete and pull them again."
            )
        seen.add(job.key)
        reads: dict[str, None] = {}
        for other in _read_by(job, project):
            reads[other.key] = None
            if other.key not in seen:
                visit(other, depth + 1)
        job.reads += reads
        ordered.append(job)

    visit(root)
    return Chain(target, {job.key: job for job in reversed(ordered)})


def folder_of(data_set: str, owner: str, stage: str) -> str:
    """Return the folder of a stage's files."""
    return f"results/{data_set}/{owner}/{stage}"


def _job_of(path: str) -> Job | None:
    """Return the job that made or would make a file; None if neither is known."""
    made = find_provenance(path)
    if made is not None:
        return made_job(made)
    if Path(path).exists():
        return None
    parts = PurePosixPath(path).parts
    if len(parts) in (3, 4) and parts[0] == "results" and parts[-1].endswith(".bleu"):
        key = path.removesuffix(".bleu")
        return Job(key, LAST, parts[1], PurePosixPath(key).parts[2], None)
    if len(parts) == 5 and parts[0] == "results" and parts[2] not in NOT_EXPERIMENTS:
        return Job("/".join(parts[:4]), parts[3], parts[1], parts[2], None)
    return None


def made_job(provenance: Provenance) -> Job:
    """Return the job of a provenance, without upstream jobs."""
    about = provenance.data_set, provenance.experiment, provenance
    return Job(provenance.place, provenance.stage, *about)


def _read_by(job: Job, project: Project | None) -> Iterator[Job]:
    """Yield the jobs that made the inputs of `job`, or that it would read from now."""
    if job.made is None:
        yield from _planned(job, project)
        return
    for file in job.made.inputs:
        found = _job_of(file.path)
        if found is None:
            job.unknown.append(file.path)
        else:
            yield found


def _planned(job: Job, project: Project | None) -> Iterator[Job]:
    """Yield the jobs that `job` would read from by the settings, made or not."""
    if project is None or job.data_set is None or job.owner is None:
        return
    if job.stage not in project.stages:
        raise InputError(f"{job.key}: there is no stage {job.stage}")
    project.check_needs(job.data_set, job.owner, job.stage)
    if job.language is not None:
        project.check_language(job.data_set, job.owner, job.language)
    for data_set, stage in _upstream(job, project):
        if project.stages[stage].is_corpus:
            folder, owner = f"resources/{data_set}", None
        else:
            owner = project.owner(data_set, job.owner, stage)
            folder = folder_of(data_set, owner, stage)
        made = map(cached_provenance, sorted(Path(folder).glob(f"{stage}.*{SUFFIX[1:]}")))
        jobs = [made_job(each) for each in made]
        key = folder if owner else f"{folder}/{stage}"
        yield from jobs or [Job(key, stage, data_set, owner, None)]


def _upstream(job: Job, project: Project) -> Iterator[tuple[str, str]]:
    """Yield data sets and stages that a job reads from, also the source of a published corpus."""
    of = job.data_set, job.owner, job.stage, job.language is not None
    yield from project.read_by(*of)
    settings = project.settings(job.data_set, job.owner)
    for read in project.reads(*of):
        if isinstance(read, ReadPlace) and read.path is published_list:
            yield settings.dataset, source_of(project, settings.dataset)


def _not_traceable(target: str) -> str:
    example = "such as results/avatar/fla_llm.bleu or results/avatar/common/make_manifest/train.tsv"
    if Path(target).is_dir():
        score = f"{target}.bleu"
        inside = score if Path(score).is_file() else f"a score file or a stage's file, {example}"
        return f"{target}: a folder found, a file expected. Name {inside}."
    if not Path(target).exists():
        return (
            f"{target}: not there, and not the file of a stage. Name a score file or a stage's "
            f"file, {example}."
        )
    if PurePosixPath(target).parts[0] in ("results", "resources"):
        return (
            f"{target}: it has no provenance. It was made by hand or by an earlier "
            f"version; make it again: snakemake --cores all --force -- {target}"
        )
    return f"{target}: no stage makes it. Name a score file or a stage's file, {example}."
