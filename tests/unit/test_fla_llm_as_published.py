"""FLa-LLM has the paper's settings on published corpora, and so have its ablations."""

import re
from pathlib import Path

import pytest
import yaml

from sign2text.config.project import Project
from sign2text.config.published_models import COMMITS, asked_for
from sign2text.data.adapters import find_adapter
from sign2text.ground.settings import flattened, to_json_values
from sign2text.methods.fla_llm.parameter_counts import LIGHT_T_SIZES

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
CORPORA = ("phoenix", "csl_daily", "how2sign")
# By stage; docs/fla_llm.md lists our own choices and must change with them.
PAPER = {
    "sample_frames": {"height": 256, "width": 256, "codec": "jpeg", "quality": 90},
    "visual_init": {
        "train_frame_encoder": True,
        "temporal_kernel": 3,
        "sampling_rate": 0.25,
        "crop_height": 224,
        "crop_width": 224,
        "training.epochs": 75,
        "training.batch_size": 8,
        "training.optimizer": "sgd",
        "training.learning_rate": 1e-2,
        "training.warmup": 0,
        "training.weight_decay": 0,
        "training.max_grad_norm": 0,
        "label_smoothing": 0.2,
        "training.precision": "float32",
    },
    "extract_features": {"feature": "sign_wise", "views": 1},
    "finetune_llm": {
        "trained_visual": "nothing",
        "training.epochs": 80,
        "training.batch_size": 16,
        "training.learning_rate": 1e-5,
        "adapter_learning_rate": 1e-3,
        "visual_learning_rate": 1e-4,
        "training.warmup": 0,
        "training.weight_decay": 0,
        "training.max_grad_norm": 0,
        "label_smoothing": 0.2,
        "dropout": 0.3,
        "attention_dropout": 0.1,
        "dev_bleu_every": 1,
        "dev_beams": 5,
        "dev_max_new_tokens": 150,
        "training.precision": "float32",
    },
    "decode": {
        "model": None,
        "beams": 5,
        "max_new_tokens": 150,
        "length_penalty": 1,
        "permutations": 0,
    },
}
# Differences of an ablation, without their consequences: (stage, setting) -> value.
JOINT, TEMPORAL = {"finetune_llm.trained_visual": "all"}, "temporal_module"
FRAME_WISE = {"extract_features.feature": "frame_wise"}
ABLATIONS = {
    "fla_llm_joint": JOINT | {"visual_init.training.epochs": 0},
    "fla_llm_lfs_only": FRAME_WISE
    | {"visual_init.training.epochs": 0, "finetune_llm.trained_visual": TEMPORAL}
    | {"finetune_llm.visual_learning_rate": 1e-3},  # as for the adapter, the other new module
    "fla_llm_vis_only": {"decode.model": "visual_init"},
    "fla_llm_sampling_100": {"visual_init.sampling_rate": 1.0},
    "fla_llm_sampling_50": {"visual_init.sampling_rate": 0.5},
    "fla_llm_sampling_12": {"visual_init.sampling_rate": 0.125},
    "fla_llm_frame_wise": FRAME_WISE,
    "fla_llm_hidden_states": {"extract_features.feature": "hidden_states"},
    "fla_llm_none_frozen": JOINT,
    "fla_llm_vb_frozen": FRAME_WISE | {"finetune_llm.trained_visual": TEMPORAL},
    "fla_llm_vis_25": {"visual_init.training.epochs": 25},
    "fla_llm_vis_50": {"visual_init.training.epochs": 50},
    "fla_llm_vis_100": {"visual_init.training.epochs": 100},
}


def size_of(experiment: str, dataset: str = "phoenix") -> tuple[int, ...]:
    light = PROJECT.stage_config(dataset, experiment, "visual_init").light_t
    return light.layers, light.heads, light.width, light.feed_forward


@pytest.mark.parametrize("dataset", CORPORA)
def test_published_corpora_are_trained_with_the_papers_settings(dataset: str) -> None:
    for stage, settings in PAPER.items():
        config = PROJECT.stage_config(dataset, "fla_llm", stage)
        found = flattened(to_json_values(config))
        assert {name: found[name] for name in settings} == settings, stage
    light = PROJECT.stage_config(dataset, "fla_llm", "visual_init").light_t
    assert size_of("fla_llm", dataset) == LIGHT_T_SIZES["Base"]
    assert (light.positions, light.dropout, light.attention_dropout) == (1024, 0.1, 0.1)
    for stage, name in (
        ("train_tokenizer", "facebook/mbart-large-cc25"),
        ("pretrain_language_model", "facebook/mbart-large-cc25"),
        ("pretrain_frame_encoder", "microsoft/resnet-18"),
    ):
        config = PROJECT.stage_config(dataset, "fla_llm", stage)
        assert asked_for(config) == (name, COMMITS[name])
        assert re.fullmatch("[0-9a-f]{40}", COMMITS[name])
    assert PROJECT.stage_config(dataset, "fla_llm", "train_tokenizer").trim
    assert PROJECT.stage_config(dataset, "fla_llm", "pretrain_language_model").pretrained


def test_ablations_have_the_papers_settings() -> None:
    for experiment, changes in ABLATIONS.items():
        for stage, settings in PAPER.items():
            config = PROJECT.stage_config("phoenix", experiment, stage)
            expected = {name: changes.get(f"{stage}.{name}", settings[name]) for name in settings}
            found = flattened(to_json_values(config))
            assert {name: found[name] for name in settings} == expected, experiment
        assert size_of(experiment) == LIGHT_T_SIZES["Base"]
    for name in ("Tiny", "Small", "Large"):
        assert size_of(f"fla_llm_light_{name.lower()}") == LIGHT_T_SIZES[name]
    for experiment, model, pretrained in (
        ("fla_llm_mbart_random", "facebook/mbart-large-cc25", False),
        ("fla_llm_mt5", "google/mt5-base", True),
        ("fla_llm_mt5_random", "google/mt5-base", False),
    ):
        config = PROJECT.stage_config("phoenix", experiment, "pretrain_language_model")
        assert (asked_for(config), config.pretrained) == ((model, COMMITS[model]), pretrained)


def test_counts_that_corpora_are_compared_with() -> None:
    """The paper's counts, except for How2Sign: counted in the re-aligned files, train presumed."""
    found = {
        dataset: tuple(find_adapter(dataset).PUBLISHED[split]["clips"] for split in splits)
        for dataset in CORPORA
        for splits in [("train", "dev", "test")]
    }
    assert found == {
        "phoenix": (7096, 519, 642),
        "csl_daily": (18401, 1077, 1176),
        "how2sign": ((31165,), 1741, 2357),
    }
