"""Settings that cannot work are refused before anything is run, by themselves and together."""

import dataclasses
import pkgutil
import typing

import pytest
import yaml

from sign2text.avatar.corpus import LANGUAGES
from sign2text.config.project import Project
from sign2text.config.published_models import COMMITS, asked_for
from sign2text.config.stages import find_stages
from sign2text.data import (
    adapters,
    caption_adapters,
    class_adapters,
    landmark_adapters,
    rendered_adapters,
)
from sign2text.ground.errors import InputError
from sign2text.ground.settings import (
    CaptionAdapter,
    ClassAdapter,
    DrawnAdapter,
    LandmarkAdapter,
    SentenceAdapter,
)

STAGES = """
sample_frames: {height: 112, width: 92}
pretrain_frame_encoder: {start: landmarks, crop_height: 104, crop_width: 84}
encode_frames: {crop_height: 104, crop_width: 84}
visual_init: {crop_height: 104, crop_width: 84, train_frame_encoder: false}
"""


def stages_with(changes: str) -> dict[str, dict]:
    stages = yaml.safe_load(STAGES)
    for stage, settings in yaml.safe_load(changes).items():
        stages[stage] = stages.get(stage, {}) | settings
    return stages


def project(changes: str) -> Project:
    stages = stages_with(changes)
    return Project(
        {
            "datasets": {"avatar": {"adapter": "avatar", "language": "de", "stages": stages}},
            "experiments": {"fla_llm": {"method": "fla_llm"}, "more": {"base": "fla_llm"}},
        }
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("visual_init: {temporal_kernel: 2}", "temporal_kernel is 2; an odd number"),
        ("visual_init: {light_t: {heads: 7}}", "width is 512 and heads 7; heads must divide width"),
        ("pretrain_language_model: {heads: 3}", "width is 256 and heads 3"),
        ("pretrain_frame_encoder: {widths: [8]}", "widths has 1 entries and depths 4"),
        ("pretrain_frame_encoder: {depths: [0, 1, 1, 1]}", "depths.0: found 0"),
        ("finetune_llm: {dropout: 1.0}", "dropout: found 1.0, expected less than 1"),
        ("score: {resamples: 1}", "resamples is 1; an interval needs at least 2"),
        ("pretrain_frame_encoder: {crop_width: 99}", "crop_width: found 99, expected at most 92"),
        ("visual_init: {crop_height: 113}", "crop_height: found 113, expected at most 112"),
        (
            "pretrain_frame_encoder: {start: random}",
            "train_frame_encoder: found false, expected tr",
        ),
        ("visual_init: {light_t: {positions: 256}}", "set its most_steps to 256"),
        ("encode_frames: {crop_width: 80}", "crop_width: found 84, expected 80 as in encode_fram"),
        ("fetch_model: {retries: 3}", "datasets.avatar.stages.fetch_model: unknown key"),
        (
            "train_tokenizer: {published: google/mt5-small}",
            "revision is null, and the workflow knows no commit of google/mt5-small; give a commit",
        ),
        (
            "pretrain_frame_encoder: {start: published, published: some/resnet}",
            "knows no commit of some/resnet",
        ),
        ("train_tokenizer: {published: 'a/b/c'}", "published is a/b/c; expected a name on the hub"),
        (
            "train_tokenizer: {revision: main}",
            "at f417e5563320b2cc8aabe4329d986b238809067f, but train_tokenizer has "
            "facebook/mbart-large-cc25 at main; give both the same published, revision and archit",
        ),
        (
            "finetune_llm: {trained_visual: temporal_module}",
            "finetune_llm of fla_llm on avatar: trained_visual: found temporal_module, which reads "
            "what comes before it; expected extract_features.feature frame_wise, found sign_wise",
        ),
        (
            "{finetune_llm: {trained_visual: all}, extract_features: {feature: hidden_states}}",
            "trained_visual: found all, which reads frames and trains the encoder up to its "
            "sign-wise features; expected extract_features.feature sign_wise, found hidden_states",
        ),
        (
            "{decode: {model: visual_init}, visual_init: {training: {epochs: 0}}}",
            "decode of fla_llm on avatar: model: found visual_init, expected finetune_llm where "
            "visual_init.training.epochs is 0",
        ),
        (
            "extract_features: {feature: gloss_wise}",
            'extract_features of fla_llm on avatar: feature: found "gloss_wise", expected one of '
            "frame_wise, sign_wise, hidden_states",
        ),
        (
            "decode: {model: encode_frames}",
            "decode of fla_llm on avatar: model: found encode_frames, expected one of visual_init, "
            "finetune_llm, or null",
        ),
        (
            "{decode: {model: visual_init}, extract_features: {feature: hidden_states}}",
            "expected extract_features.feature sign_wise or frame_wise, found hidden_states",
        ),
    ],
)
def test_refused(changes: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        project(changes)
    assert message in str(refused.value)
    lines = str(refused.value).splitlines()
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(
    "changes",
    [
        "visual_init: {light_t: {width: 100, heads: 4}}",
        "score: {resamples: 0}",
        # Nothing reads the features of encode_frames when the frame encoder is trained.
        "{encode_frames: {crop_width: 80}, visual_init: {train_frame_encoder: true}}",
        "{pretrain_frame_encoder: {start: random, crop_width: 99}, "
        "visual_init: {train_frame_encoder: true}}",
        "{visual_init: {training: {epochs: 0}}, finetune_llm: {trained_visual: all}}",
        "{extract_features: {feature: frame_wise}, finetune_llm: {trained_visual: "
        "temporal_module}, visual_init: {training: {epochs: 0}}, "
        "pretrain_frame_encoder: {start: random}}",
        "{decode: {model: visual_init}, extract_features: {feature: frame_wise}}",
    ],
)
def test_accepted(changes: str) -> None:
    accepted = project(changes)
    for experiment in ("fla_llm", "more"):
        for stage, settings in stages_with(changes).items():
            config = dataclasses.asdict(accepted.stage_config("avatar", experiment, stage))
            for key, value in settings.items():
                whole = config[key] | value if isinstance(value, dict) else value
                assert config[key] == whole, f"{stage}.{key} of {experiment}"


def test_mt5_is_another_model_where_one_is_published_and_shares_a_tokenizer_where_none_is() -> None:
    """As an experiment for both kinds of data set: table 10 on a corpus and on the avatar."""
    small = {"train_tokenizer": {"published": None}, "pretrain_language_model": {"published": None}}
    mt5 = {stage: {"architecture": "mt5"} for stage in small}
    whole = Project(
        {
            "datasets": {
                "phoenix": {"adapter": "phoenix", "language": "de"},
                "avatar": {"adapter": "avatar", "language": "de", "stages": small},
            },
            "experiments": {
                "fla_llm": {"method": "fla_llm"},
                "fla_llm_mt5": {"base": "fla_llm", "stages": mt5},
            },
        }
    )
    for stage in small:
        config = whole.stage_config("phoenix", "fla_llm_mt5", stage)
        assert asked_for(config) == ("google/mt5-base", COMMITS["google/mt5-base"])
    assert whole.owner("phoenix", "fla_llm_mt5", "visual_init") == "fla_llm_mt5"
    assert whole.owner("avatar", "fla_llm_mt5", "visual_init") == "fla_llm"
    assert whole.owner("avatar", "fla_llm_mt5", "train_tokenizer") == "common"
    assert whole.owner("avatar", "fla_llm_mt5", "pretrain_language_model") == "fla_llm_mt5"
    models = {name for name, _ in whole.published_models().values()}
    assert models == {"facebook/mbart-large-cc25", "google/mt5-base", "microsoft/resnet-18"}


def test_every_stage_takes_every_adapter_and_every_language_there_is() -> None:
    modules = {
        kind: {each.name for each in pkgutil.iter_modules(package.__path__)}
        for kind, package in (
            (SentenceAdapter, adapters),
            (ClassAdapter, class_adapters),
            (CaptionAdapter, caption_adapters),
            (LandmarkAdapter, landmark_adapters),
            (DrawnAdapter, rendered_adapters),
        )
    }
    assert modules == {kind: set(typing.get_args(kind)) for kind in modules}
    for key, expected in (
        ("adapter", set().union(*modules.values())),
        ("language", {*LANGUAGES, "vi"}),
    ):
        taken = {
            name: set(typing.get_args(field.annotation))
            for name, stage in find_stages().items()
            if (field := stage.config.__pydantic_fields__.get(key))
        }
        assert len(taken) >= 4
        assert taken == dict.fromkeys(taken, expected)
