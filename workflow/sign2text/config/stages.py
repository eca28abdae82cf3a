"""The stages there are: found from their modules, so that nothing lists them a second time."""

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sign2text.ground.method_packages import stage_modules

COMMON = "common"  # owner and method name of the stages that all methods share
CORPUS = "corpus"  # method name of the stages that make a raw corpus
PUBLISHED = "published"  # method name of the stage that fetches what other stages' settings name
# Folders beside those of experiments, in results/<data set>/.
NOT_EXPERIMENTS = frozenset({"tables", "comparisons", "metrics", "curves"})
# Adapter of corpora that are rendered here, from their own or another corpus's sentences.
RENDERED = "avatar"


@dataclass(frozen=True)
class Stage:
    """What a stage's module says about itself."""

    name: str
    module: str
    config: type
    methods: tuple[str, ...]
    upstream: tuple[str, ...]
    check: Callable[[Callable[[str], Any]], Iterator[str]] | None = None
    """Given a function from stage to settings, what does not fit together; see docs/add_stage.md"""
    stages_read: Callable[[Callable[[str], Any]], tuple[str, ...]] | None = None
    """Given the same, which stages of `upstream` it reads with these settings; None: all of them"""

    pictures: tuple[str, ...] = ()
    """Patterns of those outputs that show the corpus's pictures: lineage/withheld.py"""

    @property
    def is_common(self) -> bool:
        return COMMON in self.methods

    @property
    def is_corpus(self) -> bool:
        return CORPUS in self.methods

    @property
    def is_published(self) -> bool:
        return PUBLISHED in self.methods


@functools.cache
def find_stages() -> dict[str, Stage]:
    """All stages by name: the modules in sign2text/stages, and those of methods."""
    found = {}
    for name, path in stage_modules().items():
        module = importlib.import_module(path)
        found[name] = Stage(
            name,
            path,
            module.Config,
            module.METHODS,
            module.UPSTREAM,
            getattr(module, "check_settings", None),
            getattr(module, "stages_read", None),
            getattr(module, "PICTURES", ()),
        )
    return found


def in_order(names: Iterable[str], stages: Mapping[str, Stage]) -> list[str]:
    """The stages `names`, each after what it reads; those that are as far down by name."""

    def depth(name: str) -> int:
        return 1 + max(map(depth, stages[name].upstream), default=0)

    return sorted(names, key=lambda name: (depth(name), name))
