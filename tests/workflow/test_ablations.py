"""Planned jobs of FLa-LLM's ablations, with the project's configuration."""

import re
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from sign2text.config.project import Project
from sign2text.lineage.stage_times import stages_of

sys.path.insert(0, str(Path(__file__).parent))
from dag import FLA_LLM, ROOT, planned, snakemake

PROJECT = Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
SCORED = {"decode": 1, "score": 1}
FINETUNED = {"finetune_llm": 1, **SCORED}
EXTRACTED = {"extract_features": 3, **FINETUNED}
TRAINED = {"visual_init": 1, **EXTRACTED}
# Jobs of each ablation that it does not share with fla_llm.
OWN = {
    "joint": {"visual_init": 1, **FINETUNED},
    "lfs_only": TRAINED,
    "vis_only": SCORED,
    "sampling_100": TRAINED,
    "sampling_50": TRAINED,
    "sampling_12": TRAINED,
    "light_tiny": TRAINED,
    "light_small": TRAINED,
    "light_large": TRAINED,
    "frame_wise": EXTRACTED,
    "hidden_states": EXTRACTED,
    "none_frozen": FINETUNED,
    "vb_frozen": EXTRACTED,
    "vis_25": TRAINED,
    "vis_50": TRAINED,
    "vis_100": TRAINED,
}


def score(name: str, dataset: str = "avatar") -> str:
    return f"results/{dataset}/{name}.bleu"


def without(jobs: dict[str, int], *stages: str) -> dict[str, int]:
    return {stage: count for stage, count in jobs.items() if stage not in stages}


@pytest.mark.parametrize("ablation", ["joint", "lfs_only", "vis_only", "hidden_states"])
def test_an_ablation_shares_all_that_it_does_not_change(tmp_path: Path, ablation: str) -> None:
    jobs = planned(tmp_path, score("fla_llm"), score(f"fla_llm_{ablation}"))
    assert Counter(jobs) - Counter(FLA_LLM) == Counter(OWN[ablation])
    assert Counter(FLA_LLM) - Counter(jobs) == Counter()


@pytest.mark.parametrize("ablation", OWN)
def test_an_ablation_owns_what_it_changes_and_what_follows(ablation: str) -> None:
    name = f"fla_llm_{ablation}"
    for dataset in ("avatar", "phoenix_avatar", "phoenix"):
        used = [stage for _, stage in PROJECT.signature(dataset, name, "score")]
        stages = [each for each in used if not PROJECT.stages[each].is_corpus]
        owners = {stage: PROJECT.owner(dataset, name, stage) for stage in stages}
        own = {stage for stage, owner in owners.items() if owner == name}
        expected = set(OWN[ablation])
        if ablation == "vb_frozen":
            expected.remove("extract_features")
            assert owners["extract_features"] == "fla_llm_frame_wise"
        if (dataset, ablation) == ("phoenix_avatar", "sampling_100"):
            expected.add("pretrain_language_model")  # one with more positions
        assert own == expected
        rest = {owner for stage, owner in owners.items() if stage not in own}
        assert rest <= {"common", "fla_llm", "fla_llm_frame_wise"}


def test_the_two_that_read_frame_wise_features_share_them(tmp_path: Path) -> None:
    both = planned(tmp_path, score("fla_llm_frame_wise"), score("fla_llm_vb_frozen"))
    assert both == {**FLA_LLM, "finetune_llm": 2, "decode": 2, "score": 2}


@pytest.mark.parametrize(
    ("ablation", "jobs"),
    [
        # It needs no language model, and features of the test split alone.
        (
            "vis_only",
            {**without(FLA_LLM, "finetune_llm", "pretrain_language_model"), "extract_features": 1},
        ),
        # All trainings read frames, so no features are stored.
        ("joint", without(FLA_LLM, "encode_frames", "extract_features")),
        # Visual initialising reads the features of its splits.
        ("none_frozen", {**without(FLA_LLM, "extract_features"), "encode_frames": 2}),
        ("lfs_only", FLA_LLM),
    ],
)
def test_alone_it_plans_what_it_reads_and_nothing_else(
    tmp_path: Path, ablation: str, jobs: dict[str, int]
) -> None:
    assert planned(tmp_path, score(f"fla_llm_{ablation}")) == jobs


