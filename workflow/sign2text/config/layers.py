"""Layers of a stage's settings in config.yaml, in the order in which they override each other."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sign2text.config.inheritance import base_chain, inherited
from sign2text.config.keys import DataSet, Experiment
from sign2text.config.methods import Method
from sign2text.config.pair_settings import Layer, pair_layers
from sign2text.config.signed_sentences import FILLED_IN, settings_of_sentences
from sign2text.config.stages import Stage
from sign2text.config.text_alone import KEY as TEXT_ALONE
from sign2text.ground.settings import defaults, differing, merge, to_json_values

MAKE_MANIFEST = "make_manifest"


def settings_text(config: Any) -> str:
    """Return the differences of a `Config` from its defaults: compact JSON, sorted keys."""
    different = differing(to_json_values(config), defaults(type(config)))
    return json.dumps(different, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Layers:
    """Settings of stages from methods, data sets, experiments, and pairs of the last two."""

    def __init__(
        self,
        datasets: Mapping[str, DataSet],
        experiments: Mapping[str, Experiment],
        stages: Mapping[str, Stage],
        methods: Mapping[str, Method],
    ) -> None:
        self.datasets, self.experiments, self.stages = datasets, experiments, stages
        self.methods = methods

    def of(self, dataset: str, experiment: str, stage: str) -> Iterator[Layer]:
        """Yield (key path, settings) of each layer of `stage`; later layers win."""
        yield from self.of_method(experiment, stage)
        yield from self.of_others(dataset, experiment, stage)
        yield from self.of_data_set(dataset, stage)
        if not self.stages[stage].is_corpus:
            for name in base_chain(self.experiments, experiment):
                yield from self.of_experiment(name, stage)
                yield from pair_layers(self.datasets, dataset, name, stage)

    def same_as(self, dataset: str, experiment: str, stage: str) -> str | None:
        """Return an experiment up the chain with the same settings of `stage`; None if unknown."""
        found, config = self.experiments.get(experiment), self.stages[stage]
        if found is None or found.base not in self.experiments or config.follows:
            return None
        own = (
            *self.of_experiment(experiment, stage),
            *pair_layers(self.datasets, dataset, experiment, stage),
        )
        return None if any(layer for _, layer in own) else found.base

    def of_method(self, experiment: str, stage: str) -> Iterator[Layer]:
        """Yield the defaults of the experiment's method for a shared stage."""
        name = inherited(self.experiments, experiment, "method")
        if (method := self.methods.get(name)) and stage in method.defaults:
            yield f"method {name}, defaults.{stage}", dict(method.defaults[stage])

    def of_others(self, dataset: str, experiment: str, stage: str) -> Iterator[Layer]:
        """Yield the settings that `stage` copies from other stages unless it sets them itself."""
        for key, other in self.stages[stage].follows.items():
            if other in self.stages:
                layers = (layer for _, layer in self.of(dataset, experiment, other))
                settings = functools.reduce(merge, layers, {})
                if key in settings:
                    yield f"{other}.{key}", {key: settings[key]}

    def of_data_set(self, dataset: str, stage: str) -> Iterator[Layer]:
        fields = self.stages[stage].config.__pydantic_fields__
        for name in base_chain(self.datasets, dataset):
            entry = self.datasets[name]
            own = {"adapter": entry.adapter, "language": entry.language}
            own |= {TEXT_ALONE: entry.text_alone, "sign_language": entry.sign_language}
            own["sentences_of"] = entry.sentences
            yield (
                f"datasets.{name}",
                {key: value for key, value in own.items() if key in fields and value is not None},
            )
            yield f"datasets.{name}.stages.{stage}", entry.stages.get(stage, {})
        if FILLED_IN[0] in fields and (source := inherited(self.datasets, dataset, "sentences")):
            layers = (layer for _, layer in self.of_data_set(source, MAKE_MANIFEST))
            manifest = functools.reduce(merge, layers, {})
            adapter = inherited(self.datasets, source, "adapter")
            yield (
                f"datasets.{dataset}.sentences",
                settings_of_sentences(adapter, manifest, defaults(self.stages[stage].config)),
            )

    def of_experiment(self, experiment: str, stage: str) -> Iterator[Layer]:
        """Yield the experiment's own settings, without its bases'."""
        entry, config = self.experiments[experiment], self.stages[stage]
        seeded = config.takes_seed and "seed" in config.config.__pydantic_fields__
        if seeded and entry.seed is not None:
            yield f"experiments.{experiment}", {"seed": entry.seed}
        yield f"experiments.{experiment}.stages.{stage}", entry.stages.get(stage, {})
