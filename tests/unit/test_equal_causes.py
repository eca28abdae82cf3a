"""A mistake in config.yaml is reported once, however many experiments and data sets inherit it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sign2text.config.equal_causes import Problem, said_once
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.ground.settings import merge

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))


def refused(changes: str, config: dict[str, Any] = CONFIG) -> list[str]:
    """Return the message's lines about the project's config.yaml with some changes."""
    with pytest.raises(InputError) as error:
        Project(merge(config, yaml.safe_load(changes)))
    return str(error.value).splitlines()


def test_frames_smaller_than_all_crops_are_said_once_a_side() -> None:
    lines = refused("{datasets: {avatar: {stages: {sample_frames: {height: 64, width: 64}}}}}")
    assert len(lines) == 2
    for line, side, crop in zip(lines, ("height", "width"), (104, 84), strict=True):
        assert line.startswith("pretrain_frame_encoder of common on avatar: ") or line.startswith(
            "pretrain_frame_encoder of fla_llm on avatar: "
        )
        assert f"crop_{side}: found {crop}, expected at most 64, sample_frames.{side}" in line
        assert "stages pretrain_frame_encoder, visual_init, pretrain_prototypes; " in line
        assert "4 data sets, avatar, avatar_full, avatar_north and others)" in line


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            "{datasets: {avatar: {adapter: avatr}}}",
            ["datasets.avatar.adapter: found \"avatr\", expected 'avatar', 'phoenix', "],
            id="an adapter that several stages have",
        ),
        pytest.param(
            "{datasets: {phoenix: {adapter: Phoenix}}}",
            ['datasets.phoenix.adapter: found "Phoenix"'],
            id="an adapter of a published corpus",
        ),
        pytest.param(
            "{datasets: {avatar: {language: fr}}}",
            ["datasets.avatar.language: found \"fr\", expected 'de', 'en', 'zh' or 'vi'"],
            id="a language that several stages have",
        ),
        pytest.param(
            "{experiments: {fla_llm: {method: fla_lm}}}",
            ['experiments.fla_llm.method: unknown method "fla_lm"; did you mean "fla_llm"?'],
            id="a method that all experiments inherit",
        ),
        pytest.param(
            "{experiments: {fla_llm: {method: null}}}",
            ["experiments.fla_llm.method: is missing; accepted: fla_llm"],
            id="no method in a base",
        ),
        pytest.param(
            "{experiments: {fla_llm: {stages: {decode: {beam: 4}}}}}",
            ['experiments.fla_llm.stages.decode.beam: unknown key; did you mean "beams"?'],
            id="a misspelt key in a base",
        ),
        pytest.param(
            "{experiments: {fla_llm: {stages: {decod: {beams: 4}}}}}",
            ['experiments.fla_llm.stages.decod: unknown key; did you mean "decode"?'],
            id="a misspelt stage in a base",
        ),
        pytest.param(
            "{datasets: {avatar: {stages: {sample_frames: {height: -1}}}}}",
            ["datasets.avatar.stages.sample_frames.height: found -1, expected greater than or eq"],
            id="a wrong value that data sets inherit",
        ),
        pytest.param(
            "{experiments: {fla_llm: {base: fla_llm_blind}}}",
            ["experiments.fla_llm.base: the bases go round in a circle (fla_llm -> fla_llm_blind"],
            id="a circle of bases",
        ),
        pytest.param(
            "{datasets: {phoenix_avatar: {sentences: phenix}, more: {base: phoenix_avatar}}}",
            ['datasets.phoenix_avatar.sentences: unknown name "phenix"; did you mean "phoenix"?'],
            id="sentences that a data set inherits",
        ),
        pytest.param(
            "{datasets: {mine: {language: de}, more: {base: mine}}}",
            ["datasets.mine.adapter: is missing, and no base has it"],
            id="an adapter that no base has",
        ),
        pytest.param(
            "{datasets: {avatar: {stages: {visual_init: {light_t: {heads: 5}}}}}}",
            ["visual_init of fla_llm on avatar.light_t: width is 192 and heads 5; heads must"],
            id="settings that do not fit together",
        ),
        pytest.param(
            "{experiments: {fla_llm: {stages: {decode: {model: encode_frames}}}}}",
            ["decode of fla_llm on avatar: model: found encode_frames, expected one of "],
            id="a model that does not translate",
        ),
    ],
)
def test_one_mistake_gets_one_line(changes: str, expected: list[str]) -> None:
    lines = refused(changes)
    assert [line[: len(start)] for line, start in zip(lines, expected, strict=True)] == expected


def test_two_mistakes_get_two_lines() -> None:
    lines = refused(
        "{experiments: {fla_llm: {stages: {decode: {beam: 4}}},"
        " fla_llm_blind: {stages: {decode: {beam: 4}}}}}"
    )
    assert [line.partition(": ")[0] for line in lines] == [
        "experiments.fla_llm.stages.decode.beam",
        "experiments.fla_llm_blind.stages.decode.beam",
    ]


def test_names_of_a_long_group_are_counted() -> None:
    same = [Problem("train", f"slt{number}", "phoenix", ": no") for number in range(12)]
    other = Problem("train", "slt", "phoenix", ": never")
    assert list(said_once([*same, other])) == [
        "train of slt0 on phoenix: no (found 12 times: 12 experiments, slt0, slt1, slt2 and "
        "others)",
        "train of slt on phoenix: never",
    ]
