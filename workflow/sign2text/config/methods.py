"""Methods: systems of the literature, each a folder of its own or a package beside this one."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sign2text.config.reads import Read, Settings
from sign2text.ground.method_packages import method_packages


@dataclass(frozen=True)
class Method:
    """What a method says about itself, as METHOD in its module `method`."""

    trainings: tuple[str, ...]
    """Its stages that train, in the order in which they run; those it shares included."""
    translating: tuple[str, ...]
    """Those of its stages whose model can translate; the last one does unless settings say else."""
    translators: Mapping[str, str]
    """config.json's model_type -> `module:class`, a `models.trained_model.TrainedModel`."""
    clips: tuple[Read, ...]
    """What decode gives the translator of each split: options features, frames or landmarks."""
    check_decoding: Callable[[Settings], Iterator[str]] | None = None
    """Given the settings, what of decode does not fit its trainings."""
    shared: tuple[str, ...] = ()
    """Shared stages that it has beside those of every method."""
    encoder: str | None = None
    """The stage whose model the shared stage extract_features runs."""
    encoder_reads: tuple[Read, ...] = ()
    """What extract_features reads beside frames and model."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Parts of its models by their names in history.tsv, with their names for readers."""
    said: tuple[str, ...] = ()
    """Settings of its trainings that a reader of norms must know."""
    timed: str | None = None
    """The stage whose hours its published tables give."""
    figures: Mapping[str, str] = field(default_factory=dict)
    """Comparisons of config.yaml that stand for its figures, with the page of each."""
    counts: str | None = None
    """`module:function` that counts parameters for its published tables."""


@functools.cache
def find_methods() -> dict[str, Method]:
    """All methods by name; their modules `method` are imported, and nothing heavy."""
    return {
        name: importlib.import_module(f"{package}.method").METHOD
        for name, package in method_packages().items()
    }


def translating_stage(settings: Settings) -> str:
    """The stage whose model translates: what decode.model names, or the method's last one."""
    return settings("decode").model or settings.method.translating[-1]
