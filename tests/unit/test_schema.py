"""Every stage is documented, and schema and page are what the dataclasses say."""

import json

import jsonschema
import pytest
import yaml

from sign2text.config import documentation as schema
from sign2text.config.methods import find_methods
from sign2text.config.project import Project
from sign2text.config.reads import Read
from sign2text.config.stages import COMMON, CORPUS, SOME_METHODS, find_stages
from sign2text.ground.settings import defaults, find_problems


def committed_schema() -> dict:
    return json.loads((schema.ROOT / schema.SCHEMA).read_text(encoding="utf-8"))


def project_config() -> dict:
    return yaml.safe_load((schema.ROOT / "config.yaml").read_text(encoding="utf-8"))


def test_schema_and_page_have_not_drifted() -> None:
    assert schema.find_drift() == [], "run: python -m sign2text.config.documentation --write"


def test_config_is_valid_by_schema_and_by_project() -> None:
    jsonschema.Draft202012Validator.check_schema(committed_schema())
    jsonschema.validate(project_config(), committed_schema())
    Project(project_config())


@pytest.mark.parametrize(
    "change",
    [
        {"experiments": {"fla_llm": {"stages": {"decode": {"beamz": 5}}}}},
        {"experiments": {"fla_llm": {"stages": {"decode": {"beams": 0}}}}},
        {"experiments": {"fla_llm": {"stages": {"synthesize_avatar": {}}}}},
        {"datasets": {"avatar": {"adaptor": "avatar"}}},
        {"target": []},
    ],
)
def test_schema_refuses_what_the_project_refuses(change: dict) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(change, committed_schema())


@pytest.mark.parametrize("name", find_stages())
def test_stage_is_wired_and_documented(name: str) -> None:
    stages = find_stages()
    stage = stages[name]
    for method, found in find_methods().items():
        if not stage.is_of(method, found):
            continue
        # Whoever has the stage must have what it reads. Of several makers, one that only some
        # methods have is chosen by those alone.
        for read in stage.reads(None if stage.is_common else found):
            makers = read.makers if isinstance(read, Read) else ()
            for upstream in makers:
                if len(makers) == 1 or stages[upstream].scope != SOME_METHODS:
                    assert stages[upstream].is_corpus or stages[upstream].is_of(method, found)
    if stage.is_common:  # read for no method, it reads from no stage that only some have
        assert all(stages[each].scope in (COMMON, CORPUS, SOME_METHODS) for each in stage.upstream)
    given = {"adapter": "avatar", "language": "de"} if name == "make_manifest" else {}
    assert list(find_problems(stage.config, given, name)) == [], "its own defaults are refused"
    assert set(defaults(stage.config)) | set(given) == set(stage.config.__pydantic_fields__)
    for key, _, field, _ in schema._fields(stage.config, "", defaults(stage.config)):
        assert field.description, f"{name}.{key} has no description"
