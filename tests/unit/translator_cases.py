"""Small translators of every method, for tests that run each of them.

A method registers its own in `tests/unit/tiny_<method>.py`, as TRANSLATORS: a function from the
tokenizer to a `Case`, by name.
"""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from sign2text.config.methods import find_methods, find_object
from sign2text.models.model_base import TrainedModel


@dataclass
class Case:
    """A model in training mode, a translator's attention "eager", and a batch for it."""

    model: TrainedModel
    inputs: dict[str, torch.Tensor]
    """Of a few clips, `lengths` included."""
    targets: dict[str, torch.Tensor]
    """What training gives beside the inputs."""
    loss: Callable[[TrainedModel, dict[str, torch.Tensor]], torch.Tensor]
    """The training's, from the model and all of the batch."""
    features: tuple[str, ...] = ()
    """Features that a `FeatureEncoder` extracts of these inputs."""


Factory = Callable[[Any], Case]


def translator_cases() -> dict[str, Factory]:
    """Factories of all methods, as "<method>: <name>"."""
    found = {}
    for method in find_methods():
        made = importlib.import_module(f"tiny_{method}").TRANSLATORS
        found |= {f"{method}: {name}": factory for name, factory in made.items()}
    return found


def translator_classes() -> set[type[TrainedModel]]:
    """Classes of all methods that can be made: those declared, and what derives from them."""
    places = {place for each in find_methods().values() for place in each.translators.values()}
    waiting, found = [find_object(place) for place in places], set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not inspect.isabstract(kind):
            found.add(kind)
    return found
