"""Shared parts of the workflow's rules: inputs, params and commands from declarations."""

from __future__ import annotations

import functools
import hashlib
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from snakemake.exceptions import WorkflowError
from snakemake.io import ancient

from sign2text.config.checks import check_fits
from sign2text.config.reads import Listed, Read, ReadPlace
from sign2text.config.stages import COMMON, Stage, check_command
from sign2text.ground.errors import InputError
from sign2text.lineage.identity import identity_json

if TYPE_CHECKING:
    from sign2text.config.project import Project

Function = Callable[..., Any]
"""A function of wildcards that Snakemake calls for inputs and params."""
_OPTION = re.compile(r"(?<!\S)--([a-z][a-z-]*)")


def reported(function: Function) -> Function:
    """Report configuration errors in a rule's function without a traceback."""

    @functools.wraps(function)
    def report(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except InputError as error:
            raise WorkflowError(str(error)) from None

    return report


class Rules:
    """Inputs, params and commands of the rules of a project's stages."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def stage(self, name: str) -> Stage:
        """Return the stage of a rule; raise WorkflowError if no module defines it."""
        try:
            return self.project.every_stage[name]
        except KeyError:
            raise WorkflowError(f"rule {name}: there is no module of a stage {name}") from None

    def inputs_of(self, stage: str) -> dict[str, Function]:
        """Return a rule's inputs as functions of the wildcards, without those it lists itself.

        With a wildcard `language`, they are the inputs of a target with a language.
        """
        found: dict[str, Function] = {}
        declared = [each for each in self.stage(stage).declared if not isinstance(each, Listed)]
        for option in dict.fromkeys(each.option for each in declared):
            same = [each for each in declared if each.option == option]
            find = self._input(stage, option)
            by_content = all(getattr(each, "by_content", True) for each in same)
            if any(getattr(each, "index", None) for each in same):
                found[option] = ancient(find)
                found[f"{option}_index"] = self._input(stage, option, index=True)
            else:
                found[option] = find if by_content else ancient(find)
        return found

    def _input(self, stage: str, option: str, *, index: bool = False) -> Function:
        @reported
        def find(wildcards: Any) -> str | list[str]:
            experiment = getattr(wildcards, "experiment", COMMON)
            self.project.check_needs(wildcards.dataset, experiment, stage)
            check_fits(self.project, wildcards.dataset, experiment, stage)
            language = getattr(wildcards, "language", None)
            if language is not None:
                self.project.check_language(wildcards.dataset, experiment, language)
            of = wildcards.dataset, experiment, stage, language is not None
            for read in self.project.reads(*of):
                if read.option == option:
                    return self._path(read, wildcards, experiment, index=index) or []
            return []

        return find

    def _path(
        self, read: Read | ReadPlace, wildcards: Any, experiment: str, *, index: bool
    ) -> str | None:
        settings = self.project.settings(wildcards.dataset, experiment)
        if isinstance(read, ReadPlace):
            return read.path(settings)
        name = read.index if index else read.file
        if name is None:
            return None
        folder = self.project.folder(read.maker(settings)[0], experiment, read.maker(settings)[1])
        return f"{folder}/{_filled(name, wildcards)}"

    def params_of(
        self, stage: str, place: str | None = None, *, shared: bool = True, **own: Any
    ) -> dict[str, Any]:
        """Return a rule's params: its job's settings, code and upstream, and its options.

        Args:
            place: path of the job's provenance without its ending, with wildcards; None: the path
                in the stage's folder.
            shared: True if experiments with equal settings share the artefacts; jobs of experiments
                that are not the owner are then refused.
            own: further params; `upstream` replaces the declared stages' hash.
        """
        found = self.stage(stage)
        place = place or _place(found)
        by_experiment = "{experiment}" in place
        about: dict[str, Any] = {
            "settings": self._settings(stage, shared=shared and by_experiment),
            "code": self._code(stage),
            "options": self._options(found),
            "folder": lambda wildcards: _filled(place.rpartition("/")[0], wildcards),
            "provenance": f"{place}.provenance.json",
        }
        if by_experiment:
            about["upstream"] = self._upstream(stage)
        if found.trains:
            about["python"] = python_of
        if not found.is_for_all:
            about["method"] = lambda wildcards: self.project.method(wildcards.experiment)
        if "identity" in found.parameters:
            about["identity"] = self.identity_of(stage)
        return about | own

    def command(self, stage: str, own: str = "") -> str:
        """Return a rule's shell command; `own` has the options that follow from nothing else.

        Raises WorkflowError if the stage's `run`, its declarations and the rule disagree.
        """
        found = self.stage(stage)
        words = ["{params.python}" if found.trains else "python -m", found.module]
        if "threads" in found.parameters:
            words.append("--threads {threads}")
        if "split" in found.parameters:
            words.append("--split {wildcards.split}")
        words.append("{params.options}")
        if "identity" in found.parameters:
            words.append("--identity {params.identity:q}")
        words += [own, "--settings {params.settings:q} --log {log:q}"]
        if not found.is_for_all:
            words.append("--method {params.method}")
        words.append("--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}")
        command = " ".join(filter(None, words))
        reserved = {"settings", "log", "inputs", "outputs", "provenance", "method"}
        given = {each.replace("-", "_") for each in _OPTION.findall(command)} - reserved
        reported(check_command)(found, given)
        return command

    def _settings(self, stage: str, *, shared: bool) -> Function:
        @reported
        def settings(wildcards: Any) -> str:
            experiment = getattr(wildcards, "experiment", COMMON)
            found = self.project.settings_json(wildcards.dataset, experiment, stage)
            if shared:
                owner = self.project.owner(wildcards.dataset, experiment, stage)
                if owner != experiment:
                    asked, right = (
                        f"results/{wildcards.dataset}/{each}/{stage}"
                        for each in (experiment, owner)
                    )
                    raise WorkflowError(
                        f"{asked}: the settings are those of {owner}, whose files are shared; "
                        f"ask for {right} instead"
                    )
            return found

        return settings

    def _code(self, stage: str) -> Function:
        @reported
        def code(wildcards: Any) -> str:
            experiment = getattr(wildcards, "experiment", COMMON)
            return self.project.code(getattr(wildcards, "dataset", None), experiment, stage)

        return code

    def _upstream(self, stage: str) -> Function:
        """Return a function for the hash of settings and code of all stages upstream of `stage`.

        If a rerun of a stage is interrupted, its old output and Snakemake's record of it are gone.
        Without this hash, artefacts made from the old output would pass as up to date.
        """

        @reported
        def upstream(wildcards: Any) -> str:
            of = wildcards.dataset, wildcards.experiment
            return short_hash(self.project.before(*of, stage, hasattr(wildcards, "language")))

        return upstream

    def identity_of(self, stage: str) -> Function:
        """Return a function for the artefact's identity as JSON (lineage/identity.py)."""

        @reported
        def identity(wildcards: Any) -> str:
            of = wildcards.dataset, wildcards.experiment, stage
            return identity_json(self.project, *of, getattr(wildcards, "language", None))

        return identity

    def _options(self, stage: Stage) -> Function:
        """Return a function for the options of a job's inputs, in the order of declaration."""
        told = [each for each in stage.declared if getattr(each, "is_option", True)]
        listed = {each.option for each in told if isinstance(each, Listed)}

        @reported
        def options(wildcards: Any, input: Mapping[str, Any]) -> str:
            given: dict[str, Callable[[str], str]] = {}
            if len(listed) < len(told):
                experiment = getattr(wildcards, "experiment", COMMON)
                of = wildcards.dataset, experiment, stage.name, hasattr(wildcards, "language")
                for read in self.project.reads(*of):
                    if isinstance(read, ReadPlace) and read.given:
                        given[read.option] = read.given
            language = getattr(wildcards, "language", None)
            words = ["--language", language] if language and "language" in stage.parameters else []
            for option in dict.fromkeys(each.option for each in told):
                if paths := _several(getattr(input, option)):
                    paths = [given[option](path) for path in paths] if option in given else paths
                    words += [f"--{option.replace('_', '-')}", *map(shlex.quote, paths)]
            return " ".join(words)

        return options


def _place(stage: Stage) -> str:
    """Return the path of the provenance of a stage's job, without its ending."""
    if stage.is_corpus:
        return f"resources/{{dataset}}/{stage.name}"
    by_split = any("{split}" in each.file for each in stage.declared if isinstance(each, Read))
    variant = ".{split}" if by_split else ""
    return f"results/{{dataset}}/{{experiment}}/{stage.name}/{stage.name}{variant}"


def _several(value: Any) -> list[str]:
    """Return an input's paths as a list; Snakemake passes one path or several."""
    return [str(value)] if isinstance(value, str) else [str(each) for each in value]


def _filled(pattern: str, wildcards: Any) -> str:
    return pattern.format_map(dict(wildcards.items()))


def files_of(stage: str, names: str) -> dict[str, str]:
    """Return a stage's outputs `names`, separated by spaces, by the name up to the last dot.

    Other dots become underscores, since the keys name a rule's outputs.
    """
    place = f"results/{{dataset}}/{{experiment}}/{stage}"
    return {name.rpartition(".")[0].replace(".", "_"): f"{place}/{name}" for name in names.split()}


def short_hash(value: Any) -> str:
    """Hash the repr of a value to 16 hex digits."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def python_of(wildcards: Any, resources: Any) -> str:
    """Return the command that starts a training, with one process for each GPU.

    This params function depends on the job's resources, so another number of GPUs makes nothing out
    of date.
    """
    if resources.gpu < 2:
        return "python -m"
    # Two minutes are for saving a large state on termination. Without `--`, torchrun would read
    # --log as its own option.
    torchrun = "python -m torch.distributed.run --standalone --shutdown-timeout 120"
    return f"{torchrun} --nproc-per-node {resources.gpu} -m --"


def needs(*, mem_mb: int, runtime: int, gpu: int = 0, grows: bool = True) -> dict[str, Any]:
    """Return a rule's resources: MB of memory, minutes, and GPUs if it uses any.

    If a profile sets `retries`, each retry adds another `mem_mb`, for jobs that ran out of memory.
    With `grows=False`, memory stays the same, for rules that fail for other reasons.
    """
    memory = (lambda wildcards, attempt: mem_mb * attempt) if grows else mem_mb
    return ({"gpu": gpu} if gpu else {}) | {"mem_mb": memory, "runtime": runtime}


def one_of(names: Iterable[str]) -> str:
    """Return the wildcard constraint for one of `names`; without names it matches nothing."""
    return "|".join(names) or "(?!)"
