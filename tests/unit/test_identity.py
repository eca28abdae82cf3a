import json

import pytest

from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.lineage.identity import identity_json

CONFIG = {
    "datasets": {"avatar": {"adapter": "avatar", "language": "de"}},
    "experiments": {
        "fla_llm": {"method": "fla_llm"},
        "fla_llm-seed2": {"base": "fla_llm", "seed": 2},
        "mixed": {"base": "fla_llm", "stages": {"finetune_llm": {"seed": 5}}},
        "redrawn": {"base": "fla_llm", "stages": {"score": {"resampling_seed": 7}}},
        "longer": {"base": "fla_llm", "stages": {"finetune_llm": {"training": {"epochs": 99}}}},
    },
}


@pytest.fixture(scope="module")
def identity():
    project = Project(CONFIG)
    return lambda name: json.loads(identity_json(project, "avatar", name, "score"))


def test_further_seeds_share_all_but_seed_and_settings(identity):
    first, second = identity("fla_llm"), identity("fla_llm-seed2")
    assert (first["seed"], second["seed"]) == (1, 2)
    assert first["settings"] != second["settings"]
    assert first["settings_without_seed"] == second["settings_without_seed"]
    assert first["code"] == second["code"]
    assert (second["data_set"], second["method"]) == ("avatar", "fla_llm")


def test_other_settings_are_another_experiment(identity):
    first, other = identity("fla_llm"), identity("longer")
    assert first["settings_without_seed"] != other["settings_without_seed"]
    assert first["seed"] == other["seed"]


def test_seeds_that_differ_by_stage_are_named_by_stage(identity):
    seeds = identity("mixed")["seed"]
    assert seeds["finetune_llm"] == 5 and seeds["visual_init"] == 1
    assert (
        identity("mixed")["settings_without_seed"] == identity("fla_llm")["settings_without_seed"]
    )


def test_an_unknown_experiment_is_refused(identity):
    with pytest.raises(InputError, match=r"experiments\.fla_lm"):
        identity("fla_lm")


def test_another_draw_of_test_sets_is_no_further_seed(identity):
    first, redrawn = identity("fla_llm"), identity("redrawn")
    assert redrawn["seed"] == first["seed"] == 1
    assert redrawn["settings_without_seed"] != first["settings_without_seed"]
    assert redrawn["stages"]["score"] == {"resampling_seed": 7}


def test_the_settings_that_differ_are_named_by_stage(identity):
    assert identity("longer")["stages"]["finetune_llm"] == {"training": {"epochs": 99}}
    assert identity("fla_llm")["stages"]["finetune_llm"] == {}


def test_another_default_is_another_hash(identity, monkeypatch):
    before = identity("fla_llm")["settings"]
    monkeypatch.setattr(
        "sign2text.lineage.identity.to_json_values", lambda config: {"epochs": 80, "seed": 1}
    )
    assert identity("fla_llm")["settings"] != before


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ({}, []),
        ({"generate_pseudo_glosses": {"pipeline": "simplemma"}}, ["not made in the published way"]),
        ({"generate_pseudo_glosses": {"pipeline": "a.whl"}}, ["nothing checks that it is the pa"]),
        ({"generate_pseudo_glosses": {"pipeline": None, "tokens": "all_words"}}, []),
        ({"generate_pseudo_glosses": {"vocabulary": "all"}}, ["words of dev and test leak"]),
        ({"generate_pseudo_glosses": {"pipeline": None}}, ["a pipeline that was trained here"]),
        ({"embed_pseudo_glosses": {"source": "random"}}, ["vectors are random, not fastText's"]),
        (
            {
                "generate_pseudo_glosses": {"vocabulary": "all", "pipeline": None},
                "pretrain_prototypes": {"training": {"epochs": 0}},
            },
            [],
        ),
    ],
)
def test_cautions_say_how_pseudo_glosses_were_made(stages, expected):
    found = cautions(stages, CONFIG["datasets"])
    assert len(found) == len(expected)
    assert all(part in each for part, each in zip(expected, found, strict=True))


def test_a_language_that_the_paper_does_not_have_is_a_caution():
    english = {"avatar": {"adapter": "avatar", "language": "en"}}
    (found,) = cautions({}, english)
    assert "en_core_web_lg; the paper has no pipeline for this language" in found
    (found,) = cautions({"generate_pseudo_glosses": {"pipeline": None}}, english)
    assert "trained here" in found


def cautions(stages, datasets):
    stages = {
        "train_tokenizer": {"architecture": "xglm", "trim": False},
        "pretrain_language_model": {"architecture": "xglm"},
        "pretrain_frame_encoder": {"architecture": "dinov2"},
        **stages,
    }
    experiments = {"sign2gpt": {"method": "sign2gpt", "stages": stages}}
    project = Project({"datasets": datasets, "experiments": experiments})
    return json.loads(identity_json(project, "avatar", "sign2gpt", "score")).get("cautions", [])
