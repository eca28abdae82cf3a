"""Checks of config.yaml as a whole: all that is wrong with it, each with its key's path."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from sign2text.config.equal_causes import Problem, said_once
from sign2text.config.inheritance import check_bases, inherited
from sign2text.config.keys import DataSet, Experiment, Workflow
from sign2text.config.layers import Layers
from sign2text.config.listings import check_listings
from sign2text.config.methods import Method
from sign2text.config.pair_settings import check_pairs, check_stages, pair_layers
from sign2text.config.reads import Settings
from sign2text.config.signed_sentences import check_filled_in, check_sentences
from sign2text.config.stages import COMMON, NOT_EXPERIMENTS, Stage, check_methods, check_reads
from sign2text.ground.errors import InputError
from sign2text.ground.settings import find_problems, unknown_key

FORBIDDEN = {
    # results/report/ is what `make report` makes, resources/models/ what fetch_model does.
    "datasets": frozenset({"report", "models"}),
    "experiments": NOT_EXPERIMENTS | {COMMON},
}


class Described(Protocol):
    """What the checks ask of a configuration: a `config.project.Project`."""

    datasets: Mapping[str, DataSet]
    experiments: Mapping[str, Experiment]
    methods: Mapping[str, Method]
    stages: Mapping[str, Stage]
    layers: Layers

    def method(self, experiment: str) -> str: ...
    def own_stages(self, experiment: str) -> list[str]: ...
    def has_stage(self, experiment: str, stage: str) -> bool: ...
    def stage_config(self, dataset: str, experiment: str, stage: str) -> Any: ...
    def settings(self, dataset: str, experiment: str) -> Settings: ...
    def reads(self, dataset: str, experiment: str, stage: str) -> tuple[Any, ...]: ...
    def owner(self, dataset: str, experiment: str, stage: str) -> str: ...


def check_project(project: Described, known: Workflow) -> None:
    """Raise InputError with a line for each problem, those of the first check that finds any.

    Args:
        project: what `known` describes; its settings are asked for only after the names are right.
    """
    for problems in (
        check_methods(project.stages, project.methods),
        _check_names(project),
        _check_data_sets(project),
        _check_experiments(project),
        _check_pairs(project),
        check_listings(known),
        _check_layers(project),
        _check_sentences(project),
        _check_wholes(project),
        _check_together(project),
    ):
        if found := list(problems):
            raise InputError("\n".join(found))


def _check_names(project: Described) -> Iterator[str]:
    yield from check_bases("datasets", project.datasets, FORBIDDEN["datasets"])
    yield from check_bases("experiments", project.experiments, FORBIDDEN["experiments"])


def _check_data_sets(project: Described) -> Iterator[str]:
    for name, entry in project.datasets.items():
        for key in ("adapter", "language"):
            # Of those with a base, the line about the base says it.
            if entry.base is None and getattr(entry, key) is None:
                yield f"datasets.{name}.{key}: is missing, and there is no base that has it"
        for stage in entry.stages.keys() - project.stages.keys():
            yield unknown_key(f"datasets.{name}.stages.{stage}", stage, project.stages)
        for stage, settings in entry.stages.items():
            yield from check_filled_in(f"datasets.{name}.stages.{stage}", settings)


def _check_sentences(project: Described) -> Iterator[str]:
    """Sentences that a data set signs, where they are named: once for those that inherit them."""
    own = functools.partial(inherited, project.datasets)
    for name, entry in project.datasets.items():
        if entry.base is None or {entry.sentences, entry.adapter, entry.language} != {None}:
            yield from check_sentences(name, project.datasets, own)


def _check_experiments(project: Described) -> Iterator[str]:
    for name, entry in project.experiments.items():
        path, method = f"experiments.{name}", project.method(name)
        if method not in project.methods:
            # Where it is inherited, the line about the base says it.
            if entry.method is not None:
                problem = f'unknown method "{method}"'
                yield unknown_key(f"{path}.method", method, project.methods, problem, "accepted")
            elif entry.base is None:
                yield f"{path}.method: is missing; accepted: {', '.join(sorted(project.methods))}"
            continue
        of_base = entry.base and project.method(entry.base)
        if of_base in project.methods and of_base != method:
            yield (
                f'{path}.method: found "{method}", expected that of its base {entry.base}, '
                f"{of_base}; leave the key out, or leave out the base"
            )
        yield from _check_stages(project, name, path, entry.stages)


def _check_stages(
    project: Described, experiment: str, path: str, given: Mapping[str, Any]
) -> Iterator[str]:
    own = project.own_stages(experiment)
    yield from check_stages(path, project.method(experiment), given, own, project.stages)


def _check_pairs(project: Described) -> Iterator[str]:
    yield from check_pairs(
        project.datasets, project.experiments, functools.partial(_check_stages, project)
    )


def _check_layers(project: Described) -> Iterator[str]:
    """Each thing that somebody wrote, where it was written."""
    seen = set()
    for stage in project.stages.values():
        layers = [
            each
            for name in project.datasets
            for each in project.layers.of_data_set(name, stage.name)
        ]
        if not stage.is_corpus:
            for name in project.experiments:
                layers += project.layers.of_experiment(name, stage.name)
                for dataset in project.datasets:
                    layers += pair_layers(project.datasets, dataset, name, stage.name)
        for where, layer in layers:
            if where.endswith(".sentences"):
                continue  # these are another data set's, where they were written
            for problem in find_problems(stage.config, layer, where, partial=True):
                # A data set's own keys are in the settings of several stages.
                said = problem if ".stages." in where else problem.partition(": ")[0]
                if said not in seen:
                    seen.add(said)
                    yield problem


def _check_wholes(project: Described) -> Iterator[str]:
    """Each stage's settings as they come together on a data set for an experiment."""
    yield from said_once(_of_wholes(project), key=lambda each: (each.stage, each.text))


def _of_wholes(project: Described) -> Iterator[Problem]:
    for dataset in project.datasets:
        for experiment in [COMMON, *project.experiments]:
            for stage in project.stages:
                if project.stages[stage].is_corpus or project.has_stage(experiment, stage):
                    found = Problem(stage, experiment, dataset, "")
                    try:
                        project.stage_config(dataset, experiment, stage)
                    except InputError as error:
                        for line in str(error).splitlines():
                            yield replace(found, text=line.removeprefix(found.place))


def _check_together(project: Described) -> Iterator[str]:
    """What does not fit between the settings of several stages, once for each cause."""
    yield from said_once(_of_several(project))


def _of_several(project: Described) -> Iterator[Problem]:
    for dataset, experiment, stage in _owned(project):
        found = Problem(stage.name, experiment, dataset, "")
        for problem in check_reads(stage, project.reads(dataset, experiment, stage.name)):
            yield replace(found, text=f": {problem}")
        if stage.check is not None:
            for problem in stage.check(project.settings(dataset, experiment)):
                yield replace(found, text=f": {problem}")


def _owned(project: Described) -> Iterator[tuple[str, str, Stage]]:
    """All data sets, experiments and stages of which the experiment owns the artefacts."""
    for dataset in project.datasets:
        for experiment in [COMMON, *project.experiments]:
            for stage in project.stages.values():
                if (
                    project.has_stage(experiment, stage.name)
                    and project.owner(dataset, experiment, stage.name) == experiment
                ):
                    yield dataset, experiment, stage
