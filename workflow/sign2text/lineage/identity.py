"""Identity of a score: data set, experiment, seed, and hashes of all settings and code."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sign2text.ground.settings import to_json_values

if TYPE_CHECKING:
    from sign2text.config.project import Project

SEED = "seed"


def identity_json(
    project: Project, dataset: str, experiment: str, stage: str, language: str | None = None
) -> str:
    """Return the identity of the artefact of `stage` for `experiment` on `dataset`: compact JSON.

    Keys: `data_set`, `experiment`, `method`; `seed`, the seed of the method's stages (a mapping by
    stage if they differ); `settings`, a hash of all settings of `stage` and upstream stages,
    including defaults; `settings_without_seed`, a hash without the method's seeds, which is equal
    for all seeds of one experiment; `code`, a hash of these stages' code; `language`, if the target
    has one; `stages`, the differences from the defaults by stage; `cautions` for readers, if the
    method has any. Raises InputError for unknown names.
    """
    signature = project.signature(dataset, experiment, stage, language is not None)
    named = {made: _name(made, dataset) for made in signature}
    settings = {
        name: to_json_values(project.stage_config(of, experiment, each))
        for (of, each), name in named.items()
    }
    seeds = {
        name: settings[name][SEED]
        for (_, each), name in named.items()
        # A seed that the experiment's `seed` does not set is an ordinary setting.
        if SEED in settings[name] and project.stages[each].takes_seed
    }
    unseeded = {
        name: {key: value for key, value in values.items() if name not in seeds or key != SEED}
        for name, values in settings.items()
    }
    code = {name: project.code(of, experiment, each) for (of, each), name in named.items()}
    found = {
        "data_set": dataset,
        "experiment": experiment,
        "method": project.method(experiment),
        SEED: next(iter(seeds.values())) if len(set(seeds.values())) == 1 else seeds,
        "settings": _hash(settings),
        "settings_without_seed": _hash(unseeded),
        "code": _hash(code),
        **({"language": language} if language else {}),
        "stages": {
            named[made]: json.loads(signature[made]) for made in sorted(named, key=named.get)
        },
    }
    describe = project.methods[project.method(experiment)].cautions
    if describe and (cautions := list(describe(project.settings(dataset, experiment)))):
        found["cautions"] = cautions
    return json.dumps(found, separators=(",", ":"))


def _name(made: tuple[str, str], dataset: str) -> str:
    """Return the stage's name, after the data set if it is not `dataset`."""
    other, stage = made
    return stage if other == dataset else f"{other}/{stage}"


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
