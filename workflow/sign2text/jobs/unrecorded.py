"""Outputs that Snakemake has no record of, and that were made otherwise than configured now.

On a cluster a job lives on when its snakemake is killed. At its end the snakemake within the job
takes the mark of unfinished work from the outputs, but the record of what they were made with is
for the one outside to write, and that is gone. Without a record, or with that of what was there
before, what was made with other settings or code would pass for what is wanted now. Its provenance
says what it was made with; where that is not what is wanted, the mark is put back, and the job is
due. The mark is taken away when the settings and the code are those of then again.

A record is of the job that its provenance speaks of when it is not older than that job. Times of
files say nothing: they are lost when results are copied or pulled.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.config.stages import COMMON
from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing
from sign2text.jobs.snakemake_records import end_of, incomplete_path
from sign2text.lineage.chain import Job, made_job
from sign2text.lineage.provenance_file import SUFFIX, Provenance, cached_provenance
from sign2text.lineage.up_to_date import made_otherwise

if TYPE_CHECKING:
    from sign2text.config.project import Project

FOLDERS = ("resources/*", "results/*", "results/*/*", "results/*/*/*")
"""Those that may hold the provenance of a data set's jobs."""
# As Snakemake writes it (snakemake/persistence/file.py), and by whom, so that it can be taken away.
_MARK = json.dumps({"external_jobid": None, "marked_by": "sign2text"})


def mark_unrecorded(project: Project) -> Iterator[tuple[str, list[str]]]:
    """Mark such outputs as unfinished, and no others; yields one of each job, and what differs."""
    for folder in FOLDERS:
        for path in sorted(Path().glob(f"{folder}/*{SUFFIX}")):
            try:
                job = made_job(cached_provenance(path))
                if not _is_configured(job, project):
                    continue
                there = [file.path for file in job.made.outputs if Path(file.path).exists()]
                unrecorded = [path for path in there if not is_recorded(path, job.made)]
                different = made_otherwise(job, project) if unrecorded else []
            except (InputError, OSError):
                continue  # it or one of its inputs' is not whole, which `explain` and `verify` say
            for output in there:
                _mark(incomplete_path(output), bool(different) and output in unrecorded)
            if different:
                yield unrecorded[0], different


def is_recorded(output: str, made: Provenance) -> bool:
    """Whether Snakemake's record of `output` is of the job that made it, or a later `--touch`."""
    try:
        return end_of(output) >= datetime.fromisoformat(made.parts[-1].started).timestamp()
    except InputError:
        return False


def is_marked(output: str) -> bool:
    """Whether Snakemake takes `output` for unfinished."""
    return incomplete_path(output).exists()


def _is_configured(job: Job, project: Project) -> bool:
    """Whether config.yaml has its data set and experiment; else nobody can say what is wanted."""
    names = (COMMON, None, *project.experiments)
    return job.data_set in project.datasets and job.owner in names


def _mark(place: Path, unfinished: bool) -> None:
    """Put our mark there, or take it away; one of Snakemake's own stays."""
    # Where nothing may be written nothing can be made either: a dry run goes on.
    with contextlib.suppress(InputError, OSError, UnicodeDecodeError):
        if unfinished and not place.exists():
            with replacing(place) as temporary:
                temporary.write_text(_MARK, encoding="utf-8")
        elif not unfinished and place.exists() and place.read_text(encoding="utf-8") == _MARK:
            place.unlink()
