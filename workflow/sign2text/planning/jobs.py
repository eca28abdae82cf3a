"""Jobs behind a target: runs of stages with their settings and input files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sign2text.config.project import Project
from sign2text.config.reads import Read
from sign2text.data.splits import SPLITS
from sign2text.lineage.stage_times import LAST

MADE_UP = frozenset({"make_manifest", "sample_frames", "extract_landmarks", "train_tokenizer"})
"""Shared stages with artefacts that a plan makes up, so that it needs no inputs for them."""


@dataclass(frozen=True)
class Job:
    """A run of a stage for a data set, or for one split of it."""

    dataset: str
    stage: str
    split: str | None
    config: Any
    """The stage's `Config`."""
    inputs: Mapping[str, tuple[Job, str]]
    """Job that makes a file, and the file's name, by option of the stage."""
    places: Mapping[str, str]
    """Path of a raw corpus or a published model, which no job makes, by option of the stage."""


def find_jobs(project: Project, dataset: str, experiment: str) -> list[Job]:
    """List the jobs behind an experiment's score on a data set, each once."""
    found: dict[tuple[str, str, str | None], Job] = {}

    def job(of: str, stage: str, split: str | None) -> Job:
        key = of, stage, split
        if key not in found:
            settings, inputs, places = project.settings(of, experiment), {}, {}
            for read in () if stage in MADE_UP else project.reads(of, experiment, stage):
                if not isinstance(read, Read):
                    path = read.path(settings)
                    places[read.option] = read.given(path) if read.given else path
                elif read.is_option:
                    file = read.file.replace("{split}", split or "")
                    maker = read.maker(settings)
                    part = Path(file).name.partition(".")[0]
                    by_split = part in SPLITS and _runs_by_split(project, experiment, *maker)
                    inputs[read.option] = job(*maker, part if by_split else None), file
            config = _without_corpus(stage, settings(stage))
            found[key] = Job(of, stage, split, config, inputs, places)
        return found[key]

    job(dataset, LAST, None)
    return list(found.values())


def _runs_by_split(project: Project, experiment: str, dataset: str, stage: str) -> bool:
    """Return whether a stage has a job for each split, because it reads files of that split."""
    if stage in MADE_UP:
        return True
    reads = project.reads(dataset, experiment, stage)
    return any("{split}" in read.file for read in reads if isinstance(read, Read))


def _without_corpus(stage: str, config: Any) -> Any:
    """Return settings for a model of the same size that need no landmarks of a rendered corpus."""
    landmarks = stage == "pretrain_frame_encoder" and config.start == "landmarks"
    return replace(config, start="random") if landmarks else config
