"""Methods: systems from the literature, each in a folder here or in a separate package."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sign2text.config.reads import Read, Settings
from sign2text.ground.errors import InputError
from sign2text.ground.method_packages import method_packages
from sign2text.ground.settings import unknown_name
from sign2text.papers.directions import Ablation


@dataclass(frozen=True)
class Part:
    """A part of a method's models; trainings write its norms to history.tsv."""

    head: str
    """Column heading that fits all trainings, such as "visual part"."""
    names: Mapping[str, str]
    """Name of the part in each training's model, by stage; trainings without it are left out."""


@dataclass(frozen=True)
class Norms:
    """A method's parts, and its texts for the page of norms."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    """Parts by name: `norm_<name>` in history.tsv; the page's sentences describe the first one."""
    named_with: str | None = None
    """The part that distinguishes the trainings; the page names it with each training."""
    about: str = ""
    """Reason why the paper looks at norms."""
    misleading: tuple[str, ...] = ()
    """Cautions for readers of its norms, in addition to the cautions for every method."""
    values: str | None = None
    """`module:function` that counts the trained values of each part, by part.

    Its arguments are the training's model.safetensors and settings. None: values are not counted.
    """


@dataclass(frozen=True)
class Counts:
    """Parameters of the models of a method's published tables, counted without training."""

    function: str
    """`module:function`: takes a row's name and setting in published.csv, returns counts by column
    of published.csv."""
    of: str
    """Description of the counted model, to complete "Parameters of ours are those of"."""


@dataclass(frozen=True)
class Measurement:
    """Numbers of the published tables, other than scores, that a method's stages measure."""

    columns: tuple[str, ...]
    """Columns of published.csv, some of `papers.published_numbers.MEASURED`."""
    reads: tuple[Read, ...]
    """The files that they are read from. The first file's stage measures: tables show the hashes of
    its settings and code."""
    function: str
    """`module:function`: takes the files by option, returns the numbers by column."""
    of: str
    """Description of the numbers, to complete "Precision of ours:"."""
    split: str = ""
    """The split that they are of; empty if no split applies."""
    statistics: str | None = None
    """`module:function`: takes the files by option, returns for each column with an interval over
    clips the clips' ids, the statistics of each clip [clips, n], and the function from their sum
    [n] to the number."""


@dataclass(frozen=True)
class Method:
    """Description of a method: METHOD in the method's module `method`."""

    trainings: tuple[str, ...]
    """Training stages, including shared ones, in the order in which they run."""
    translating: tuple[str, ...]
    """Stages with a model that can translate; the last one is the default."""
    translators: Mapping[str, str]
    """config.json's model_type -> `module:class`, a `models.model_base.TrainedModel`."""
    clips: tuple[Read, ...]
    """Inputs that decode passes to the translator: options features, frames, landmarks, text."""
    check_decoding: Callable[[Settings], Iterator[str]] | None = None
    """Report of settings of decode that do not fit the trainings."""
    cautions: Callable[[Settings], Iterator[str]] | None = None
    """Sentences that each score of an experiment carries, such as that a vocabulary leaks."""
    shared: tuple[str, ...] = ()
    """Shared stages that it has in addition to every method's."""
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The paper's settings of shared stages, by stage, where they differ from the stage's own
    defaults. config.yaml overrides them."""
    languages: Callable[[Settings], tuple[str, ...]] | None = None
    """Languages that an experiment's translator writes; None: that of the data set alone."""
    encoder: str | None = None
    """The stage that trains the model for the shared stage extract_features."""
    encoder_reads: tuple[Read, ...] = ()
    """Inputs of extract_features in addition to frames and model."""
    features: Mapping[str, str] = field(default_factory=dict)
    """Features that the encoder computes: name -> meaning for docs/settings.md."""
    said: tuple[str, ...] = ()
    """Settings of its trainings that a reader of norms must know."""
    norms: Norms = Norms()
    """Parts of its models for which the trainings record norms."""
    recognised: Read | None = None
    """Output of its recogniser alone, as option `recognised` of the stage score: a table of
    glosses (data/recognised_glosses.py) of the split test."""
    losses: Mapping[str, str] = field(default_factory=dict)
    """Units of losses by stage, if not cross-entropy in nats per token."""
    ablations: Mapping[str, Ablation] = field(default_factory=dict)
    """The paper's tables that compare their rows with each other, by table number."""
    timed: str | None = None
    """The stage that the hours in the published tables measure."""
    figures: Mapping[str, str] = field(default_factory=dict)
    """Comparisons of config.yaml that reproduce the paper's figures: name -> page."""
    counts: Counts | None = None
    """Parameter counts for the published tables."""
    measurements: tuple[Measurement, ...] = ()
    """Measurements for the published tables, each of other columns."""

    def measurement(self, columns: Iterable[str]) -> Measurement | None:
        """Return the measurement of all of `columns`, or None if there is none."""
        wanted = set(columns)
        return next((each for each in self.measurements if wanted <= {*each.columns}), None)

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules of its translators."""
        return tuple(each.partition(":")[0] for each in self.translators.values())


@functools.cache
def find_methods() -> dict[str, Method]:
    """Return all methods by name. Imports only their modules `method`, and nothing heavy."""
    return {
        name: importlib.import_module(f"{package}.method").METHOD
        for name, package in method_packages().items()
    }


def find_method(name: str, where: str) -> Method:
    """Return the method `name`; raise InputError, starting with `where`, if it is unknown."""
    methods = find_methods()
    if name not in methods:
        raise InputError(unknown_name(where, name, methods))
    return methods[name]


def find_object(reference: str) -> Any:
    """Import the module of the reference `module:name`, and return the object."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def translating_stage(settings: Settings) -> str:
    """Return the stage with the translating model: decode.model, else the method's last one."""
    named, known = settings("decode").model, settings.method.translating
    return named if named in known else known[-1]  # decode rejects other names


def translator_file(option: str, method: Method, name: str) -> Read:
    """Declare the file `name` in the folder of the translating stage."""
    chosen = translating_stage if len(method.translating) > 1 else None
    return Read(option, method.translating, name, chosen=chosen)
