"""Settings of an experiment on a data set, as the stages' declarations ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sign2text.config.inheritance import inherited
from sign2text.config.keys import DataSet
from sign2text.config.methods import Method


class Described(Protocol):
    """Interface of a `config.project.Project` that this module uses."""

    datasets: Mapping[str, DataSet]
    methods: Mapping[str, Method]

    def method(self, experiment: str) -> str: ...
    def stage_config(self, dataset: str, experiment: str, stage: str) -> Any: ...
    def sentences_of(self, dataset: str) -> str | None: ...
    def is_text_alone(self, dataset: str) -> bool: ...


class SettingsOf:
    """Settings of an experiment on a data set, an implementation of `config.reads.Settings`."""

    def __init__(self, project: Described, dataset: str, experiment: str) -> None:
        self._project, self.dataset, self._experiment = project, dataset, experiment

    def __call__(self, stage: str) -> Any:
        """Return the `Config` of `stage`; raise InputError if the experiment lacks the stage."""
        return self._project.stage_config(self.dataset, self._experiment, stage)

    def on(self, dataset: str) -> SettingsOf:
        """Return the same experiment's settings on another data set."""
        return SettingsOf(self._project, dataset, self._experiment)

    @property
    def adapter(self) -> str:
        return inherited(self._project.datasets, self.dataset, "adapter")

    @property
    def sentences(self) -> str | None:
        return self._project.sentences_of(self.dataset)

    @property
    def text_alone(self) -> bool:
        return self._project.is_text_alone(self.dataset)

    @property
    def method(self) -> Method | None:
        return self._project.methods.get(self._project.method(self._experiment))
