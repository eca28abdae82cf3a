"""Checks of the whole config.yaml, which report each problem with its key path."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from sign2text.config.equal_causes import Problem, said_once
from sign2text.config.inheritance import base_chain, check_bases, inherited
from sign2text.config.keys import DataSet, Experiment, Workflow
from sign2text.config.layers import Layers
from sign2text.config.listings import check_listings
from sign2text.config.methods import Method
from sign2text.config.other_data_sets import check_circles, check_known
from sign2text.config.pair_settings import check_pairs, check_stages, pair_layers
from sign2text.config.reads import Made, Read, Settings
from sign2text.config.signed_sentences import check_filled_in, check_sentences
from sign2text.config.stages import COMMON, NOT_EXPERIMENTS, Stage, check_methods, check_reads
from sign2text.config.text_alone import check_not_given, check_text_alone
from sign2text.ground.errors import InputError
from sign2text.ground.settings import find_problems, unknown_key

SCORE = "score"
"""The stage that makes an experiment's target."""
FORBIDDEN = {
    # `make report` writes results/report/, and fetch_model writes resources/models/.
    "datasets": frozenset({"report", "models"}),
    "experiments": NOT_EXPERIMENTS | {COMMON},
}


class Described(Protocol):
    """Interface of a `config.project.Project` that the checks use."""

    datasets: Mapping[str, DataSet]
    experiments: Mapping[str, Experiment]
    methods: Mapping[str, Method]
    stages: Mapping[str, Stage]
    layers: Layers

    def method(self, experiment: str) -> str: ...
    def own_stages(self, experiment: str) -> list[str]: ...
    def has_stage(self, experiment: str, stage: str) -> bool: ...
    def takes(self, stage: str, dataset: str) -> bool: ...
    def on(self, dataset: str) -> tuple[str, ...]: ...
    def kind_problem(self, dataset: str, stage: str) -> str | None: ...
    def stage_config(self, dataset: str, experiment: str, stage: str) -> Any: ...
    def settings(self, dataset: str, experiment: str) -> Settings: ...
    def reads(self, dataset: str, experiment: str, stage: str) -> tuple[Any, ...]: ...
    def read_by(self, dataset: str, experiment: str, stage: str) -> tuple[Made, ...]: ...
    def owner(self, dataset: str, experiment: str, stage: str) -> str: ...
    def signature(self, dataset: str, experiment: str, stage: str) -> dict[Made, str]: ...


