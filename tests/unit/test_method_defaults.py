"""Settings of shared stages that a method brings along, below all of config.yaml."""

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sign2text.config import documentation
from sign2text.config.methods import Method, find_methods
from sign2text.config.project import Project
from sign2text.ground.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
GIVEN = {"decode": {"beams": 4, "length_penalty": 2.0}, "score": {"resamples": 50}}
EXPERIMENTS = {
    "plain": {"method": "fla_llm"},
    "narrow": {"base": "plain", "stages": {"decode": {"beams": 1}}},
    "as_usual": {"base": "plain", "stages": {"decode": {"beams": 5, "length_penalty": 1.0}}},
}


def with_defaults(defaults: dict[str, dict[str, Any]]) -> dict[str, Method]:
    return {"fla_llm": dataclasses.replace(find_methods()["fla_llm"], defaults=defaults)}


def project(defaults: dict[str, dict[str, Any]]) -> Project:
    """Two data sets, of which the second sets a beam width."""
    datasets = {name: copy.deepcopy(CONFIG["datasets"][name]) for name in ("phoenix", "csl_daily")}
    datasets["csl_daily"]["stages"] = {"decode": {"beams": 3}}
    config = {"datasets": datasets, "experiments": EXPERIMENTS}
    return Project(config, methods=with_defaults(defaults))


def decode(found: Project, dataset: str, experiment: str) -> dict[str, Any]:
    return json.loads(found.settings_json(dataset, experiment, "decode"))


def test_data_sets_and_experiments_override_what_a_method_brings() -> None:
    found = project(GIVEN)
    assert decode(found, "phoenix", "plain") == {"beams": 4, "length_penalty": 2.0}
    assert decode(found, "csl_daily", "plain") == {"beams": 3, "length_penalty": 2.0}
    assert decode(found, "csl_daily", "narrow") == {"beams": 1, "length_penalty": 2.0}
    assert decode(found, "phoenix", "as_usual") == {}
    assert found.stage_config("phoenix", "plain", "score").resamples == 50
    assert found.owner("phoenix", "narrow", "decode") == "narrow"
    assert found.owner("phoenix", "narrow", "finetune_llm") == "plain"


def test_a_method_without_defaults_leaves_settings_as_they_are() -> None:
    assert find_methods()["fla_llm"].defaults == {}
    assert decode(project({}), "phoenix", "plain") == {}


@pytest.mark.parametrize(
    ("defaults", "message"),
    [
        (
            {"train_tokenizer": {"pieces": 100}},
            r"method fla_llm: METHOD\.defaults\.train_tokenizer: expected a shared stage of which",
        ),
        (
            {"visual_init": {"dropout": 0.1}},
            r"METHOD\.defaults\.visual_init: expected .* some of .*decode, .*score.* Its own",
        ),
        ({"dekode": {}}, r"METHOD\.defaults\.dekode: expected a shared stage"),
        (
            {"decode": {"beam": 4}},
            r'METHOD\.defaults\.decode\.beam: unknown key; did you mean "beams"\?',
        ),
        ({"decode": {"beams": 0}}, r"METHOD\.defaults\.decode\.beams: found 0"),
    ],
)
def test_defaults_that_no_stage_takes_are_refused(
    defaults: dict[str, dict[str, Any]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        project(defaults)


def test_the_page_of_settings_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    found = project({}).every_stage
    line = "Defaults of fla_llm: `beams: 4`, `length_penalty: 2.0`."
    assert line not in documentation.make_page(found)
    monkeypatch.setattr(documentation, "find_methods", lambda: with_defaults(GIVEN))
    page = documentation.make_page(found)
    assert line in page.partition("\n## decode\n")[2].partition("\n## ")[0]
