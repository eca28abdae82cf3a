"""An encoder that is pretrained on other data sets: its owner, and the consequences."""

import copy
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sign2text.config.methods import find_methods
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.jobs.rules import Rules
from sign2text.lineage.chain import trace
from sign2text.lineage.explain import format_chain
from sign2text.lineage.identity import identity_json
from sign2text.lineage.stage_times import stages_elsewhere
from sign2text.pages.inputs import PageInputs
from sign2text.planning.jobs import find_jobs

sys.path.insert(0, str(Path(__file__).parent))
import chained_method

AVATAR = {"adapter": "avatar", "language": "de"}
PRETRAIN, TRAIN = "pretrain_chained", "train_chained"
CONFIG = {
    "datasets": {
        "actions": AVATAR,
        "signs": AVATAR | {"stages": {PRETRAIN: {"after": "actions"}}},
        "corpus": AVATAR | {"stages": {TRAIN: {"pretrained_on": "signs"}}},
        "corpus_full": {"base": "corpus"},
    },
    "experiments": {
        "chained": {"method": "chained"},
        "beams": {"base": "chained", "stages": {"decode": {"beams": 3}}},
        "chained-seed2": {"base": "chained", "seed": 2},
        "without_actions": {"base": "chained", "stages": {PRETRAIN: {"after": None}}},
        "actions_alone": {"base": "chained", "stages": {TRAIN: {"pretrained_on": "actions"}}},
        "at_random": {"base": "chained", "stages": {TRAIN: {"pretrained_on": None}}},
    },
}


def make(**changes) -> Project:
    """Build the project with other data sets or experiments."""
    config = copy.deepcopy(CONFIG)
    for kind, entries in changes.items():
        for name, entry in entries.items():
            config[kind][name] = {**config[kind].get(name, {}), **entry}
    return Project(config, chained_method.stages(), chained_method.METHODS)


@pytest.fixture(scope="module")
def project() -> Project:
    return make()


def chain(project: Project, dataset: str, experiment: str) -> list[str]:
    """Return owners of the encoders behind a training, by data set."""
    found = project.signature(dataset, experiment, TRAIN)
    return sorted(
        f"{of}/{project.owner(of, experiment, stage)}" for of, stage in found if stage == PRETRAIN
    )


def test_a_chain_is_made_once_and_shared_by_all_that_name_it(project) -> None:
    shared = ["actions/chained", "signs/chained"]
    for dataset in ("corpus", "corpus_full"):
        for experiment in ("chained", "beams", "chained-seed2"):
            assert chain(project, dataset, experiment) == shared
    # Its stages and frames are traced on each of the data sets.
    behind = project.signature("corpus", "chained", "score")
    assert {of for of, stage in behind if stage == "sample_frames"} == {
        "actions",
        "signs",
        "corpus",
    }
    assert {of for of, stage in behind if stage == TRAIN} == {"corpus"}


def test_an_experiment_with_another_chain_has_encoders_of_its_own(project) -> None:
    assert chain(project, "corpus", "without_actions") == ["signs/without_actions"]
    # Without another link, the earlier pretraining is the same.
    assert chain(project, "corpus", "actions_alone") == ["actions/chained"]
    assert chain(project, "corpus", "at_random") == []
    assert project.owner("corpus", "without_actions", TRAIN) == "without_actions"
    assert project.owner("corpus", "beams", TRAIN) == "chained"


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"actions": {"stages": {"sample_frames": {"height": 50}}}}, True),
        ({"actions": {"experiments": {"chained": {"stages": {PRETRAIN: {"width": 9}}}}}}, True),
        ({"actions": {"stages": {TRAIN: {"pretrained_on": "signs"}}}}, False),
    ],
)
def test_a_setting_of_a_data_set_upstream_counts(project, changes, changed) -> None:
    again = make(datasets=changes)
    assert (
        again.signature("corpus", "chained", TRAIN) != project.signature("corpus", "chained", TRAIN)
    ) == changed
    assert chain(again, "corpus", "beams") == ["actions/chained", "signs/chained"]


def test_an_experiments_setting_reaches_its_pretraining(project) -> None:
    wider = make(experiments={"wider": {"base": "chained", "stages": {PRETRAIN: {"width": 9}}}})
    assert chain(wider, "corpus", "wider") == ["actions/wider", "signs/wider"]


def test_a_further_seed_trains_no_encoder_again_unless_it_says_so(project, monkeypatch) -> None:
    monkeypatch.setattr(Project, "code", lambda *names: "same")
    assert project.stage_config("signs", "chained-seed2", PRETRAIN).seed == 1
    assert project.stage_config("corpus", "chained-seed2", TRAIN).seed == 2
    first, second = (
        json.loads(identity_json(project, "corpus", name, TRAIN))
        for name in ("chained", "chained-seed2")
    )
    assert (first["seed"], second["seed"]) == (1, 2)
    assert first["settings_without_seed"] == second["settings_without_seed"]
    assert second["stages"][f"signs/{PRETRAIN}"] == {"after": "actions"}
    own = make(experiments={"own": {"base": "chained-seed2", "stages": {PRETRAIN: {"seed": 2}}}})
    assert chain(own, "corpus", "own") == ["actions/own", "signs/own"]
    found = json.loads(identity_json(own, "corpus", "own", TRAIN))
    assert found["settings_without_seed"] != first["settings_without_seed"]


ASKED = (
    *("reads", "settings", "folder", "check_needs"),
    *("datasets", "experiments", "methods", "stages", "method"),
)
"""The part of a project that rules use."""


