"""Outputs without a record by Snakemake that differ from the current configuration.

On a cluster, a job survives when its snakemake is killed. At the job's end, the snakemake inside
the job removes the outputs' incomplete marks. The record of their settings and code is the task of
the outer snakemake, which is gone. Without a record, or with an older output's record, outputs made
with other settings or code would pass as up to date. The provenance has the settings and the code
of an output: if they differ from the current ones, this module restores the mark, and the job is
due. It removes its mark when settings and code are the same again.

A record belongs to the job of the provenance if it is not older than that job. The files' times
prove nothing: they are lost when results are copied or pulled.
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
"""Folders that may hold provenance files of a data set's jobs."""
# Snakemake's format (snakemake/persistence/file.py), with an author: we remove only our own marks.
_MARK = json.dumps({"external_jobid": None, "marked_by": "sign2text"})


def mark_unrecorded(project: Project) -> Iterator[tuple[str, list[str]]]:
    """Mark these outputs as incomplete, and remove our marks from all others.

    Yields one output of each marked job, and its differences from the configuration.
    """
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
                continue  # an invalid provenance, also an input's: `explain` and `verify` report it
            for output in there:
                _mark(incomplete_path(output), bool(different) and output in unrecorded)
            if different:
                yield unrecorded[0], different


def is_recorded(output: str, made: Provenance) -> bool:
    """Return whether the record of `output` is from the job that made it, or a later `--touch`."""
    try:
        return end_of(output) >= datetime.fromisoformat(made.parts[-1].started).timestamp()
    except InputError:
        return False


def is_marked(output: str) -> bool:
    """Return whether `output` is marked as incomplete."""
    return incomplete_path(output).exists()


def _is_configured(job: Job, project: Project) -> bool:
    """Return whether config.yaml has the data set and experiment to compare the job with."""
    names = (COMMON, None, *project.experiments)
    return job.data_set in project.datasets and job.owner in names


def _mark(place: Path, unfinished: bool) -> None:
    """Write or remove our mark, and keep a mark of Snakemake's."""
    # In a read-only folder nothing can be made anyway, and a dry run must still work.
    with contextlib.suppress(InputError, OSError, UnicodeDecodeError):
        if unfinished and not place.exists():
            with replacing(place) as temporary:
                temporary.write_text(_MARK, encoding="utf-8")
        elif not unfinished and place.exists() and place.read_text(encoding="utf-8") == _MARK:
            place.unlink()
