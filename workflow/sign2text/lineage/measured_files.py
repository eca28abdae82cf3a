"""The files from which an experiment's measurements for published tables are read."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sign2text.config.methods import find_method
from sign2text.ground.errors import InputError
from sign2text.lineage.identity import identity_json

if TYPE_CHECKING:
    from sign2text.config.project import Project

_SAID = ("data_set", "experiment", "method", "seed", "settings", "settings_without_seed", "code")


def measured_files(
    project: Project, dataset: str, experiment: str, columns: Collection[str], where: str
) -> dict[str, Any]:
    """Return the identity of an experiment's measurement of `columns`, and `files` by option.

    The identity is that of the stage that measures: data set, experiment, method, seed, and hashes.

    Args:
        columns: columns of published.csv that the method measures together.

    Raises:
        InputError: an unknown name; or the experiment's method does not measure the columns, or its
            settings leave out a file. Begins with `where`.
    """
    name = project.method(experiment)
    measurement = find_method(name, f"experiments.{experiment}.method").measurement(columns)
    settings = project.settings(dataset, experiment)
    if measurement is None or not all(each.is_read(settings) for each in measurement.reads):
        by = f"its method {name} does not measure them"
        if measurement is not None:
            files = ", ".join(f"{each.makers[0]}/{each.file}" for each in measurement.reads)
            by = f"with its settings on {dataset} there is no {files}"
        raise InputError(
            f"{where}: found {experiment}, expected an experiment with {', '.join(columns)}; {by}. "
            "Take it out."
        )
    files, (_, measuring) = {}, measurement.reads[0].maker(settings)
    for each in measurement.reads:
        of, stage = each.maker(settings)
        files[each.option] = f"{project.folder(of, experiment, stage)}/{each.file}"
    identity = json.loads(identity_json(project, dataset, experiment, measuring))
    return {**{key: identity[key] for key in _SAID}, "files": files}
