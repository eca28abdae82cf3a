"""config.yaml read: each stage's settings, and which experiment owns what is made of them."""

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sign2text.config.inheritance import base_chain, check_bases, inherited
from sign2text.config.keys import Workflow
from sign2text.config.listings import check_listings
from sign2text.config.pair_settings import check_pairs, check_stages, pair_layers
from sign2text.config.published_models import asked_for, place_of
from sign2text.config.signed_sentences import (
    FILLED_IN,
    check_filled_in,
    check_sentences,
    settings_of_sentences,
)
from sign2text.config.stages import COMMON, CORPUS, NOT_EXPERIMENTS, Stage, find_stages
from sign2text.ground.errors import InputError
from sign2text.ground.settings import (
    defaults,
    differing,
    find_problems,
    merge,
    read_settings,
    to_json_values,
    unknown_key,
)
from sign2text.ground.yaml_bounds import check_values

FORBIDDEN = {
    # results/report/ is what `make report` makes, resources/models/ what fetch_model does.
    "datasets": frozenset({"report", "models"}),
    "experiments": NOT_EXPERIMENTS | {COMMON},
}
MAKE_MANIFEST = "make_manifest"
RENDERING = "synthesize_avatar"


class Project:
    """config.yaml, checked; answers what each stage's settings are and who owns its artefacts.

    A stage's settings are its defaults, overridden by the data set's base chain from its root, the
    data set, the experiment's base chain from its root, and the experiment; behind each experiment
    of the chain comes what the data set says of it. Raises InputError that lists all that is wrong,
    each with its key's path.
    """

    def __init__(self, config: Mapping[str, Any], stages: Mapping[str, Stage] | None = None):
        found = find_stages() if stages is None else stages
        # What fetches a published model is set where the model is asked for.
        self.stages = {name: stage for name, stage in found.items() if not stage.is_published}
        check_values(config, "config.yaml")  # Snakemake reads aliases as values that are shared
        known = read_settings(Workflow, config, where="")
        self.targets = known.targets
        self.datasets = known.datasets
        self.experiments = known.experiments
        self.comparisons = known.comparisons
        self.tables = {name: dict(table.rows) for name, table in known.tables.items()}
        self.report = known.report
        # In this order: each check relies on the ones before it.
        for check in (
            self._check_names,
            self._check_data_sets,
            self._check_experiments,
            self._check_pairs,
            functools.partial(check_listings, known),
            self._check_layers,
            self._check_wholes,
            self._check_together,
        ):
            if problems := list(check()):
                raise InputError("\n".join(problems))

    @property
    def methods(self) -> set[str]:
        named = {method for stage in self.stages.values() for method in stage.methods}
        return named - {COMMON, CORPUS}

    def method(self, experiment: str) -> str:
        """The method of `experiment`, its own or its base's; COMMON for the common root."""
        if experiment == COMMON:
            return COMMON
        return inherited(self.experiments, experiment, "method")

    def has_stage(self, experiment: str, stage: str) -> bool:
        """Whether `stage` is among the stages of `experiment`."""
        return bool({self.method(experiment), COMMON} & set(self.stages[stage].methods))

    def datasets_of(self, adapter: str) -> list[str]:
        """The names of the data sets that `adapter` reads."""
        return [
            name for name in self.datasets if inherited(self.datasets, name, "adapter") == adapter
        ]

    def adapters_of(self, dataset: str, stage: str) -> tuple[str, ...]:
        """Adapters that `stage` reads `dataset` with: its own; to render, that of `sentences`."""
        if stage == RENDERING:
            dataset = self.sentences_of(dataset)
        adapter = dataset and inherited(self.datasets, dataset, "adapter")
        return (adapter,) if adapter else ()

    def sentences_of(self, dataset: str) -> str | None:
        """The data set whose clips `dataset` signs; None where it has its own."""
        return inherited(self.datasets, dataset, "sentences")

    @functools.cache  # noqa: B019 - a project lives as long as the process
    def published_models(self) -> dict[str, tuple[str, str]]:
        """Folder -> (name, revision) of each published model that a configured stage asks for."""
        found = {}
        for name, stage in self.stages.items():
            if "published" in stage.config.__pydantic_fields__:
                for dataset in self.datasets:
                    for experiment in [COMMON, *self.experiments]:
                        if self.has_stage(experiment, name):
                            model = asked_for(self.stage_config(dataset, experiment, name))
                            if model is not None:
                                found[place_of(*model)] = model
        return found

    @functools.cache  # noqa: B019
    def stage_config(self, dataset: str, experiment: str, stage: str) -> Any:
        """The `Config` of `stage` for `experiment` on `dataset`; InputError on unknown names."""
        self._check_asked(dataset, experiment, stage)
        merged: dict[str, Any] = {}
        for _, layer in self._layers(dataset, experiment, stage):
            merged = merge(merged, layer)
        where = f"{stage} of {experiment} on {dataset}"
        return read_settings(self.stages[stage].config, merged, where)

    @functools.cache  # noqa: B019
    def settings_json(self, dataset: str, experiment: str, stage: str) -> str:
        """What differs from the stage's defaults, as compact JSON with sorted keys, or "{}"."""
        values = to_json_values(self.stage_config(dataset, experiment, stage))
        different = differing(values, defaults(self.stages[stage].config))
        return json.dumps(different, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @functools.cache  # noqa: B019
    def owner(self, dataset: str, experiment: str, stage: str) -> str:
        """The experiment whose folder holds what `stage` makes for `experiment` on `dataset`.

        The highest one up the base chain (COMMON above all) that has the stage, with equal settings
        of the stage and of everything upstream of it.
        """
        own = self.signature(dataset, experiment, stage)
        for candidate in [COMMON, *base_chain(self.experiments, experiment)]:
            if self.has_stage(candidate, stage) and (
                self.signature(dataset, candidate, stage) == own
            ):
                return candidate
        raise AssertionError("an experiment's signature equals its own")

    @functools.cache  # noqa: B019
    def signature(self, dataset: str, experiment: str, stage: str) -> dict[str, str]:
        """Settings of `stage` and of all that is upstream of it, by stage."""
        signature = {stage: self.settings_json(dataset, experiment, stage)}
        for upstream in self.read_by(dataset, experiment, stage):
            signature |= self.signature(dataset, experiment, upstream)
        return signature

    def read_by(self, dataset: str, experiment: str, stage: str) -> tuple[str, ...]:
        """The stages whose artefacts `stage` reads with its settings for `experiment`."""
        found = self.stages[stage]
        if found.stages_read is None:
            return found.upstream
        return found.stages_read(functools.partial(self.stage_config, dataset, experiment))

    def _layers(
        self, dataset: str, experiment: str, stage: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """(key's path, settings) of all that speaks of `stage`, the last one wins."""
        yield from self._dataset_layers(dataset, stage)
        if not self.stages[stage].is_corpus:
            for name in base_chain(self.experiments, experiment):
                yield from self._experiment_layers(name, stage)
                yield from pair_layers(self.datasets, dataset, name, stage)

    def _dataset_layers(self, dataset: str, stage: str) -> Iterator[tuple[str, dict[str, Any]]]:
        fields = self.stages[stage].config.__pydantic_fields__
        for name in base_chain(self.datasets, dataset):
            entry = self.datasets[name]
            own = {"adapter": entry.adapter, "language": entry.language}
            yield (
                f"datasets.{name}",
                {key: value for key, value in own.items() if key in fields and value is not None},
            )
            yield f"datasets.{name}.stages.{stage}", entry.stages.get(stage, {})
        if FILLED_IN[0] in fields and (source := self.sentences_of(dataset)):
            layers = (layer for _, layer in self._dataset_layers(source, MAKE_MANIFEST))
            manifest = functools.reduce(merge, layers, {})
            adapter = inherited(self.datasets, source, "adapter")
            yield (
                f"datasets.{dataset}.sentences",
                settings_of_sentences(adapter, manifest, defaults(self.stages[stage].config)),
            )

    def _experiment_layers(
        self, experiment: str, stage: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """What the experiment itself says, without its bases."""
        entry, config = self.experiments[experiment], self.stages[stage]
        seeded = "seed" in config.config.__pydantic_fields__
        if seeded and entry.seed is not None and not config.is_common:
            yield f"experiments.{experiment}", {"seed": entry.seed}
        yield f"experiments.{experiment}.stages.{stage}", entry.stages.get(stage, {})

    def _check_asked(self, dataset: str, experiment: str, stage: str) -> None:
        """Refuse names that config.yaml does not have."""
        for kind, name, names in (
            ("datasets", dataset, self.datasets),
            ("experiments", experiment, [*self.experiments, COMMON]),
            ("stages", stage, self.stages),
        ):
            if name not in names:
                raise InputError(unknown_key(f"{kind}.{name}", name, names))
        if not self.stages[stage].is_corpus and not self.has_stage(experiment, stage):
            raise InputError(
                f"experiments.{experiment}: its method {self.method(experiment)} has no stage "
                f"{stage}; expected one of {', '.join(self._own_stages(experiment))}"
            )

    def _check_names(self) -> Iterator[str]:
        yield from check_bases("datasets", self.datasets, FORBIDDEN["datasets"])
        yield from check_bases("experiments", self.experiments, FORBIDDEN["experiments"])

    def _check_data_sets(self) -> Iterator[str]:
        for name, entry in self.datasets.items():
            for key in ("adapter", "language"):
                if inherited(self.datasets, name, key) is None:
                    yield f"datasets.{name}.{key}: is missing, and there is no base that has it"
            for stage in entry.stages.keys() - self.stages.keys():
                yield unknown_key(f"datasets.{name}.stages.{stage}", stage, self.stages)
            for stage, settings in entry.stages.items():
                yield from check_filled_in(f"datasets.{name}.stages.{stage}", settings)
            yield from check_sentences(
                name, self.datasets, functools.partial(inherited, self.datasets)
            )

    def _check_experiments(self) -> Iterator[str]:
        for name, entry in self.experiments.items():
            path, method = f"experiments.{name}", self.method(name)
            if method is None:
                yield f"{path}.method: is missing; accepted: {', '.join(sorted(self.methods))}"
                continue
            if method not in self.methods:
                yield (
                    f'{path}.method: found "{method}", expected one of '
                    f"{', '.join(sorted(self.methods))}"
                )
                continue
            if entry.base is not None and self.method(entry.base) != method:
                yield (
                    f'{path}.method: found "{method}", expected that of its base {entry.base}, '
                    f"{self.method(entry.base)}; leave the key out, or leave out the base"
                )
            yield from self._check_stages(name, path, entry.stages)

    def _check_stages(self, experiment: str, path: str, given: Mapping[str, Any]) -> Iterator[str]:
        own = self._own_stages(experiment)
        yield from check_stages(path, self.method(experiment), given, own, self.stages)

    def _own_stages(self, experiment: str) -> list[str]:
        return [each for each in self.stages if self.has_stage(experiment, each)]

    def _check_pairs(self) -> Iterator[str]:
        yield from check_pairs(self.datasets, self.experiments, self._check_stages)

    def _check_layers(self) -> Iterator[str]:
        """Each thing that somebody wrote, where it was written."""
        seen = set()
        for stage in self.stages.values():
            layers = [
                each for name in self.datasets for each in self._dataset_layers(name, stage.name)
            ]
            if not stage.is_corpus:
                for name in self.experiments:
                    layers += self._experiment_layers(name, stage.name)
                    for dataset in self.datasets:
                        layers += pair_layers(self.datasets, dataset, name, stage.name)
            for where, layer in layers:
                for problem in find_problems(stage.config, layer, where, partial=True):
                    if problem not in seen:
                        seen.add(problem)
                        yield problem

    def _check_wholes(self) -> Iterator[str]:
        """Each stage's settings as they come together on a data set for an experiment."""
        for dataset in self.datasets:
            for experiment in [COMMON, *self.experiments]:
                for stage in self.stages:
                    if self.stages[stage].is_corpus or self.has_stage(experiment, stage):
                        try:
                            self.stage_config(dataset, experiment, stage)
                        except InputError as error:
                            yield str(error)

    def _check_together(self) -> Iterator[str]:
        """What does not fit between the settings of several stages, once where it is owned."""
        for dataset in self.datasets:
            for experiment in [COMMON, *self.experiments]:
                for stage in self.stages.values():
                    if (
                        stage.check is not None
                        and self.has_stage(experiment, stage.name)
                        and self.owner(dataset, experiment, stage.name) == experiment
                    ):
                        of = functools.partial(self.stage_config, dataset, experiment)
                        for problem in stage.check(of):
                            yield f"{stage.name} of {experiment} on {dataset}: {problem}"
