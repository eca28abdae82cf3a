"""The trainings of experiments whose histories say which part of the model learns how much."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sign2text.config.methods import Method, find_method
from sign2text.ground.settings import flattened, to_json_values
from sign2text.lineage.identity import identity_json

if TYPE_CHECKING:
    from sign2text.config.project import Project

_SAID = ("data_set", "method", "seed", "settings", "code")


def part_trainings(
    project: Project, dataset: str, experiments: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Trainings of experiments and their settings, as JSON values by experiment.

    Each has `data_set`, `method`, `seed`, the hashes `settings` and `code` of its score file, and
    `trainings`: by place, `<owner>/<stage>`, those settings of the stage that its method wants
    readers to know. A method that names no parts has no trainings here. Raises InputError on
    unknown names.
    """
    found = {}
    for experiment in experiments:
        identity = json.loads(identity_json(project, dataset, experiment, "score"))
        signature = project.signature(dataset, experiment, "score")
        used = {stage for of, stage in signature if of == dataset}
        method = find_method(identity["method"], f"experiments.{experiment}.method")
        trainings = {}
        for stage in (stage for stage in stages_with_parts(method) if stage in used):
            values = flattened(to_json_values(project.stage_config(dataset, experiment, stage)))
            trainings[f"{project.owner(dataset, experiment, stage)}/{stage}"] = {
                key.rpartition(".")[2]: values[key]
                for key in method.said
                if values.get(key) is not None
            }
        found[experiment] = {**{key: identity[key] for key in _SAID}, "trainings": trainings}
    return found


def stages_with_parts(method: Method) -> list[str]:
    """The trainings of a method that write down norms of its parts, in their order."""
    named = {stage for part in method.norms.parts.values() for stage in part.names}
    return [stage for stage in method.trainings if stage in named]
