"""Several seeds in one row of a published table: mean, deviation, and what is refused."""

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tabulated import Made, result, tabulate_scores

from sign2text.ground.errors import InputError


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    monkeypatch.chdir(tmp_path)
    return tabulate_scores


def test_seeds_are_shown_as_mean_and_deviation(make) -> None:
    shifts = (0.0, 0.61, -0.32)
    files = [
        result(f"run{seed}", seed=seed, shift=shift) for seed, shift in enumerate(shifts, start=1)
    ]
    made = make("fla_llm_1", {"FLa-LLM": files})
    line = made.line("FLa-LLM")
    values = [22.0049, 22.6149, 21.6849]
    assert float(line["ours_bleu4"]) == pytest.approx(22.1016, abs=1e-4)
    # By hand: deviations of -0.0967, 0.5133 and -0.4167; squares sum to 0.446467; halved, rooted.
    assert float(line["ours_bleu4_deviation"]) == pytest.approx(0.4725, abs=1e-4)
    assert statistics.stdev(values) == pytest.approx(0.4725, abs=1e-4)
    assert (line["runs"], line["seeds"]) == ("3", "1; 2; 3")
    assert line["experiments"] == "run1 run2 run3"
    # An interval over clips is a single run's, and stands with that run.
    assert line["ours_bleu4_low"] == ""
    assert "22.10 ± 0.47" in made.markdown("FLa-LLM")
    assert "run1, run2, run3 (3 seeds: 1, 2, 3)" in made.markdown("FLa-LLM")
    assert "BLEU-4: 22.61 [21.11, 24.36]" in made.text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1}, "both have the seed 1; list each seed once"),
        ({"settings_without_seed": "bbbb"}, "have not the same settings beside the seed (found "),
        ({"convention": "13a"}, "have not the same scoring convention (found words and 13a)"),
        ({"code": "dddd"}, "have not the same code (found cccc22223333 and dddd)"),
        ({"in_train": {"clips": 99, "sentences": 9}}, "not the same number of leaked sentences"),
        ({"left_out": {"train": 9, "dev": 0, "test": 0}}, "have not the same clips left out"),
    ],
)
def test_runs_that_are_not_seeds_of_one_experiment_are_refused(
    make, changes: dict[str, Any], message: str
) -> None:
    files = [result("first"), result("second", **{"seed": 2, **changes})]
    with pytest.raises(InputError) as refused:
        make("fla_llm_1", {"FLa-LLM": files})
    assert message in str(refused.value)
    assert "tables.fla_llm_1.rows.FLa-LLM: results/phoenix/first.bleu" in str(refused.value)
    assert not Path("results/phoenix/tables/fla_llm_1.csv").exists()


def test_scores_without_an_identity_have_no_mean(make) -> None:
    """As score writes them when it is run by itself."""
    unknown = {"settings_without_seed": None, "settings": None, "experiment": None, "seed": None}
    files = [result("first", **unknown), result("second", **unknown)]
    with pytest.raises(InputError, match="not the same settings beside the seed"):
        make("fla_llm_1", {"FLa-LLM": files})
    line = make("fla_llm_1", {"FLa-LLM": files[:1]}).line("FLa-LLM")
    assert (line["experiments"], line["seeds"], line["ours_bleu4"]) == (
        *("first", "unknown"),
        "22.0049",
    )


def test_seeds_that_differ_by_stage_are_told_apart(make) -> None:
    both = {"visual_init": 1, "finetune_llm": 1}
    files = [result("a", seed=both), result("b", seed=both | {"finetune_llm": 2})]
    line = make("fla_llm_1", {"FLa-LLM": files}).line("FLa-LLM")
    assert line["seeds"] == "finetune_llm 1, visual_init 1; finetune_llm 2, visual_init 1"
