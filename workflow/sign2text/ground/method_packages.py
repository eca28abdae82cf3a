"""Packages of methods: folders of this package, and other packages named by an entry point."""

from __future__ import annotations

import functools
import importlib.util
from importlib.metadata import entry_points
from pathlib import Path

from sign2text.ground.errors import InputError

PACKAGE = "sign2text"
ROOT = Path(__file__).resolve().parents[2]
GROUP = "sign2text.methods"
"""Group of the entry points: `<name of the method> = "<its package>"`."""


@functools.cache
def method_packages(root: Path = ROOT) -> dict[str, str]:
    """Return the packages of all methods by name: folders with a method.py, then entry points.

    Imports nothing. Raises InputError if two methods have the same name.
    """
    folders = sorted(path.parent for path in root.glob(f"{PACKAGE}/methods/*/method.py"))
    found = {folder.name: f"{PACKAGE}.methods.{folder.name}" for folder in folders}
    if root == ROOT:
        for entry in sorted(entry_points(group=GROUP)):
            if found.setdefault(entry.name, entry.value) != entry.value:
                raise InputError(
                    f"method {entry.name}: {found[entry.name]} and {entry.value} both have the "
                    "name. Give the package's entry point another one."
                )
    return found


@functools.cache
def package_folder(package: str, root: Path = ROOT) -> Path | None:
    """Return the folder of this package, a method's package, or a subpackage; None if missing."""
    top, *rest = package.split(".")
    if top == PACKAGE:
        folder = root.joinpath(top, *rest)
    else:
        spec = importlib.util.find_spec(top)
        if spec is None or not spec.submodule_search_locations:
            return None
        folder = Path(spec.submodule_search_locations[0]).joinpath(*rest)
    return folder if folder.is_dir() else None


@functools.cache
def stage_modules(root: Path = ROOT) -> dict[str, str]:
    """Return the modules of all stages by stage name: shared stages, then each method's.

    Raises InputError if two stages have the same name.
    """
    found: dict[str, str] = {}
    for package in (f"{PACKAGE}.stages", *(f"{p}.stages" for p in method_packages(root).values())):
        folder = package_folder(package, root)
        for path in sorted(folder.glob("*.py")) if folder else ():
            module = f"{package}.{path.stem}"
            if path.stem != "__init__" and found.setdefault(path.stem, module) != module:
                raise InputError(
                    f"stage {path.stem}: {found[path.stem]} and {module} both have the name. "
                    "Rename one of them: a stage's name says where its artefacts lie."
                )
    return found


def rule_files(workflow: Path) -> tuple[Path, ...]:
    """Return the workflow's rule files, then the methods', without files that others include.

    A method's rule files are in the workflow's folder rules/ or in `rules` of the method's package.
    """
    shared = (each for each in sorted(workflow.glob("rules/*.smk")) if not _is_common(each))
    folders = (package_folder(package) for package in method_packages().values())
    own = (path for each in folders if each for path in sorted(each.glob("rules/*.smk")))
    return (*shared, *own)


def _is_common(path: Path) -> bool:
    return path.stem.startswith("common")
