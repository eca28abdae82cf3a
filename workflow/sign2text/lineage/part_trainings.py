"""Trainings that record in their history how much each part of the model learns."""

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
    """Return the experiments' trainings and their settings, as JSON values by experiment.

    Each value has `data_set`, `method`, `seed`, the hashes `settings` and `code` of the score file,
    and `trainings`: for each `<owner>/<stage>`, the settings that the method lists in `said`. A
    method without parts has no trainings. Raises InputError for unknown names.
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
    """List a method's trainings that record norms of its parts, in their order."""
    named = {stage for part in method.norms.parts.values() for stage in part.names}
    return [stage for stage in method.trainings if stage in named]
