"""The stages there are: found from their modules, so that nothing lists them a second time."""

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
PUBLISHED = "published"  # SCOPE of the stage that fetches what other stages' settings name
EVERY_METHOD = "every method"  # SCOPE of the stages that each method has, such as decode
SOME_METHODS = "some methods"  # SCOPE of those that methods name as `shared`
SCOPES = (COMMON, CORPUS, PUBLISHED, EVERY_METHOD, SOME_METHODS)
# Folders beside those of experiments, in results/<data set>/.
NOT_EXPERIMENTS = frozenset({"tables", "comparisons", "metrics", "curves"})


@dataclass(frozen=True)
class Stage:
    """What a stage's module says about itself."""

    name: str
    module: str
    config: type
    run: Callable[..., None]
    scope: str
    """One of those above, or the name of the method whose own it is."""
    reads: Callable[[Method | None], tuple[AnyRead, ...]]
    """What it reads, as its module says in READS, or in `reads` where that depends on the method"""
    check: Callable[[Settings], Iterator[str]] | None = None
    """What does not fit between the settings of several stages; see docs/add_stage.md"""
    pictures: tuple[str, ...] = ()
    """Patterns of those outputs that show the corpus's pictures: lineage/withheld.py"""
    trains: bool = False
    """Several processes may run it together, one a GPU."""
    planned: bool = False
    """`sign2text plan` measures it: its PLANNED, or where it has none, a method's own training."""
    of_classes: bool = False
    """It is for data sets whose clips have a class instead of a sentence: its OF_CLASSES."""
    follows: Mapping[str, str] = field(default_factory=dict)
    """Settings that are those of another stage, by its name, unless they are set here: FOLLOWS."""
    reads_videos: bool = False
    """It reads the videos that the manifest names: READS_VIDEOS."""
    reads_glosses: bool = False
    """It cannot do without the manifest's glosses: READS_GLOSSES."""
    shares_seeds: bool = False
    """Further seeds of an experiment share what it makes: its SHARES_SEEDS."""

    @property
    def is_common(self) -> bool:
        return self.scope == COMMON

    @property
    def is_corpus(self) -> bool:
        return self.scope == CORPUS

    @property
    def takes_seed(self) -> bool:
        """True if an experiment's `seed` is its seed too, where it has one."""
        return not (self.is_common or self.is_corpus or self.shares_seeds)

    @property
    def is_published(self) -> bool:
        return self.scope == PUBLISHED

    @property
    def is_for_all(self) -> bool:
        """True if it does the same whatever the method is."""
        return self.scope in (COMMON, CORPUS, PUBLISHED)

    def takes(self, of_classes: bool) -> bool:
        """Return whether it is for data sets of classes, or for those of sentences."""
        return self.is_for_all or self.of_classes == of_classes

    def is_of(self, name: str, method: Method | None) -> bool:
        """Return whether the experiments of the method of that name have it."""
        if self.scope == COMMON:
            return True
        if method is None:
            return False
        if self.scope == SOME_METHODS:
            return self.name in method.shared
        return self.scope in (EVERY_METHOD, name)

    @functools.cached_property
    def declared(self) -> tuple[AnyRead, ...]:
        """What it reads with any method."""
        methods = {n: m for n, m in find_methods().items() if self.is_of(n, m)}
        if not methods or self.is_common:
            return self.reads(None)
        return tuple(dict.fromkeys(each for m in methods.values() for each in self.reads(m)))

    @property
    def upstream(self) -> tuple[str, ...]:
        """All stages that it may read from, each once."""
        makers = (each.makers for each in self.declared if isinstance(each, Read))
        return tuple(dict.fromkeys(name for names in makers for name in names))

    @functools.cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Those of its `run`."""
        return inspect.signature(self.run).parameters

    def needs(self, option: str) -> bool:
        """Return whether `run` has a parameter of this name, without a default."""
        found = self.parameters.get(option)
        return found is not None and found.default is inspect.Parameter.empty


@functools.cache
def find_stages() -> dict[str, Stage]:
    """All stages by name: the modules in sign2text/stages, and those of methods."""
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
    """Raise InputError where a rule's command cannot be what the stage's `run` takes.

    Args:
        own: options that the rule writes itself, as parameters of `run`.
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
    """Say what is wrong with what a stage reads with some settings, `active` of its declarations.

    Each option has one file at most, and those that its `run` cannot do without have one.
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
    """Report stages and settings that METHOD of a method names and its experiments do not have."""
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
    """The stages `names`, each after what it reads; those that are as far down by name."""

    def depth(name: str, behind: frozenset[str] = frozenset()) -> int:
        behind |= {name}  # a stage may read what it made on another data set
        before = (each for each in stages[name].upstream if each in stages and each not in behind)
        return 1 + max((depth(each, behind) for each in before), default=0)

    return sorted(names, key=lambda name: (depth(name), name))
