"""Adapters for isolated signs or actions, a module per corpus: a clip has a class, not a sentence.

The modules have the interface of data/adapters. In the manifest, `text` is the name of the class,
which is one word, and `gloss` is empty.
"""

from importlib import import_module
from types import ModuleType
from typing import get_args

from sign2text.data import adapters, caption_adapters, landmark_adapters, rendered_adapters
from sign2text.ground.settings import CaptionAdapter, ClassAdapter, DrawnAdapter, LandmarkAdapter


def find_adapter(name: str) -> ModuleType:
    """Import the adapter that a data set's key `adapter` names, of any kind."""
    # By name: of a stage's code, only its data sets' adapters count (ground/code_hash.py).
    for kind, package in (
        (ClassAdapter, __name__),
        (CaptionAdapter, caption_adapters.__name__),
        (LandmarkAdapter, landmark_adapters.__name__),
        (DrawnAdapter, rendered_adapters.__name__),
    ):
        if name in get_args(kind):
            return import_module(f"{package}.{name}")
    return adapters.find_adapter(name)
