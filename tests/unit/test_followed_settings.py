"""Settings that one stage has from another, and the files that are read with them."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sign2text.config.project import Project
from sign2text.config.reads import Read
from sign2text.ground.errors import InputError
from sign2text.pages.inputs import PageInputs

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def project(**stages: dict[str, Any]) -> Project:
    """config.yaml with these settings of stages at the data set avatar."""
    config = copy.deepcopy(CONFIG)
    own = config["datasets"]["avatar"].setdefault("stages", {})
    for stage, settings in stages.items():
        own[stage] = own.get(stage, {}) | settings
    return Project(config)


def settings_of(found: Project, stage: str, experiment: str = "common") -> dict[str, Any]:
    return json.loads(found.settings_json("avatar", experiment, stage))


def makers(found: Project, experiment: str, stage: str) -> dict[str, str]:
    """Stage and file of each option that a stage reads."""
    settings = found.settings("avatar", experiment)
    reads = found.reads("avatar", experiment, stage)
    return {
        each.option: f"{each.maker(settings)[1]}/{each.file}"
        for each in reads
        if isinstance(each, Read)
    }


@pytest.fixture(scope="module")
def skipping() -> Project:
    return project(make_manifest={"on_bad_clip": "skip"})


def test_what_happens_to_bad_clips_is_said_once(skipping: Project) -> None:
    assert settings_of(skipping, "sample_frames")["on_bad_clip"] == "skip"
    assert "on_bad_clip" not in settings_of(project(), "sample_frames")
    # Said at the stage itself, that counts.
    own = project(make_manifest={"on_bad_clip": "skip"}, sample_frames={"on_bad_clip": "fail"})
    assert "on_bad_clip" not in settings_of(own, "sample_frames")
    decoding = project(sample_frames={"on_bad_clip": "skip"})
    assert settings_of(decoding, "sample_frames")["on_bad_clip"] == "skip"
    assert "on_bad_clip" not in settings_of(decoding, "make_manifest")


def test_check_corpus_counts_the_frames_that_sample_frames_stores() -> None:
    found = project(sample_frames={"fps": 12.5})
    assert settings_of(found, "check_corpus")["fps"] == 12.5
    assert "fps" not in settings_of(project(), "check_corpus")


def test_an_experiment_at_another_rate_has_its_own_check_and_store() -> None:
    config = copy.deepcopy(CONFIG)
    config["experiments"]["slow"] = {"base": "fla_llm", "stages": {"sample_frames": {"fps": 12.5}}}
    found = Project(config)
    assert settings_of(found, "check_corpus", "slow")["fps"] == 12.5
    owners = [found.owner("avatar", "slow", each) for each in ("check_corpus", "sample_frames")]
    assert owners == ["slow", "slow"]
    assert found.owner("avatar", "slow", "make_manifest") == "common"


def test_a_rate_of_check_corpus_that_is_not_the_stores_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"check_corpus of common on avatar: fps: found 30.*sample_frames, 25"
    ):
        project(sample_frames={"fps": 25}, check_corpus={"fps": 30})
    project(sample_frames={"fps": 25}, check_corpus={"fps": 25})


@pytest.mark.parametrize("fps", [0, -25, 1001, "25", True])
def test_a_rate_that_no_video_has_is_refused(fps: Any) -> None:
    with pytest.raises(InputError, match=r"datasets\.avatar\.stages\.sample_frames\.fps: found"):
        project(sample_frames={"fps": fps})


@pytest.mark.parametrize(
    ("stage", "options"),
    [
        ("pretrain_frame_encoder", {"train_manifest": "train.tsv", "dev_manifest": "dev.tsv"}),
        ("visual_init", {"train_manifest": "train.tsv", "dev_manifest": "dev.tsv"}),
        ("finetune_llm", {"train_manifest": "train.tsv", "dev_manifest": "dev.tsv"}),
        ("decode", {"manifest": "{split}.tsv"}),
        ("score", {"manifest": "test.tsv", "train_manifest": "train.tsv"}),
    ],
)
def test_stages_read_the_clips_that_are_kept(
    skipping: Project, stage: str, options: dict[str, str]
) -> None:
    for found, maker in ((skipping, "sample_frames"), (project(), "make_manifest")):
        read = makers(found, "fla_llm", stage)
        assert {each: read[each] for each in options} == {
            option: f"{maker}/{file}" for option, file in options.items()
        }


def test_the_tokenizer_learns_from_all_sentences(skipping: Project) -> None:
    assert makers(skipping, "fla_llm", "train_tokenizer")["train_manifest"].startswith("make_m")


def test_a_score_counts_the_clips_that_both_stages_left_out(skipping: Project) -> None:
    def lists(found: Project) -> dict[str, str]:
        read = makers(found, "fla_llm", "score")
        return {option: file for option, file in read.items() if "left_out" in option}

    assert lists(project()) == {"left_out": "make_manifest/left_out.tsv"}
    assert lists(skipping) == {
        "left_out": "make_manifest/left_out.tsv",
        "train_left_out": "sample_frames/train.left_out.tsv",
        "dev_left_out": "sample_frames/dev.left_out.tsv",
        "test_left_out": "sample_frames/test.left_out.tsv",
    }


def test_a_page_of_translations_reads_the_clips_that_were_scored(skipping: Project) -> None:
    page = PageInputs(skipping, "avatar")
    assert page.manifest("views") == "results/avatar/common/sample_frames/test.tsv"
