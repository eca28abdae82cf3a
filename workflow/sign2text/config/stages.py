"""Stages of the workflow, found from their modules: no list of them needs updating."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sign2text.config.methods import Method, find_methods
from sign2text.config.reads import AnyRead, Listed, Read, ReadPlace, Settings
from sign2text.ground.errors import InputError
from sign2text.ground.method_packages import method_packages, stage_modules
from sign2text.ground.settings import find_problems

COMMON = "common"  # SCOPE of the stages that all experiments share, and their owner
CORPUS = "corpus"  # SCOPE of the stages that make a raw corpus
PUBLISHED = "published"  # SCOPE of the stage that fetches models named in other stages' settings
EVERY_METHOD = "every method"  # SCOPE of the stages that each method has, such as decode
SOME_METHODS = "some methods"  # SCOPE of the stages that methods list in `shared`
SCOPES = (COMMON, CORPUS, PUBLISHED, EVERY_METHOD, SOME_METHODS)
# Folders in results/<data set>/ that belong to no experiment.
NOT_EXPERIMENTS = frozenset({"tables", "comparisons", "metrics", "curves"})


@dataclass(frozen=True)
class Stage:
    """A stage, as its module declares it."""

    name: str
    module: str
    config: type
    run: Callable[..., None]
    scope: str
    """One of SCOPES, or the name of the method that owns the stage."""
    reads: Callable[[Method | None], tuple[AnyRead, ...]]
    """The stage's inputs: READS of its module, or `reads` if they depend on the method."""
    check: Callable[[Settings], Iterator[str]] | None = None
    """Report of conflicts with other stages' settings: `check_settings`; see docs/add_stage.md"""
    pictures: tuple[str, ...] = ()
    """Patterns of outputs that show the corpus's pictures: PICTURES; see lineage/withheld.py"""
    trains: bool = False
    """True if several processes may run the stage together, one per GPU: TRAINS."""
    planned: bool = False
    """True if `sign2text plan` measures the stage: PLANNED; by default, a method's own training."""
    of_classes: bool = False
    """True for data sets of clips with a class instead of a sentence: OF_CLASSES."""
    follows: Mapping[str, str] = field(default_factory=dict)
    """Settings copied from another stage unless set here, key -> stage: FOLLOWS."""
    reads_videos: bool | Callable[[Settings], bool] = False
    """True, with these settings, if the stage reads the manifest's videos: READS_VIDEOS."""
    reads_glosses: bool = False
    """True if the stage needs the manifest's glosses: READS_GLOSSES."""
    shares_seeds: bool = False
    """True if an experiment's further seeds share the stage's outputs: SHARES_SEEDS."""

    @property
    def is_common(self) -> bool:
        return self.scope == COMMON

    @property
    def is_corpus(self) -> bool:
        return self.scope == CORPUS

    @property
    def takes_seed(self) -> bool:
        """True if an experiment's `seed` sets the stage's own `seed`, if the stage has one."""
        return not (self.is_common or self.is_corpus or self.shares_seeds)

    @property
    def is_published(self) -> bool:
        return self.scope == PUBLISHED

    @property
    def is_for_all(self) -> bool:
        """True if the stage does the same for every method."""
        return self.scope in (COMMON, CORPUS, PUBLISHED)

    def takes(self, of_classes: bool) -> bool:
        """Return whether the stage accepts data sets of classes, or of sentences."""
        return self.is_for_all or self.of_classes == of_classes

    def is_of(self, name: str, method: Method | None) -> bool:
        """Return whether experiments with the method `name` have the stage."""
        if self.scope == COMMON:
            return True
        if method is None:
            return False
        if self.scope == SOME_METHODS:
            return self.name in method.shared
        return self.scope in (EVERY_METHOD, name)

    @functools.cached_property
    def declared(self) -> tuple[AnyRead, ...]:
        """The stage's inputs with any method."""
        methods = {n: m for n, m in find_methods().items() if self.is_of(n, m)}
        if not methods or self.is_common:
            return self.reads(None)
        return tuple(dict.fromkeys(each for m in methods.values() for each in self.reads(m)))

    @property
    def upstream(self) -> tuple[str, ...]:
        """All stages that this one may read from, without duplicates."""
        makers = (each.makers for each in self.declared if isinstance(each, Read))
        return tuple(dict.fromkeys(name for names in makers for name in names))

    @functools.cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Parameters of the stage's `run`."""
        return inspect.signature(self.run).parameters

    def needs(self, option: str) -> bool:
        """Return whether `run` has the parameter `option`, without a default."""
        found = self.parameters.get(option)
        return found is not None and found.default is inspect.Parameter.empty


@functools.cache
def find_stages() -> dict[str, Stage]:
    """Return all stages by name, from the modules in sign2text/stages and in methods."""
    return {name: _stage(name, module) for name, module in stage_modules().items()}