def check_project(project: Described, known: Workflow) -> None:
    """Raise InputError with a line for each problem of the first check that finds any.

    Args:
        project: the project of `known`; checks read its settings only after checking its names.
    """
    for problems in (
        check_methods(project.stages, project.methods),
        _check_names(project),
        _check_data_sets(project),
        _check_experiments(project),
        _check_pairs(project),
        check_listings(known, project.methods),
        _check_layers(project),
        _check_sentences(project),
        _check_wholes(project),
        said_once(check_known(project)),
        _check_kinds(project),
        said_once(check_circles(project)),
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
            # With a base, the line about the root of the chain reports it.
            if entry.base is None and getattr(entry, key) is None:
                yield f"datasets.{name}.{key}: is missing, and no base has it"
        for stage in entry.stages.keys() - project.stages.keys():
            yield unknown_key(f"datasets.{name}.stages.{stage}", stage, project.stages)
        if entry.base is None or {entry.text_alone, entry.adapter} != {None}:
            yield from check_text_alone(name, functools.partial(inherited, project.datasets))
        for stage, settings in entry.stages.items():
            yield from check_filled_in(f"datasets.{name}.stages.{stage}", settings)


def _check_sentences(project: Described) -> Iterator[str]:
    """Report invalid `sentences` where they are named, once for all data sets that inherit them."""
    own = functools.partial(inherited, project.datasets)
    for name, entry in project.datasets.items():
        if entry.base is None or {entry.sentences, entry.adapter, entry.language} != {None}:
            yield from check_sentences(name, project.datasets, own)


def _check_experiments(project: Described) -> Iterator[str]:
    for name, entry in project.experiments.items():
        path, method = f"experiments.{name}", project.method(name)
        if method not in project.methods:
            # If it is inherited, the line about the base reports it.
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
    """Report invalid values at the keys that hold them in config.yaml."""
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
                continue  # copied from another data set, and reported there
            if ".stages." in where:
                yield from check_not_given(where, layer)
            for problem in find_problems(stage.config, layer, where, partial=True):
                # Several stages' settings contain a data set's own keys: report them once.
                said = problem if ".stages." in where else problem.partition(": ")[0]
                if said not in seen:
                    seen.add(said)
                    yield problem


def _check_wholes(project: Described) -> Iterator[str]:
    """Report problems in stages' merged settings for each experiment and data set."""
    yield from said_once(_of_wholes(project), key=lambda each: (each.stage, each.text))


def _of_wholes(project: Described) -> Iterator[Problem]:
    for dataset in project.datasets:
        for experiment in project.on(dataset):
            for stage in project.stages:
                has = project.stages[stage].is_corpus or project.has_stage(experiment, stage)
                if has and project.takes(stage, dataset):
                    found = Problem(stage, experiment, dataset, "")
                    try:
                        project.stage_config(dataset, experiment, stage)
                    except InputError as error:
                        for line in str(error).splitlines():
                            yield replace(found, text=line.removeprefix(found.place))


def _check_kinds(project: Described) -> Iterator[str]:
    """Report stages that read a data set of classes in place of sentences, or the reverse."""
    yield from said_once(_of_kinds(project))


def _of_kinds(project: Described) -> Iterator[Problem]:
    for dataset, experiment, stage in _stages_of_all(project):
        declared = [r for r in stage.declared if isinstance(r, Read) and r.dataset is not None]
        if not declared:
            continue
        settings = project.settings(dataset, experiment)
        for read in project.reads(dataset, experiment, stage.name):
            if read in declared:
                other, upstream = read.maker(settings)
                if other in project.datasets and (problem := project.kind_problem(other, upstream)):
                    yield Problem(stage.name, experiment, dataset, f": {problem}")


def _check_together(project: Described) -> Iterator[str]:
    """Report conflicts between the settings of several stages, once for each cause."""
    yield from said_once(_of_several(project))


def _of_several(project: Described) -> Iterator[Problem]:
    for dataset, experiment, stage in _owned(project):
        if is_fitted(project, dataset, experiment) and _is_used(
            project, dataset, experiment, stage
        ):
            for problem in problems_together(project, dataset, experiment, stage):
                yield Problem(stage.name, experiment, dataset, f": {problem}")


def problems_together(
    project: Described, dataset: str, experiment: str, stage: Stage
) -> Iterator[str]:
    """Report conflicts between the settings of a stage and of other stages."""
    yield from check_reads(stage, project.reads(dataset, experiment, stage.name))
    if stage.check is not None:
        yield from stage.check(project.settings(dataset, experiment))


def check_fits(project: Described, dataset: str, experiment: str, stage: str) -> None:
    """Raise InputError for conflicting settings that `check_project` did not check."""
    if is_fitted(project, dataset, experiment):
        return
    for problem in problems_together(project, dataset, experiment, project.stages[stage]):
        raise InputError(f"{stage} of {experiment} on {dataset}: {problem}")


def is_fitted(project: Described, dataset: str, experiment: str) -> bool:
    """Return False if a data set has sizes for other methods' stages, but none for this method's.

    Such a data set sets common stages, such as the frames' size, to fit the other methods.
    Conflicts with this method are reported only when somebody requests the experiment.
    """
    chain = base_chain(project.datasets, dataset)
    named = [project.stages[each] for name in chain for each in project.datasets[name].stages]
    methods = {stage.scope for stage in named} & project.methods.keys()
    if experiment == COMMON or not methods or not any(stage.is_common for stage in named):
        return True
    return project.method(experiment) in methods


def _is_used(project: Described, dataset: str, experiment: str, stage: Stage) -> bool:
    """Return False if the experiment's score does not depend on a common stage.

    The settings of such a stage follow others, such as the frames' size, that the method's stages
    need.
    """
    scored = SCORE in project.stages and project.takes(SCORE, dataset)
    if not (stage.is_common and scored) or experiment == COMMON:
        return True
    return (dataset, stage.name) in project.signature(dataset, experiment, SCORE)


def _owned(project: Described) -> Iterator[tuple[str, str, Stage]]:
    """Yield each data set, experiment and stage where the experiment owns the artefacts."""
    for dataset, experiment, stage in _stages_of_all(project):
        if project.owner(dataset, experiment, stage.name) == experiment:
            yield dataset, experiment, stage


def _stages_of_all(project: Described) -> Iterator[tuple[str, str, Stage]]:
    """Yield each data set and experiment with each stage that runs for them."""
    for dataset in project.datasets:
        for experiment in project.on(dataset):
            for stage in project.stages.values():
                if project.has_stage(experiment, stage.name) and project.takes(stage.name, dataset):
                    yield dataset, experiment, stage