@pytest.mark.parametrize("ablation", ["joint", "none_frozen"])
def test_of_a_published_corpus_no_features_are_stored(tmp_path: Path, ablation: str) -> None:
    jobs = without(FLA_LLM, "synthesize_avatar", "encode_frames", "extract_features")
    target = score(f"fla_llm_{ablation}", "phoenix")
    assert planned(tmp_path, target) == {**jobs, "acquire_corpus": 1, "fetch_model": 2}


def test_where_the_frame_encoder_is_trained_frames_are_given_to_training_and_decoding(
    tmp_path: Path,
) -> None:
    shown = snakemake(tmp_path, "--dry-run", "--printshellcmds", score("fla_llm_joint")).stdout
    commands = dict(re.findall(r"python -m sign2text\.[\w.]+\.(\w+) (.+)$", shown, re.MULTILINE))
    store = "results/avatar/common/sample_frames"
    assert (
        f"--train-frames {store}/train.tar --dev-frames {store}/dev.tar "
        in commands["finetune_llm"]
    )
    assert f"--frames {store}/test.tar " in commands["decode"]
    assert "features" not in commands["finetune_llm"] + commands["decode"]
    assert "encoded" not in commands["visual_init"]
    # A store has gigabytes, so its index shows whether it has changed.
    inputs = re.search(r"rule decode:\n    input: (.+)", shown)[1]
    assert f"{store}/test.index.safetensors" in inputs


def test_light_t_translates_with_the_model_and_history_of_visual_initialising(
    tmp_path: Path,
) -> None:
    shown = snakemake(tmp_path, "--dry-run", "--printshellcmds", score("fla_llm_vis_only")).stdout
    commands = dict(re.findall(r"python -m sign2text\.[\w.]+\.(\w+) (.+)$", shown, re.MULTILINE))
    folder = "results/avatar/fla_llm/visual_init"
    assert f"--model {folder}/model.safetensors " in commands["decode"]
    assert (
        "--features results/avatar/fla_llm/extract_features/test.safetensors " in commands["decode"]
    )
    assert f"--history {folder}/history.tsv " in commands["score"]


def test_the_page_of_a_training_asks_for_no_other_one(tmp_path: Path) -> None:
    target = "results/avatar/fla_llm_vis_only/training.html"
    jobs = planned(tmp_path, target)
    assert "finetune_llm" not in jobs and jobs["report_training"] == 1
    stages = stages_of(PROJECT, "avatar", "fla_llm_vis_only")
    assert "fla_llm/visual_init" in stages
    assert not any("language_model" in stage or "finetune" in stage for stage in stages)


def test_an_ablation_that_is_finished_stays_so_when_what_it_does_not_read_changes(
    tmp_path: Path,
) -> None:
    shown = snakemake(tmp_path, "--dry-run", score("fla_llm_vis_only")).stdout
    for outputs in re.findall(r"^    output: (.+)$", shown, re.MULTILINE):
        for name in outputs.split(", "):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
    target = score("fla_llm_vis_only")
    assert snakemake(tmp_path, "--touch", "--forceall", "--cores", "1", target).returncode == 0
    assert planned(tmp_path, target) == {}
    change = "experiments={fla_llm: {stages: {finetune_llm: {training: {epochs: 3}}}}}"
    assert planned(tmp_path, target, "--config", change) == {}
    change = "experiments={fla_llm: {stages: {extract_features: {frame_budget: 3}}}}"
    assert planned(tmp_path, target, "--config", change) == {"extract_features": 1, **SCORED}


def test_sizes_and_epochs_of_the_avatar_are_in_the_papers_proportions() -> None:
    def of(name: str) -> tuple:
        config, base = (
            PROJECT.stage_config("avatar", each, "visual_init") for each in (name, "fla_llm")
        )
        shares = (
            getattr(config.light_t, key) / getattr(base.light_t, key)
            for key in ("width", "feed_forward")
        )
        return config.light_t.layers, *shares, config.training.epochs

    assert of("fla_llm_light_tiny") == (1, 0.5, 0.5, 11)
    assert of("fla_llm_light_small") == (1, 1.0, 1.0, 11)
    assert of("fla_llm_light_large") == (3, 2.0, 2.0, 11)
    assert [of(f"fla_llm_vis_{n}")[3] for n in (25, 50, 100)] == [
        round(11 * n / 75) for n in (25, 50, 100)
    ]
    published = PROJECT.stage_config("phoenix", "fla_llm_light_large", "visual_init").light_t
    sizes = (published.layers, published.heads, published.width, published.feed_forward)
    assert sizes == (4, 8, 1024, 4096)
