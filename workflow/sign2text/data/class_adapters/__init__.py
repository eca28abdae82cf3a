"""Adapters for isolated signs or actions, a module per corpus: a clip has a class, not a sentence.

The modules have the interface of data/adapters. In the manifest, `text` is the name of the class,
which is one word, and `gloss` is empty.
"""

from importlib import import_module
from types import ModuleType
from typing import get_args

from sign2text.data import adapters
from sign2text.ground.settings import ClassAdapter


def find_adapter(name: str) -> ModuleType:
    """Import the adapter that a data set's key `adapter` names, of classes or of sentences."""
    # By name: of a stage's code, only its data sets' adapters count (ground/code_hash.py).
    if name in get_args(ClassAdapter):
        return import_module(f"{__name__}.{name}")
    return adapters.find_adapter(name)
