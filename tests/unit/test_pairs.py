"""The data set key `experiments`: settings for one experiment on one data set."""

import json
from typing import Annotated, Any

import pytest
import yaml
from made_stages import made_method, made_stage
from pydantic import Field

from sign2text.config.keys import with_command_line
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.ground.settings import stage_config


@stage_config
class Render:
    clips: int = 100


@stage_config
class Train:
    width: Annotated[int, Field(ge=1, description="hidden width")] = 512
    layers: int = 3
    epochs: int = 75
    seed: int = 1


@stage_config
class Decode:
    beams: int = 5


STAGES = {
    stage.name: stage
    for stage in (
        made_stage("render", Render, "corpus"),
        made_stage("train", Train, "slt", ("render",)),
        made_stage("decode", Decode, "slt", ("train",)),
    )
}
METHODS = {"slt": made_method("train")}

CONFIG = """
datasets:
  small:
    adapter: avatar
    language: de
    stages: {train: {width: 64, epochs: 8}}
    experiments:
      slt_tiny: {stages: {train: {width: 32}}}
      slt_quarter: {stages: {train: {epochs: 2}}}
  smaller:
    base: small
    stages: {train: {epochs: 4}}
    experiments:
      slt_quarter: {stages: {train: {epochs: 1}}}
  published: {adapter: avatar, language: de}
experiments:
  slt: {method: slt}
  slt_tiny: {base: slt, stages: {train: {width: 256, layers: 1}}}
  slt_tiny_long: {base: slt_tiny, stages: {train: {epochs: 90}}}
  slt_tiny_wide: {base: slt_tiny, stages: {train: {width: 300}}}
  slt_tiny-seed2: {base: slt_tiny, seed: 2}
  slt_quarter: {base: slt, stages: {train: {epochs: 19}}}
"""


def project(changes: str = "{}") -> Project:
    return Project(
        with_command_line(yaml.safe_load(CONFIG), yaml.safe_load(changes)), STAGES, METHODS
    )


def settings(dataset: str, experiment: str) -> dict[str, Any]:
    return json.loads(project().settings_json(dataset, experiment, "train"))


@pytest.mark.parametrize(
    ("dataset", "experiment", "expected"),
    [
        ("small", "slt", {"width": 64, "epochs": 8}),
        ("small", "slt_tiny", {"width": 32, "layers": 1, "epochs": 8}),
        ("published", "slt_tiny", {"width": 256, "layers": 1}),
        # What has it as its base goes on from there, and says what differs.
        ("small", "slt_tiny_long", {"width": 32, "layers": 1, "epochs": 90}),
        ("small", "slt_tiny_wide", {"width": 300, "layers": 1, "epochs": 8}),
        ("small", "slt_tiny-seed2", {"width": 32, "layers": 1, "epochs": 8, "seed": 2}),
        # A data set inherits this key of its base too, entry by entry.
        ("small", "slt_quarter", {"width": 64, "epochs": 2}),
        ("smaller", "slt_quarter", {"width": 64, "epochs": 1}),
        ("smaller", "slt_tiny", {"width": 32, "layers": 1, "epochs": 4}),
    ],
)
def test_settings_of_a_pair_come_behind_those_of_the_experiment(
    dataset: str, experiment: str, expected: dict[str, Any]
) -> None:
    assert settings(dataset, experiment) == expected


def test_who_owns_an_artefact_takes_pairs_into_account() -> None:
    assert project().owner("small", "slt_quarter", "train") == "slt_quarter"
    same = project(
        "datasets: {small: {experiments: {slt_quarter: {stages: {train: {epochs: 8}}}}}}"
    )
    assert same.owner("small", "slt_quarter", "train") == "slt"
    assert same.owner("published", "slt_quarter", "train") == "slt_quarter"
    decoded = project("datasets: {small: {experiments: {slt: {stages: {decode: {beams: 2}}}}}}")
    assert decoded.settings_json("small", "slt", "decode") == '{"beams":2}'
    assert decoded.settings_json("published", "slt", "decode") == "{}"
    assert decoded.owner("small", "slt_tiny-seed2", "train") == "slt_tiny-seed2"


PATH = "datasets.small.experiments"
REFUSED = {
    "slt_tyni: {}": f'{PATH}.slt_tyni: unknown name "slt_tyni"; did you mean "slt_tiny"?',
    "slt: {seed: 2}": f"{PATH}.slt.seed: unknown key; accepted keys: stages",
    "slt: {stages: {trian: {}}}": f'{PATH}.slt.stages.trian: unknown key; did you mean "train"?',
    "slt: {stages: {train: {widht: 1}}}": f"{PATH}.slt.stages.train.widht: unknown key; did you "
    'mean "width"?',
    "slt: {stages: {train: {width: 0}}}": f"{PATH}.slt.stages.train.width: found 0, expected "
    "greater than or equal to 1",
    "slt: {stages: {render: {clips: 3}}}": f"{PATH}.slt.stages.render: no stage of method slt; "
    "accepted keys: decode, train; a corpus is set at its data set",
    "slt: [train]": f"{PATH}.slt: found",
}


@pytest.mark.parametrize("changes", REFUSED)
def test_refused_with_the_path_of_the_key(changes: str) -> None:
    with pytest.raises(InputError) as refused:
        project(f"datasets: {{small: {{experiments: {{{changes}}}}}}}")
    assert REFUSED[changes] in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
