"""Data sets of sentences and of classes: which stages run on which, and what is refused."""

from typing import Annotated

import pytest
import yaml
from made_stages import made_method, made_stage
from pydantic import Field

from sign2text.config.corpora import is_of_classes, rendered_by, rendered_list
from sign2text.config.keys import read_configuration
from sign2text.config.project import Project
from sign2text.config.reads import Read
from sign2text.config.stages import COMMON, Stage
from sign2text.ground.errors import InputError
from sign2text.ground.settings import stage_config


@stage_config
class Nothing:
    size: int = 1


@stage_config
class Pretrain:
    after: Annotated[str | None, Field(description="data set")] = None


@stage_config
class Train:
    pretrained_on: Annotated[str | None, Field(description="data set")] = None


def reading(name: str, config: type, scope: str, read: Read, **about) -> Stage:
    return Stage(name, f"made.{name}", config, lambda: None, scope, lambda method: (read,), **about)


AFTER = Read("start", "pretrain", "model", when=lambda s: bool(s("pretrain").after),
             dataset=lambda s: s("pretrain").after)  # fmt: skip
ENCODER = Read("encoder", "pretrain", "model", when=lambda s: bool(s("train").pretrained_on),
               dataset=lambda s: s("train").pretrained_on)  # fmt: skip
STAGES = {
    stage.name: stage
    for stage in (
        made_stage("manifest", Nothing, "common"),
        reading("pretrain", Pretrain, "slt", AFTER, of_classes=True),
        reading("train", Train, "slt", ENCODER),
        made_stage("other_train", Nothing, "other", ("manifest",)),
    )
}
METHODS = {"slt": made_method("pretrain", "train"), "other": made_method("other_train")}
CONFIG = """
datasets:
  talks: {adapter: phoenix, language: de, stages: {train: {pretrained_on: words}}}
  more: {base: talks}
  words: {adapter: avatar_classes, language: de, stages: {pretrain: {after: actions}}}
  actions: {adapter: kinetics, language: de}
experiments: {slt: {method: slt}, other: {method: other}}
"""


def project(**changes: dict) -> Project:
    """The project of CONFIG; `changes` are settings of stages by data set."""
    config = yaml.safe_load(CONFIG)
    for dataset, stages in changes.items():
        config["datasets"][dataset]["stages"] = stages
    return Project(config, STAGES, METHODS)


def test_a_chain_of_data_sets_of_classes_is_followed():
    found = project()
    assert set(found.signature("talks", "slt", "train")) == {
        ("talks", "train"), ("words", "pretrain"), ("actions", "pretrain"),
    }  # fmt: skip
    assert found.signature("words", "slt", "pretrain") == {
        ("words", "pretrain"): '{"after":"actions"}', ("actions", "pretrain"): "{}",
    }  # fmt: skip


def test_stages_run_on_data_sets_of_their_kind_and_common_ones_on_all():
    found = project()
    assert [found.takes(stage, "words") for stage in STAGES] == [True, True, False, False]
    assert [found.takes(stage, "talks") for stage in STAGES] == [True, False, True, True]
    assert found.on("words") == (COMMON, "slt") and found.on("more") == (COMMON, "slt", "other")
    assert [is_of_classes(found.settings(each, COMMON)) for each in found.datasets] == [
        False, False, True, True,
    ]  # fmt: skip


def test_a_stage_that_is_asked_for_on_the_wrong_kind_is_refused():
    with pytest.raises(
        InputError,
        match=r'^slt on words: the clips of words \(adapter "avatar_classes"\) have a class '
        "instead of a sentence, and train is for a data set of sentences; name another one: "
        "talks, more$",
    ):
        project().reads("words", "slt", "train")
    with pytest.raises(
        InputError,
        match=r"of talks .* have a sentence instead of a class, and pretrain is for a data set of "
        "classes; name another one: words, actions",
    ):
        project().owner("talks", "slt", "pretrain")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"talks": {"train": {"pretrained_on": "more"}}},
            r"train of slt on talks: the clips of more \(adapter \"phoenix\"\) have a sentence "
            "instead of a class, and pretrain is for a data set of classes",
        ),
        (
            {"actions": {"pretrain": {"after": "talks"}}},
            "pretrain of slt on actions: the clips of talks .* have a sentence instead of a class",
        ),
    ],
)
def test_a_data_set_of_the_wrong_kind_in_a_setting_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        project(**changes)


@pytest.fixture(scope="module")
def real() -> Project:
    return Project(read_configuration())


def test_nothing_is_translated_on_a_data_set_of_classes(real):
    for dataset in ("avatar_isolated", "avatar_actions", "wlasl", "kinetics400"):
        for stage in ("score", "decode", "finetune_llm"):
            with pytest.raises(InputError, match=f"of {dataset} .* have a class instead of"):
                real.reads(dataset, "fla_llm", stage)
        stages = ("make_manifest", "check_corpus", "sample_frames")
        assert [real.owner(dataset, COMMON, stage) for stage in stages] == [COMMON] * 3


def test_classes_are_rendered_by_their_own_stage(real):
    assert real.read_by("avatar_isolated", COMMON, "make_manifest") == (
        ("avatar_isolated", "synthesize_classes"),
    )
    assert real.read_by("avatar", COMMON, "make_manifest") == (("avatar", "synthesize_avatar"),)
    assert real.read_by("wlasl", COMMON, "make_manifest") == ()
    assert [name for name in real.datasets if real.is_rendered(name)] == [
        "avatar", "avatar_full", "avatar_north", "phoenix_avatar", "avatar_isolated",
        "avatar_actions",
    ]  # fmt: skip
    settings = real.settings("avatar_isolated", COMMON)
    assert rendered_by(settings) == "synthesize_classes"
    assert rendered_list(settings) is None  # it has no landmarks
    assert real.adapters_of("avatar_isolated", "make_manifest") == ("avatar_classes",)


def test_a_data_set_of_classes_has_no_sentences_to_sign():
    config = read_configuration()
    config["datasets"]["signed"] = {"base": "avatar", "sentences": "wlasl", "language": "en"}
    with pytest.raises(InputError, match=r'signed.sentences: found "wlasl", whose clips have a cl'):
        Project(config)