def test_rules_read_what_its_owner_made(project) -> None:
    rules = Rules(project)
    rules.project = SimpleNamespace(  # as rules use it, with the stages of the test
        every_stage=project.stages,
        **{name: getattr(project, name) for name in ASKED},
    )

    def find(stage: str, option: str, dataset: str, experiment: str):
        job = SimpleNamespace(dataset=dataset, experiment=experiment)
        job.items = lambda: [("dataset", dataset), ("experiment", experiment)]
        return rules.inputs_of(stage)[option](job)

    signs, actions = (
        f"results/{of}/chained/{PRETRAIN}/model.safetensors" for of in ("signs", "actions")
    )
    assert find(TRAIN, "encoder", "corpus", "chained-seed2") == signs
    assert find(TRAIN, "encoder", "corpus_full", "chained") == signs
    assert find(TRAIN, "encoder", "corpus", "at_random") == []
    assert find(PRETRAIN, "before", "signs", "chained") == actions
    assert find(PRETRAIN, "before", "actions", "chained") == []


def test_its_lineage_is_traced_before_anything_is_made(project, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = trace("results/corpus/chained-seed2.bleu", project)
    assert {f"results/{of}/chained/{PRETRAIN}" for of in ("actions", "signs")} <= found.jobs.keys()
    (signs,) = (
        job for key, job in found.jobs.items() if key == f"results/signs/chained/{PRETRAIN}"
    )
    assert signs.reads == [
        "results/signs/common/sample_frames", f"results/actions/chained/{PRETRAIN}"
    ]  # fmt: skip
    assert found.jobs["resources/actions/synthesize_avatar"].data_set == "actions"
    lines = format_chain(found, {}).splitlines()
    owners = [line.split()[-2] for line in lines if f"─ {PRETRAIN}" in line]
    assert owners == ["signs/chained", "actions/chained"]


def test_a_plan_knows_the_jobs_on_each_data_set(project) -> None:
    jobs = {(job.dataset, job.stage): job for job in find_jobs(project, "corpus", "chained")}
    maker, file = jobs["corpus", TRAIN].inputs["encoder"]
    assert (maker, file) == (jobs["signs", PRETRAIN], "model.safetensors")
    assert maker.inputs["before"][0] == jobs["actions", PRETRAIN]
    assert jobs["actions", PRETRAIN].config.after is None
    assert ("corpus", PRETRAIN) not in jobs


def test_pages_show_its_trainings_and_times(project, monkeypatch) -> None:
    monkeypatch.setitem(find_methods(), "chained", chained_method.METHOD)
    assert PageInputs(project, "corpus").histories("chained-seed2") == [
        f"results/actions/chained/{PRETRAIN}/history.tsv",
        f"results/signs/chained/{PRETRAIN}/history.tsv",
        f"results/corpus/chained-seed2/{TRAIN}/history.tsv",
    ]
    elsewhere = stages_elsewhere(project, "corpus", "chained-seed2")
    assert [place for place in elsewhere if place.startswith("signs/")] == [
        "signs//synthesize_avatar", "signs/common/make_manifest", "signs/common/check_corpus",
        "signs/common/sample_frames",
        f"signs/chained/{PRETRAIN}",
    ]  # fmt: skip
    assert elsewhere[0].startswith("actions/") and elsewhere[-1] == f"signs/chained/{PRETRAIN}"
    assert stages_elsewhere(project, "corpus", "at_random") == []


def test_settings_on_another_data_set_can_be_asked_for(project) -> None:
    settings = project.settings("corpus", "without_actions")
    assert settings.on("signs")(PRETRAIN).after is None
    assert project.settings("corpus", "chained").on("signs")(PRETRAIN).after == "actions"


def refused(**changes) -> str:
    with pytest.raises(InputError) as error:
        make(**changes)
    return str(error.value)


def test_an_unknown_data_set_is_refused_with_its_key() -> None:
    found = refused(datasets={"signs": {"stages": {PRETRAIN: {"after": "action"}}}})
    expected = (
        f'{PRETRAIN} of chained on signs.after: unknown name "action"; did you mean "actions"? '
        "accepted: actions, corpus, corpus_full, signs"
    )
    assert expected in found and len(found.splitlines()) == 1
    experiment = {"base": "chained", "stages": {TRAIN: {"pretrained_on": "sings"}}}
    found = refused(experiments={"wrong": experiment})
    assert f'{TRAIN} of wrong on actions.pretrained_on: unknown name "sings"' in found
    assert "found 4 times" in found, "on each data set, said once"


@pytest.mark.parametrize(
    ("after", "way"),
    [
        ({"actions": "signs"}, [f"{PRETRAIN} of {of}" for of in ("actions", "signs", "actions")]),
        ({"actions": "actions"}, [f"{PRETRAIN} of actions"] * 2),
        (
            {"actions": "corpus", "corpus": "signs"},
            [f"{PRETRAIN} of {of}" for of in ("actions", "corpus", "signs", "actions")],
        ),
    ],
)
def test_data_sets_that_go_round_in_a_circle_are_refused(after, way) -> None:
    changes = {of: {"stages": {PRETRAIN: {"after": other}}} for of, other in after.items()}
    found = refused(datasets=changes)
    expected = f"{PRETRAIN} of chained on actions.after: the data sets go round in a circle "
    assert f"{expected}({' -> '.join(way)}); break it" in found
    assert len([line for line in found.splitlines() if " of chained " in line]) == 1


def test_an_experiments_setting_that_makes_a_circle_on_one_data_set_is_refused() -> None:
    """The setting applies to each data set, so the first of the chain would follow itself."""
    experiment = {"base": "chained", "stages": {PRETRAIN: {"after": "actions"}}}
    found = refused(experiments={"wrong": experiment})
    assert f"{PRETRAIN} of wrong on actions.after: the data sets go round in a circle" in found