def _stage(name: str, path: str) -> Stage:
    module = importlib.import_module(path)
    owners = {f"{package}.stages.{name}": method for method, package in method_packages().items()}
    fixed, trains = getattr(module, "READS", ()), getattr(module, "TRAINS", False)
    scope = owners.get(path) or getattr(module, "SCOPE", None)
    if path not in owners and scope not in SCOPES:
        raise InputError(
            f"stage {name}: SCOPE in {path} is {scope!r}, expected one of {', '.join(SCOPES)}"
        )
    return Stage(
        name,
        path,
        module.Config,
        module.run,
        scope,
        getattr(module, "reads", None) or (lambda method: fixed),
        getattr(module, "check_settings", None),
        getattr(module, "PICTURES", ()),
        trains,
        getattr(module, "PLANNED", trains and path in owners),
        getattr(module, "OF_CLASSES", False),
        getattr(module, "FOLLOWS", {}),
        getattr(module, "READS_VIDEOS", False),
        getattr(module, "READS_GLOSSES", False),
        getattr(module, "SHARES_SEEDS", False),
    )


def check_command(stage: Stage, own: Iterable[str]) -> None:
    """Raise InputError if a rule's command does not match the parameters of the stage's `run`.

    Args:
        own: parameters of `run` that the rule passes itself.
    """
    read = {each.option for each in stage.declared if getattr(each, "is_option", True)}
    given = {*own, *read, "config"}
    if unknown := sorted(given - set(stage.parameters) - {"config"}):
        raise InputError(
            f"stage {stage.name}: declares or is given {', '.join(unknown)}, and its `run` takes "
            f"{', '.join(stage.parameters)}. Correct READS in {stage.module}, or `run`."
        )
    if missing := [name for name in stage.parameters if stage.needs(name) and name not in given]:
        raise InputError(
            f"stage {stage.name}: its `run` needs {', '.join(missing)}, which neither READS in "
            f"{stage.module} declares nor its rule gives. Declare it, or give it a default."
        )


def check_reads(stage: Stage, active: Sequence[Read | ReadPlace]) -> Iterator[str]:
    """Report options with several files, and required options without a file.

    Args:
        active: the stage's declarations that apply with the current settings.
    """
    options = [each.option for each in active]
    for option in sorted({each for each in options if options.count(each) > 1}):
        yield f"{stage.module}: READS has {options.count(option)} files for {option}, expected one"
    conditional = {each.option for each in stage.declared if not isinstance(each, Listed)}
    for option in sorted(conditional - set(options)):
        if stage.needs(option):
            yield (
                f"{stage.module}: its `run` needs {option}, and with these settings no entry of "
                "READS makes it; correct the conditions there"
            )


def check_methods(stages: Mapping[str, Stage], methods: Mapping[str, Method]) -> Iterator[str]:
    """Report stages and settings in a method's METHOD that its experiments do not have."""
    for name, method in methods.items():
        own = [each for each, stage in stages.items() if stage.is_of(name, method)]
        encoder = (method.encoder,) if method.encoder else ()
        for key, named in (
            ("trainings", method.trainings),
            ("translating", method.translating),
            ("shared", method.shared),
            ("encoder", encoder),
        ):
            for each in named:
                if each not in own:
                    yield (
                        f"method {name}: METHOD.{key} names {each}, expected some of its stages, "
                        f"{', '.join(own)}. Correct its module `method`."
                    )
        if method.encoder and not method.features:
            yield (
                f"method {name}: METHOD.features is empty; name the features that the encoder of "
                f"{method.encoder} computes"
            )
        if not method.translating:
            yield f"method {name}: METHOD.translating is empty; name a stage whose model translates"
        for each, settings in method.defaults.items():
            where = f"method {name}: METHOD.defaults.{each}"
            if each not in own or stages[each].scope not in (EVERY_METHOD, SOME_METHODS):
                shared = [n for n in own if stages[n].scope in (EVERY_METHOD, SOME_METHODS)]
                yield (
                    f"{where}: expected a shared stage of which each experiment has its own files, "
                    f"some of {', '.join(shared)}. Its own stages have their defaults in their "
                    "Config."
                )
            else:
                yield from find_problems(stages[each].config, settings, where, partial=True)


def in_order(names: Iterable[str], stages: Mapping[str, Stage]) -> list[str]:
    """Sort the stages `names`: upstream stages first, stages of equal depth by name."""

    def depth(name: str, behind: frozenset[str] = frozenset()) -> int:
        behind |= {name}  # a stage may read its own output on another data set
        before = (each for each in stages[name].upstream if each in stages and each not in behind)
        return 1 + max((depth(each, behind) for each in before), default=0)

    return sorted(names, key=lambda name: (depth(name), name))
