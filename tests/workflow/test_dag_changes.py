"""The jobs that a change of settings, code or seeds makes due, and no others."""

import shutil
from pathlib import Path

import pytest
from dag import BEFORE_TRAINING, BOTH, FLA_LLM, ROOT, planned, snakemake

LONGER = "experiments={fla_llm: {stages: {finetune_llm: {training: {epochs: 3}}}}}"


def test_finished_says_nothing_to_be_done(finished: Path) -> None:
    assert planned(finished, *BOTH) == {}


@pytest.mark.parametrize(
    ("override", "jobs"),
    [
        (
            "experiments={fla_llm_blind: {stages: {decode: {permutations: 2}}}}",
            {"decode": 1, "score": 1},
        ),
        (
            LONGER,
            {"finetune_llm": 1, "decode": 2, "score": 2},
        ),
        (
            "datasets={avatar: {stages: {pretrain_language_model: {dropout: 0.2}}}}",
            {"pretrain_language_model": 1, "finetune_llm": 1, "decode": 2, "score": 2},
        ),
        ("datasets={avatar: {stages: {score: {examples: 3}}}}", {"score": 2}),
        # What changes nothing re-runs nothing.
        ("experiments={more: {base: fla_llm, stages: {decode: {beams: 7}}}}", {}),
        ("datasets={avatar_full: {stages: {decode: {beams: 7}}}}", {}),
    ],
)
def test_a_setting_re_runs_its_stage_and_what_follows(
    finished: Path, override: str, jobs: dict[str, int]
) -> None:
    assert planned(finished, *BOTH, "--config", override) == jobs


def test_another_seed_is_another_training_on_the_same_corpus(finished: Path) -> None:
    jobs = planned(
        finished,
        "results/avatar/fla_llm-seed2.bleu",
        "--config",
        "experiments={fla_llm-seed2: {base: fla_llm, seed: 2}}",
    )
    assert jobs == {rule: count for rule, count in FLA_LLM.items() if rule not in BEFORE_TRAINING}


@pytest.mark.parametrize(
    ("module", "jobs"),
    [
        ("stages/decode.py", {"decode": 2, "score": 2}),
        pytest.param("scoring/bleu.py", {"score": 2}, marks=pytest.mark.long),
        pytest.param("jobs/command_line.py", {}, marks=pytest.mark.long),
        ("methods/fla_llm/method.py", {}),
        (
            "methods/fla_llm/visual_encoder.py",
            {"visual_init": 1, "extract_features": 3, "finetune_llm": 1, "decode": 2, "score": 2},
        ),
    ],
)
def test_an_edit_re_runs_the_stages_that_use_the_module(
    finished: Path, tmp_path: Path, module: str, jobs: dict[str, int]
) -> None:
    shutil.copytree(ROOT / "workflow" / "sign2text", tmp_path / "sign2text")
    edited = tmp_path / "sign2text" / module
    source = edited.read_text(encoding="utf-8")
    edited.write_text(source + "\n# a remark\n", encoding="utf-8")
    assert planned(finished, *BOTH, package=tmp_path) == {}
    edited.write_text(source + "\nEXTRA = 1\n", encoding="utf-8")
    assert planned(finished, *BOTH, package=tmp_path) == jobs


def test_a_stage_ended_while_it_ran_again_leaves_no_old_score(
    finished: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    # Snakemake removes the outputs of a job before it starts, and once more when it is ended.
    shutil.rmtree(folder / "results/avatar/fla_llm/finetune_llm")
    change = (
        "--config",
        LONGER,
    )
    assert planned(folder, *BOTH, *change) == {"finetune_llm": 1, "decode": 2, "score": 2}


def test_touch_says_that_a_change_does_not_matter(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    change = (
        "--config",
        LONGER,
    )
    assert planned(folder, *BOTH, *change) != {}
    assert snakemake(folder, "--touch", "--cores", "1", *BOTH, *change).returncode == 0
    assert planned(folder, *BOTH, *change) == {}
    # And the next change is seen again.
    assert planned(folder, *BOTH)["finetune_llm"] == 1


def test_another_data_set_shares_nothing(finished: Path) -> None:
    assert planned(finished, "results/avatar_full/fla_llm.bleu") == FLA_LLM
