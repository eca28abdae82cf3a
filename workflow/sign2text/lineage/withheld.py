"""Files that are not published by default, because they show pictures of somebody's corpus."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sign2text.config.stages import find_stages
from sign2text.lineage.chain import Job

if TYPE_CHECKING:
    from sign2text.config.project import Project


def is_withheld(project: Project, job: Job, path: str) -> bool:
    """Return whether the output `path` of `job` shows pictures of a corpus not rendered here.

    Such a corpus has a licence, and frames extracted from it are the corpus in another form. A
    stage's module lists its outputs with pictures in `PICTURES`.
    """
    stage = find_stages().get(job.stage)
    if stage is None or not any(PurePosixPath(path).match(each) for each in stage.pictures):
        return False
    if job.data_set not in project.datasets:
        return True
    if project.is_text_alone(job.data_set):
        return False  # no picture was ever read
    return not project.is_rendered(job.data_set)
