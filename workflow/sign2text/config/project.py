"""The project in config.yaml: each stage's settings, and the owner of its artefacts."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sign2text.config.checks import check_project
from sign2text.config.corpora import (
    CLASS_ADAPTERS,
    RENDERING,
    RENDERINGS,
    TABLE_ADAPTERS,
    wrong_kind,
)
from sign2text.config.inheritance import base_chain, inherited
from sign2text.config.keys import Workflow
from sign2text.config.layers import Layers, settings_text
from sign2text.config.methods import Method, find_methods
from sign2text.config.needs import unmet
from sign2text.config.project_settings import SettingsOf
from sign2text.config.published_models import asked_for, place_of
from sign2text.config.reads import Listed, Made, Read, ReadPlace
from sign2text.config.stages import COMMON, Stage, find_stages
from sign2text.config.target_languages import language_problem
from sign2text.config.text_alone import KEY as TEXT_ALONE
from sign2text.ground.code_hash import code_hash
from sign2text.ground.errors import InputError
from sign2text.ground.settings import (
    merge,
    read_settings,
    unknown_key,
)
from sign2text.ground.yaml_bounds import check_values


class Project:
    """The checked config.yaml: settings of stages, and owners of their artefacts.

    A stage's settings are its defaults, overridden by the method's, the data set's base chain from
    its root, the data set, the experiment's base chain from its root, and the experiment. Each
    experiment of the chain is followed by the data set's settings for it. A stage that another
    data set's stages read from has the same experiment's settings on its own data set. Raises
    InputError with one line for each problem, which starts with the key path.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        stages: Mapping[str, Stage] | None = None,
        methods: Mapping[str, Method] | None = None,
    ) -> None:
        """Check `config`; `stages` and `methods` default to all that are found."""
        self.methods = find_methods() if methods is None else methods
        found = find_stages() if stages is None else stages
        # A model's name and revision are settings of the stages that use it, not of fetch_model.
        self.every_stage = found
        self.stages = {name: stage for name, stage in found.items() if not stage.is_published}
        check_values(config, "config.yaml")  # in Snakemake's result, YAML aliases share values
        known = read_settings(Workflow, config, where="")
        self.targets = known.targets
        self.datasets = known.datasets
        self.experiments = known.experiments
        self.comparisons = known.comparisons
        self.tables = {name: dict(table.rows) for name, table in known.tables.items()}
        self.report = known.report
        self._configs: dict[tuple[str, str], Any] = {}
        self._texts: dict[int, str] = {}  # by id of the objects in `_configs`
        self.layers = Layers(self.datasets, self.experiments, self.stages, self.methods)
        check_project(self, known)

    @functools.cache  # noqa: B019 - a project lives as long as the process
    def method(self, experiment: str) -> str:
        """Return the method of `experiment`, own or inherited; COMMON for the common root."""
        if experiment == COMMON:
            return COMMON
        return inherited(self.experiments, experiment, "method")

    @functools.cache  # noqa: B019
    def has_stage(self, experiment: str, stage: str) -> bool:
        """Return whether `stage` is among the stages of `experiment`."""
        method = self.method(experiment)
        return self.stages[stage].is_of(method, self.methods.get(method))

    def datasets_of(self, adapter: str) -> list[str]:
        """List the names of the data sets that `adapter` reads."""
        return [
            name for name in self.datasets if inherited(self.datasets, name, "adapter") == adapter
        ]

    def has_table(self, dataset: str) -> bool:
        """Return whether a table that a setting names describes the corpus of `dataset`."""
        return inherited(self.datasets, dataset, "adapter") in TABLE_ADAPTERS

    def is_rendered(self, dataset: str) -> bool:
        """Return whether the workflow renders the corpus of `dataset`."""
        return inherited(self.datasets, dataset, "adapter") in RENDERINGS

    @functools.cache  # noqa: B019
    def is_of_classes(self, dataset: str) -> bool:
        """Return whether the clips of `dataset` have a class instead of a sentence."""
        return inherited(self.datasets, dataset, "adapter") in CLASS_ADAPTERS

    def takes(self, stage: str, dataset: str) -> bool:
        """Return whether `stage` accepts the kind of `dataset`: classes, sentences, or both."""
        return self.stages[stage].takes(self.is_of_classes(dataset))

    @functools.cache  # noqa: B019
    def on(self, dataset: str) -> tuple[str, ...]:
        """Return COMMON, and the experiments with a stage of their method that takes `dataset`."""
        own = [s for s in self.stages.values() if not s.is_for_all and self.takes(s.name, dataset)]
        return (
            COMMON,
            *(e for e in self.experiments if any(self.has_stage(e, s.name) for s in own)),
        )

    def adapters_of(self, dataset: str, stage: str) -> tuple[str, ...]:
        """Return the adapters for `dataset` in `stage`; the one of `sentences` for rendering."""
        if stage in RENDERINGS.values():
            dataset = self.sentences_of(dataset) if stage == RENDERING else None
        adapter = dataset and inherited(self.datasets, dataset, "adapter")
        return (adapter,) if adapter else ()

    def sentences_of(self, dataset: str) -> str | None:
        """Return the data set that provides the sentences of `dataset`; None if it has its own."""
        return inherited(self.datasets, dataset, "sentences")

    def is_text_alone(self, dataset: str) -> bool:
        """Return whether the videos of `dataset` are not read."""
        return bool(inherited(self.datasets, dataset, TEXT_ALONE))

    @functools.cache  # noqa: B019
    def published_models(self) -> dict[str, tuple[str, str]]:
        """Return folder -> (name, revision) of each published model that stages' settings name."""
        found = {}
        for name, stage in self.stages.items():
            if "published" in stage.config.__pydantic_fields__:
                for dataset in self.datasets:
                    for experiment in self.on(dataset):
                        if self.has_stage(experiment, name) and self.takes(name, dataset):
                            model = asked_for(self.stage_config(dataset, experiment, name))
                            if model is not None:
                                found[place_of(*model)] = model
        return found

    @functools.cache  # noqa: B019
    def stage_config(self, dataset: str, experiment: str, stage: str) -> Any:
        """Return the `Config` of `stage` for `experiment` on `dataset`; reject unknown names."""
        self._check_asked(dataset, experiment, stage)
        if (other := self.layers.same_as(dataset, experiment, stage)) is not None:
            with suppress(InputError):  # raised below, with this experiment's name
                return self.stage_config(dataset, other, stage)
        merged: dict[str, Any] = {}
        for _, layer in self.layers.of(dataset, experiment, stage):
            merged = merge(merged, layer)
        # Experiments share most settings, and parsing settings takes most of the time: parse once.
        same = stage, json.dumps(merged, default=repr)
        if same not in self._configs:
            where = f"{stage} of {experiment} on {dataset}"
            self._configs[same] = read_settings(self.stages[stage].config, merged, where)
        return self._configs[same]

    @functools.cache  # noqa: B019
    def settings_json(self, dataset: str, experiment: str, stage: str) -> str:
        """Return the differences from the stage's defaults (`settings_text`)."""
        config = self.stage_config(dataset, experiment, stage)
        if id(config) not in self._texts:
            self._texts[id(config)] = settings_text(config)
        return self._texts[id(config)]

    @functools.cache  # noqa: B019
    def owner(self, dataset: str, experiment: str, stage: str) -> str:
        """Return the experiment that owns the artefacts of `stage`: they lie in its folder.

        It is the highest one up the base chain (COMMON above all) that has the stage, with equal
        settings of the stage and of everything upstream.
        """
        own = self.signature(dataset, experiment, stage)
        for candidate in [COMMON, *base_chain(self.experiments, experiment)]:
            if self.has_stage(candidate, stage) and (
                self.signature(dataset, candidate, stage) == own
            ):
                return candidate
        raise AssertionError("an experiment's signature equals its own")

    @functools.cache  # noqa: B019
    def signature(
        self, dataset: str, experiment: str, stage: str, by_language: bool = False
    ) -> dict[Made, str]:
        """Return the settings of `stage` and of everything upstream, by data set and stage.

        Args:
            by_language: True for a target with a language (see `Read.by_language`).
        """
        signature = {(dataset, stage): self.settings_json(dataset, experiment, stage)}
        for other, upstream in self.read_by(dataset, experiment, stage, by_language):
            signature |= self.signature(other, experiment, upstream)
        return signature

    def settings(self, dataset: str, experiment: str) -> SettingsOf:
        """Return the settings of `experiment` on `dataset`, for the stages' declarations."""
        return SettingsOf(self, dataset, experiment)

    @functools.cache  # noqa: B019
    def reads(
        self, dataset: str, experiment: str, stage: str, by_language: bool = False
    ) -> tuple[Read | ReadPlace, ...]:
        """Return the declared inputs that `stage` reads with its settings for `experiment`."""
        self._check_asked(dataset, experiment, stage)
        settings = self.settings(dataset, experiment)
        declared = self.stages[stage].reads(settings.method)
        return tuple(
            each
            for each in declared
            if not isinstance(each, Listed)
            and each.by_language in (None, by_language)
            and each.is_read(settings)
        )

    def read_by(
        self, dataset: str, experiment: str, stage: str, by_language: bool = False
    ) -> tuple[Made, ...]:
        """Return the data sets and stages that `stage` reads from, without duplicates."""
        settings = self.settings(dataset, experiment)
        found = self.reads(dataset, experiment, stage, by_language)
        makers = (each.maker(settings) for each in found if isinstance(each, Read))
        return tuple(dict.fromkeys(makers))

    @functools.cache  # noqa: B019
    def unmet(self, dataset: str, experiment: str, stage: str) -> str | None:
        """Return why a data set lacks data for `stage` or a stage upstream, or None."""
        return unmet(self, dataset, experiment, stage)

    def check_needs(self, dataset: str, experiment: str, stage: str) -> None:
        """Raise InputError if `stage` needs videos or glosses that its data set lacks."""
        if problem := self.unmet(dataset, experiment, stage):
            raise InputError(problem)

    def check_language(self, dataset: str, experiment: str, language: str) -> None:
        """Raise InputError if the target of `language` is none of `experiment` on `dataset`."""
        if problem := language_problem(self, dataset, experiment, language):
            raise InputError(problem)

    def before(
        self, dataset: str, experiment: str, stage: str, by_language: bool = False
    ) -> list[tuple[str, ...]]:
        """List data set, stage, settings and code of everything upstream of `stage`, sorted."""
        signature = self.signature(dataset, experiment, stage, by_language)
        return sorted(
            (of, each, settings, self.code(of, experiment, each))
            for (of, each), settings in signature.items()
            if (of, each) != (dataset, stage)
        )

    def folder(self, dataset: str, experiment: str, stage: str) -> str:
        """Return the folder of the artefacts of `stage` for `experiment`: inside the owner's."""
        if self.stages[stage].is_corpus:
            return f"resources/{dataset}"
        return f"results/{dataset}/{self.owner(dataset, experiment, stage)}/{stage}"

    def code(self, dataset: str | None, experiment: str, stage: str) -> str:
        """Return the hash of the modules that `stage` uses for `experiment` on `dataset`."""
        method = self.methods.get(self.method(experiment))
        translators = method.modules if method else ()
        adapters = self.adapters_of(dataset, stage) if dataset else ()
        return code_hash(stage, adapters=adapters, translators=translators)

    def _check_asked(self, dataset: str, experiment: str, stage: str) -> None:
        """Raise InputError for names that config.yaml lacks, and for stages that do not apply."""
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
                f"{stage}; expected one of {', '.join(self.own_stages(experiment))}"
            )
        if problem := self.kind_problem(dataset, stage):
            raise InputError(f"{experiment} on {dataset}: {problem}")

    def kind_problem(self, dataset: str, stage: str) -> str | None:
        """Return why `stage` does not accept the kind of `dataset`, or None if it does."""
        if self.takes(stage, dataset):
            return None
        others = [each for each in self.datasets if self.takes(stage, each)]
        adapter = inherited(self.datasets, dataset, "adapter")
        return wrong_kind(dataset, adapter, self.is_of_classes(dataset), stage, others)

    def own_stages(self, experiment: str) -> list[str]:
        """List the stages of `experiment`."""
        return [each for each in self.stages if self.has_stage(experiment, each)]
