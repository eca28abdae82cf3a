"""Targets in other languages than the data set's, results/<data set>/<experiment>/<language>.bleu.

Comparisons and tables name such a score `<experiment>/<language>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sign2text.config.inheritance import inherited
from sign2text.config.keys import DataSet
from sign2text.config.methods import Method
from sign2text.config.reads import Settings
from sign2text.ground.settings import unknown_key


class Described(Protocol):
    """Interface of a `config.project.Project` that this module uses."""

    datasets: Mapping[str, DataSet]
    experiments: Mapping[str, object]
    methods: Mapping[str, Method]

    def method(self, experiment: str) -> str: ...
    def settings(self, dataset: str, experiment: str) -> Settings: ...


def scored(name: str) -> tuple[str, str | None]:
    """Return experiment and language of a score's name; None is the data set's own language.

    >>> scored("scaling_slt"), scored("scaling_slt/en")
    (('scaling_slt', None), ('scaling_slt', 'en'))
    """
    experiment, _, language = name.partition("/")
    return experiment, language or None


def sentences_place(name: str) -> str:
    """Return the place of a score's sentences in results/<data set>.

    >>> sentences_place("scaling_slt"), sentences_place("scaling_slt/en")
    ('scaling_slt/score/sentences.tsv', 'scaling_slt/score/en/sentences.tsv')
    """
    experiment, language = scored(name)
    return "/".join(filter(None, (experiment, "score", language, "sentences.tsv")))


def language_problem(
    project: Described, dataset: str, experiment: str, language: str
) -> str | None:
    """Return why there is no target of `language`, or None if there is one."""
    for kind, name, names in (
        ("datasets", dataset, project.datasets),
        ("experiments", experiment, project.experiments),
    ):
        if name not in names:
            return unknown_key(f"config.yaml, {kind}.{name}", name, names)
    plain = f"results/{dataset}/{experiment}.bleu"
    target = plain.replace(".bleu", f"/{language}.bleu")
    own = inherited(project.datasets, dataset, "language")
    if language == own:
        return (
            f"{target}: {language} is the language of the data set itself (config.yaml, "
            f"datasets.{dataset}.language), expected another one. Ask for {plain}."
        )
    name = project.method(experiment)
    method = project.methods[name]
    if method.languages is None:
        able = [each for each, other in project.methods.items() if other.languages is not None]
        return (
            f"{target}: language {language} found, but experiments.{experiment} of config.yaml has "
            f"the method {name}, which writes the data set's own language alone, {own}. Ask for "
            f"{plain}, or choose an experiment of {' or '.join(able) or 'another method'}."
        )
    written = method.languages(project.settings(dataset, experiment))
    if language not in written:
        others = [each for each in written if each != own]
        return (
            f"{target}: language {language} found, expected one that make_captions writes for "
            f"datasets.{dataset} of config.yaml: {', '.join(others) or f'none but its own, {own}'}."
            " Give captions or parallel text in that language, or choose another one."
        )
    return None
