"""Settings that were renamed are refused with the new name, wherever they are given."""

import re
from pathlib import Path
from typing import ClassVar

import pytest

from sign2text.config.keys import with_command_line
from sign2text.config.project import Project
from sign2text.config.stages import find_stages
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings, stage_config

ROOT = Path(__file__).resolve().parents[2]
TRAININGS = ("pretrain_frame_encoder", "pretrain_language_model", "visual_init", "finetune_llm")
CONFIG = {
    "datasets": {"avatar": {"adapter": "avatar", "language": "de"}},
    "experiments": {"fla_llm": {"method": "fla_llm"}},
}


@pytest.mark.parametrize("stage", TRAININGS)
def test_each_old_name_is_refused_with_the_new_one(stage):
    config = find_stages()[stage].config
    assert {"epochs", "batch_size", "learning_rate", "warmup"} <= config.RENAMED.keys()
    for old, new in config.RENAMED.items():
        with pytest.raises(InputError) as refused:
            read_settings(config, {old: 3})
        assert str(refused.value) == (
            f"--settings.{old}: renamed to {new}; write {{training: {{{old}: ...}}}} "
            "(docs/changes.md lists renamed keys)"
        )
        assert old not in config.__pydantic_fields__
        assert new.removeprefix("training.") in config().training.__pydantic_fields__


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ({"datasets": {"avatar": {"stages": {}}}}, "datasets.avatar.stages"),
        ({"experiments": {"fla_llm": {"stages": {}}}}, "experiments.fla_llm.stages"),
        (
            {"datasets": {"avatar": {"experiments": {"fla_llm": {"stages": {}}}}}},
            "datasets.avatar.experiments.fla_llm.stages",
        ),
    ],
)
def test_the_configuration_says_where_an_old_name_stands(key, place):
    """As `snakemake --config` gives it: nested values are text."""
    inner = key
    while "stages" not in inner:
        (inner,) = inner.values()
    inner["stages"]["visual_init"] = {"epochs": "3"}
    with pytest.raises(InputError) as refused:
        Project(with_command_line(CONFIG, key))
    assert f"{place}.visual_init.epochs: renamed to training.epochs" in str(refused.value)


def test_other_unknown_keys_are_told_as_before():
    with pytest.raises(InputError, match=r'training.epoch: unknown key; did you mean "epochs"'):
        read_settings(find_stages()["visual_init"].config, {"training": {"epoch": 3}})


def test_a_key_that_kept_its_place_is_named_alone():
    @stage_config
    class Inner:
        RENAMED: ClassVar = {"old": "new"}
        new: int = 1

    @stage_config
    class Outer:
        inner: Inner = Inner()

    with pytest.raises(InputError, match=r"inner\.old: renamed to new; write {new: \.\.\.}"):
        read_settings(Outer, {"inner": {"old": 2}})


def test_the_page_lists_all_renames():
    page = (ROOT / "docs/changes.md").read_text(encoding="utf-8")
    for stage in find_stages().values():
        renamed = getattr(stage.config, "RENAMED", {})
        lines = [line for line in page.splitlines() if line.startswith(f"| `{stage.name}`")]
        told = set(re.findall(r"`([a-z_]+)`", " ".join(line.split("|")[2] for line in lines)))
        assert told == renamed.keys(), stage.name
