"""The trainings of experiments whose histories say which part of the model learns how much."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sign2text.ground.settings import flattened, to_json_values
from sign2text.lineage.identity import identity_json

if TYPE_CHECKING:
    from sign2text.config.project import Project

STAGES = ("visual_init", "finetune_llm")
"""The stages that write down the norms of their parts."""
SETTINGS = (
    "train_frame_encoder", "trained_visual", "training.optimizer", "training.learning_rate",
    "visual_learning_rate", "adapter_learning_rate", "training.warmup", "training.weight_decay",
    "training.max_grad_norm", "training.batch_size", "training.epochs", "training.steps",
)  # fmt: skip
"""Settings that a reader of norms must know, nested keys with dots; each stage has some."""
_SAID = ("data_set", "seed", "settings", "code")


def part_trainings(
    project: Project, dataset: str, experiments: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Whose trainings these are, and with which settings, as JSON values by experiment.

    Each has `data_set`, `seed`, the hashes `settings` and `code` of its score file, and
    `trainings`: by place, `<owner>/<stage>`, those of SETTINGS that the stage has, by the last part
    of their name. Raises InputError on unknown names.
    """
    found = {}
    for experiment in experiments:
        identity = json.loads(identity_json(project, dataset, experiment, "score"))
        used = project.signature(dataset, experiment, "score")
        trainings = {}
        for stage in (stage for stage in STAGES if stage in used):
            values = flattened(to_json_values(project.stage_config(dataset, experiment, stage)))
            trainings[f"{project.owner(dataset, experiment, stage)}/{stage}"] = {
                key.rpartition(".")[2]: values[key]
                for key in SETTINGS
                if values.get(key) is not None
            }
        found[experiment] = {**{key: identity[key] for key in _SAID}, "trainings": trainings}
    return found
