"""Data sets named in stages' settings, such as the one that an encoder is pretrained on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Protocol

from sign2text.config.equal_causes import Problem
from sign2text.config.keys import DataSet, Experiment
from sign2text.config.reads import Made, NamedDataSet, Read, Settings
from sign2text.config.stages import COMMON, Stage
from sign2text.ground.settings import unknown_name


class Described(Protocol):
    """Interface of a `config.project.Project` that these checks use."""

    datasets: Mapping[str, DataSet]
    experiments: Mapping[str, Experiment]
    stages: Mapping[str, Stage]

    def has_stage(self, experiment: str, stage: str) -> bool: ...
    def takes(self, stage: str, dataset: str) -> bool: ...
    def settings(self, dataset: str, experiment: str) -> Settings: ...
    def reads(self, dataset: str, experiment: str, stage: str) -> tuple: ...
    def read_by(self, dataset: str, experiment: str, stage: str) -> tuple[Made, ...]: ...


def check_known(project: Described) -> Iterator[Problem]:
    """Report settings that name a data set missing from config.yaml."""
    for experiment, dataset, stage in _asked(project):
        settings = project.settings(dataset, experiment)
        for read in _from_elsewhere(project, dataset, experiment, stage):
            other = read.dataset(settings)
            if other is not None and other not in project.datasets:
                text = unknown_name(f".{_key(read, stage)}", other, project.datasets)
                yield Problem(stage, experiment, dataset, text)


def check_circles(project: Described) -> Iterator[Problem]:
    """Report stages that depend on their own artefacts through another data set.

    Requires that all names are known (`check_known`) and that the stages accept the data sets.
    """
    for experiment in [COMMON, *project.experiments]:
        done: set[Made] = set()
        for of, dataset, stage in _asked(project, experiment):
            yield from _circles(project, of, (dataset, stage), [], done)


def _circles(
    project: Described, experiment: str, made: Made, path: list[Made], done: set[Made]
) -> Iterator[Problem]:
    """Follow `made` upstream, except into `done`; `path` is the way that led to `made`."""
    if made in path:
        yield from _circle(project, experiment, [*path[path.index(made) :], made])
    elif made not in done:
        for other in project.read_by(made[0], experiment, made[1]):
            yield from _circles(project, experiment, other, [*path, made], done)
        done.add(made)


def _circle(project: Described, experiment: str, circle: list[Made]) -> Iterator[Problem]:
    """Report the first setting that leads the circle to another data set."""
    way = " -> ".join(f"{stage} of {dataset}" for dataset, stage in circle)
    for (dataset, stage), following in itertools.pairwise(circle):
        settings = project.settings(dataset, experiment)
        for read in _from_elsewhere(project, dataset, experiment, stage):
            if read.maker(settings) == following:
                text = f".{_key(read, stage)}: the data sets go round in a circle ({way}); break it"
                yield Problem(stage, experiment, dataset, text)
                return


def _asked(project: Described, *experiments: str) -> Iterator[tuple[str, str, str]]:
    """Yield each experiment, data set and stage that may read from another data set."""
    crossing = [
        name
        for name, stage in project.stages.items()
        if any(isinstance(read, Read) and read.dataset for read in stage.declared)
    ]
    for experiment in experiments or [COMMON, *project.experiments]:
        for stage in crossing:
            if project.has_stage(experiment, stage):
                taken = (each for each in project.datasets if project.takes(stage, each))
                yield from ((experiment, dataset, stage) for dataset in taken)


def _from_elsewhere(
    project: Described, dataset: str, experiment: str, stage: str
) -> Iterator[Read]:
    reads = project.reads(dataset, experiment, stage)
    return (read for read in reads if isinstance(read, Read) and read.dataset)


def _key(read: Read, stage: str) -> str:
    """Return the setting that names the data set of a file read by `stage`, else its option."""
    named = read.dataset
    if not isinstance(named, NamedDataSet):
        return read.option
    return named.key if named.stage == stage else f"{named.stage}.{named.key}"
