"""Outputs that Snakemake has no record of, and that were made otherwise than configured now.

On a cluster a job lives on when its snakemake is killed. At its end the snakemake within the job
takes the mark of unfinished work from the outputs, but the record of what they were made with is
for the one outside to write, and that is gone. Without a record, or with that of what was there
before, what was made with other settings or code would pass for what is wanted now. Its provenance
says what it was made with; where that is not what is wanted, the mark is put back, and the job is
due. The mark is taken away when the settings and the code are those of then again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.errors import InputError
from sign2text.files import replacing
from sign2text.lineage.chain import Job, made_job
from sign2text.lineage.now import made_otherwise
from sign2text.lineage.provenance_file import SUFFIX, cached_provenance
from sign2text.registry import COMMON
from sign2text.sharing.snakemake_records import CLOCKS_APART, end_of, incomplete_path

if TYPE_CHECKING:
    from sign2text.config import Project

FOLDERS = ("results/*", "results/*/*", "results/*/*/*")
"""Those that may hold a provenance."""
# As Snakemake writes it (snakemake/persistence/file.py), and by whom, so that it can be taken away.
_MARK = json.dumps({"external_jobid": None, "marked_by": "sign2text"})


def mark_unrecorded(project: Project) -> Iterator[tuple[str, list[str]]]:
    """Mark such outputs as unfinished, and no others; yields one of each job, and what differs."""
    for folder in FOLDERS:
        for path in sorted(Path().glob(f"{folder}/*{SUFFIX}")):
            try:
                job = made_job(cached_provenance(path))
            except (InputError, OSError):
                continue  # it is not whole, which `explain` and `verify` say
            outputs = [file.path for file in job.made.outputs if is_unrecorded(file.path)]
            if not outputs or not _is_configured(job, project):
                continue
            different = made_otherwise(job, project)
            for output in outputs:
                _mark(incomplete_path(output), bool(different))
            if different:
                yield outputs[0], different


def is_unrecorded(output: str) -> bool:
    """Whether it is there, and Snakemake takes it for finished without having noted it."""
    mark, path = incomplete_path(output), Path(output)
    if not path.exists() or (mark.exists() and mark.read_text(encoding="utf-8") != _MARK):
        return False  # a mark of Snakemake's own makes it due
    try:
        return end_of(output) < path.stat().st_mtime - CLOCKS_APART
    except InputError:
        return True


def _is_configured(job: Job, project: Project) -> bool:
    """Whether config.yaml has its data set and experiment: of others nothing is due, or not."""
    names = (COMMON, None, *project.experiments)
    return job.data_set in project.datasets and job.owner in names


def _mark(place: Path, unfinished: bool) -> None:
    if unfinished and not place.exists():
        with replacing(place) as temporary:
            temporary.write_text(_MARK, encoding="utf-8")
    elif not unfinished and place.exists() and place.read_text(encoding="utf-8") == _MARK:
        place.unlink()
