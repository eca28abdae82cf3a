"""Methods: systems of the literature, each a folder of its own or a package beside this one."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sign2text.config.reads import Read, Settings
from sign2text.ground.errors import InputError
from sign2text.ground.method_packages import method_packages
from sign2text.ground.settings import unknown_name
from sign2text.papers.directions import Ablation


@dataclass(frozen=True)
class Part:
    """A part of a method's models, whose norms its trainings write into history.tsv."""

    head: str
    """Its name over the columns of all trainings, such as "visual part"."""
    names: Mapping[str, str]
    """Its name in the model of each training that has it, by stage."""


@dataclass(frozen=True)
class Norms:
    """A method's parts, and its texts for the page of norms."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    """By name, `norm_<name>` in history.tsv; sentences are about the first one."""
    named_with: str | None = None
    """The part that tells the trainings apart: its name stands with each of them."""
    about: str = ""
    """Why its paper looks at norms."""
    misleading: tuple[str, ...] = ()
    """Cautions for readers of its norms, beside those for norms of any method."""
    values: str | None = None
    """`module:function` that counts the values of each part that a training trains, by part.

    It is given the training's model.safetensors and its settings; None: nothing counts them.
    """


@dataclass(frozen=True)
class Counts:
    """Parameters of the models of a method's published tables, counted without training."""

    function: str
    """`module:function`: given a row's setting as published, counts by column of published.csv."""
    of: str
    """The model that is counted, in words after "Parameters of ours are those of"."""


@dataclass(frozen=True)
class Method:
    """A method's description of itself, METHOD in its module `method`."""

    trainings: tuple[str, ...]
    """Its stages that train, in the order in which they run; those it shares included."""
    translating: tuple[str, ...]
    """Those of its stages whose model can translate; the last one does unless settings say else."""
    translators: Mapping[str, str]
    """config.json's model_type -> `module:class`, a `models.trained_model.TrainedModel`."""
    clips: tuple[Read, ...]
    """What decode gives the translator of each split: options features, frames, landmarks, text."""
    check_decoding: Callable[[Settings], Iterator[str]] | None = None
    """Given the settings, what of decode does not fit its trainings."""
    shared: tuple[str, ...] = ()
    """Shared stages that it has beside those of every method."""
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Its paper's settings of shared stages, by stage, where they differ from the stage's own
    defaults. What config.yaml says overrides them."""
    encoder: str | None = None
    """The stage whose model the shared stage extract_features runs."""
    encoder_reads: tuple[Read, ...] = ()
    """What extract_features reads beside frames and model."""
    features: Mapping[str, str] = field(default_factory=dict)
    """Features that this model computes, by name, each with its meaning for docs/settings.md."""
    said: tuple[str, ...] = ()
    """Settings of its trainings that a reader of norms must know."""
    norms: Norms = Norms()
    """Parts of its models whose norms its trainings write down."""
    recognised: Read | None = None
    """What its recogniser finds by itself, option `recognised`, for the stage score: a table of
    glosses (data/recognised_glosses.py) of the split test."""
    losses: Mapping[str, str] = field(default_factory=dict)
    """Units of losses by stage, where that is not cross-entropy in nats a token."""
    ablations: Mapping[str, Ablation] = field(default_factory=dict)
    """Its paper's tables whose rows are compared with each other, by the table's number."""
    timed: str | None = None
    """The stage whose hours its published tables give."""
    figures: Mapping[str, str] = field(default_factory=dict)
    """Comparisons of config.yaml that stand for its figures, with the page of each."""
    counts: Counts | None = None
    """How parameters are counted for its published tables."""

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules of its translators."""
        return tuple(each.partition(":")[0] for each in self.translators.values())


@functools.cache
def find_methods() -> dict[str, Method]:
    """All methods by name; their modules `method` are imported, and nothing heavy."""
    return {
        name: importlib.import_module(f"{package}.method").METHOD
        for name, package in method_packages().items()
    }


def find_method(name: str, where: str) -> Method:
    """The method `name`; InputError, which begins with `where`, if there is none."""
    methods = find_methods()
    if name not in methods:
        raise InputError(unknown_name(where, name, methods))
    return methods[name]


def find_object(reference: str) -> Any:
    """The object that `module:name` refers to; its module is imported now."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def translating_stage(settings: Settings) -> str:
    """The stage whose model translates: the one that decode.model names, else the method's last."""
    named, known = settings("decode").model, settings.method.translating
    return named if named in known else known[-1]  # decode refuses other names


def translator_file(option: str, method: Method, name: str) -> Read:
    """File `name` of the folder whose model translates."""
    chosen = translating_stage if len(method.translating) > 1 else None
    return Read(option, method.translating, name, chosen=chosen)
