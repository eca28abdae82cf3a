"""Missing and outdated artefacts of a chain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sign2text.config.stages import COMMON
from sign2text.ground.addresses import short
from sign2text.ground.errors import InputError
from sign2text.ground.settings import flattened, to_json_values
from sign2text.lineage.chain import Chain, Job
from sign2text.lineage.provenance_file import find_provenance, without_places

if TYPE_CHECKING:
    from sign2text.config.project import Project


def problems_of(job: Job, project: Project) -> list[str]:
    """List a job's problems, one line each, without reading files other than provenances."""
    if job.made is None:
        return ["missing"]
    return [*_changed_files(job), *made_otherwise(job, project)]


def made_otherwise(job: Job, project: Project) -> list[str]:
    """List inputs, settings, code and sources that would differ now, one line each."""
    return [
        *_other_inputs(job),
        *_other_settings(job, project),
        *_other_code(job, project),
        *_other_sources(job, project),
    ]


def find_problems(chain: Chain, project: Project) -> dict[str, list[str]]:
    """Return the problems of a chain's jobs by job key, without jobs that have none."""
    found = {key: problems_of(job, project) for key, job in chain.jobs.items()}
    return {key: problems for key, problems in found.items() if problems}


def _changed_files(job: Job) -> Iterator[str]:
    for file in job.made.outputs:
        path = Path(file.path)
        if not path.is_file():
            yield f"missing: {file.path}"
        elif (size := path.stat().st_size) != file.bytes:
            yield f"{file.path} has {size} bytes, had {file.bytes} when it was made"


def _other_inputs(job: Job) -> Iterator[str]:
    for file in job.made.inputs:
        made = find_provenance(file.path)
        said = made.output(file.path) if made else None
        if said is not None and said != file:
            yield f"read another {file.path} than there is now"


def _other_settings(job: Job, project: Project) -> Iterator[str]:
    if job.stage not in project.stages or job.data_set is None:
        return  # fetch_model takes its settings from the stages that use the model
    try:
        config = project.stage_config(job.data_set, job.owner or COMMON, job.stage)
    except InputError as error:
        yield f"is not configured any more: {error}"
        return
    then = flattened(job.made.settings)
    # Older provenances have full addresses.
    then = {key: short(value) if isinstance(value, str) else value for key, value in then.items()}
    now = flattened(without_places(to_json_values(config)))
    for key in [key for key in {**then, **now} if then.get(key) != now.get(key)]:
        values = (json.dumps(each.get(key), ensure_ascii=False) for each in (then, now))
        yield "{}: {} then, {} now".format(key, *values)


def _other_code(job: Job, project: Project) -> Iterator[str]:
    try:
        now = project.code(job.data_set, job.owner or COMMON, job.stage)
    except (ValueError, InputError, KeyError):
        yield f"there is no stage {job.stage} any more"
        return
    if job.made.code != now:
        yield f"code {job.made.code} then, {now} now"


def _other_sources(job: Job, project: Project) -> Iterator[str]:
    """Report artefacts that the job would read from another experiment or stage now."""
    if job.stage not in project.stages or job.data_set is None or job.owner is None:
        return
    try:
        of = job.data_set, job.owner, job.stage, job.language is not None
        behind, read = set(project.signature(*of)), set(project.read_by(*of))
    except InputError:
        return  # reported with the settings
    behind.discard((job.data_set, job.stage))
    seen = set()
    for file in job.made.inputs:
        parts = PurePosixPath(file.path).parts
        if parts[:1] != ("results",) or len(parts) != 5:
            continue
        data_set, owner, stage = parts[1:4]
        if (data_set, stage) in seen:
            continue
        seen.add((data_set, stage))
        if (data_set, stage) not in behind:
            yield f"read {'/'.join(parts[:4])}, which it would not now"
        elif project.owner(data_set, job.owner, stage) != owner:
            now = project.folder(data_set, job.owner, stage)
            yield f"read {'/'.join(parts[:4])}, would read {now}"
    for data_set, stage in sorted(read - seen):
        if not project.stages[stage].is_corpus:
            yield f"would read {project.folder(data_set, job.owner, stage)} now"
