"""config.yaml: settings through the base chains, ownership, and what is refused."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from made_stages import made_method, made_stage
from pydantic import Field, model_validator

from sign2text.config.keys import read_configuration, with_command_line
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.ground.settings import stage_config


@stage_config
class Corpus:
    clips: Annotated[int, Field(ge=1, description="clips")] = 100
    seed: int = 1


@stage_config
class Manifest:
    adapter: Annotated[Literal["avatar", "other"], Field(description="reader")]
    language: Annotated[Literal["de", "en"], Field(description="language")]


@stage_config
class Frames:
    size: tuple[int, int] = (210, 260)


@stage_config
class Encoder:
    width: Annotated[int, Field(ge=8, description="channels")] = 64
    depth: int = 18


@stage_config
class Train:
    epochs: Annotated[int, Field(ge=1, description="passes over the data")] = 80
    rate: Annotated[float, Field(gt=0, description="learning rate")] = 1e-4
    warmup: int = 5
    encoder: Encoder = Encoder()
    seed: int = 1

    @model_validator(mode="after")
    def _warmup_is_shorter(self) -> "Train":
        if self.warmup >= self.epochs:
            raise ValueError(f"warmup ({self.warmup}) must be less than epochs ({self.epochs})")
        return self


@stage_config
class Decode:
    beams: int = 5
    permutations: int = 0
    seed: int = 1


STAGES = {
    stage.name: stage
    for stage in (
        made_stage("render", Corpus, "corpus"),
        made_stage("manifest", Manifest, "common", ("render",)),
        made_stage("frames", Frames, "common", ("manifest",)),
        made_stage("train", Train, "slt", ("frames",)),
        made_stage("decode", Decode, "slt", ("train", "frames")),
        made_stage("other_train", Train, "other", ("frames",)),
    )
}
METHODS = {"slt": made_method("train"), "other": made_method("other_train")}

CONFIG = """
targets: [results/small/slt.bleu]
datasets:
  small:
    adapter: avatar
    language: de
    stages:
      render: {clips: 10}
      train: {epochs: 8, encoder: {width: 16}}
  large:
    base: small
    language: en
    stages:
      render: {clips: 1000}
      train: {rate: 1}
experiments:
  slt: {method: slt}
  slt_blind: {base: slt, stages: {decode: {permutations: 5}}}
  slt_long: {base: slt, stages: {train: {epochs: 16, encoder: {depth: 50}}}}
  slt_long_blind: {base: slt_long, stages: {decode: {permutations: 5}}}
  slt-seed2: {base: slt, seed: 2}
  slt-seed3: {base: slt-seed2, seed: 3, stages: {decode: {seed: 7}}}
  slt_big_frames: {base: slt, stages: {frames: {size: [420, 520]}}}
  other: {method: other}
"""


def project(changes: str = "{}") -> Project:
    return Project(
        with_command_line(yaml.safe_load(CONFIG), yaml.safe_load(changes)), STAGES, METHODS
    )


def settings(dataset: str, experiment: str, stage: str) -> dict[str, Any]:
    return json.loads(project().settings_json(dataset, experiment, stage))


def test_settings_say_only_what_differs_from_the_defaults() -> None:
    assert settings("small", "slt", "train") == {"epochs": 8, "encoder": {"width": 16}}
    assert project().settings_json("small", "slt", "decode") == "{}"
    assert project().settings_json("small", "slt", "train") == '{"encoder":{"width":16},"epochs":8}'


def test_an_override_that_equals_the_default_does_not_show() -> None:
    changed = project("datasets: {small: {stages: {decode: {beams: 5}}}}")
    assert changed.settings_json("small", "slt", "decode") == "{}"


def test_settings_merge_down_both_base_chains() -> None:
    assert settings("large", "slt_long", "train") == {
        "epochs": 16,
        "rate": 1.0,
        "encoder": {"width": 16, "depth": 50},
    }
    config = project().stage_config("large", "slt_long", "train")
    assert (config.epochs, config.rate, config.encoder.width) == (16, 1.0, 16)
    assert settings("large", "common", "render") == {"clips": 1000}


def test_adapter_and_language_come_from_the_data_set() -> None:
    assert settings("small", "common", "manifest") == {"adapter": "avatar", "language": "de"}
    assert settings("large", "common", "manifest") == {"adapter": "avatar", "language": "en"}
    assert project().datasets_of("avatar") == ["small", "large"]


def test_seed_reaches_the_stages_of_the_method_alone() -> None:
    assert settings("small", "slt-seed2", "train")["seed"] == 2
    assert settings("small", "slt-seed2", "decode") == {"seed": 2}
    assert settings("small", "slt-seed2", "render") == {"clips": 10}
    assert settings("small", "slt-seed3", "train")["seed"] == 3
    assert settings("small", "slt-seed3", "decode") == {"seed": 7}


@pytest.mark.parametrize(
    ("experiment", "stage", "owner"),
    [
        ("slt", "frames", "common"),
        ("slt", "train", "slt"),
        ("slt_blind", "frames", "common"),
        ("slt_blind", "train", "slt"),
        ("slt_blind", "decode", "slt_blind"),
        ("slt_long_blind", "train", "slt_long"),
        # Equal settings to slt_blind's, but not the same model before it.
        ("slt_long_blind", "decode", "slt_long_blind"),
        ("slt_big_frames", "frames", "slt_big_frames"),
        # Equal settings, but other frames before it.
        ("slt_big_frames", "train", "slt_big_frames"),
        ("slt_big_frames", "manifest", "common"),
        ("slt-seed2", "train", "slt-seed2"),
        ("other", "frames", "common"),
        ("other", "other_train", "other"),
    ],
)
def test_owner_is_the_highest_with_equal_settings_and_upstream(
    experiment: str, stage: str, owner: str
) -> None:
    assert project().owner("small", experiment, stage) == owner


def test_an_experiment_that_changes_nothing_shares_everything() -> None:
    same = project("experiments: {again: {base: slt_long, stages: {decode: {beams: 5}}}}")
    assert same.owner("small", "again", "decode") == "slt_long"


def test_owner_may_differ_from_data_set_to_data_set() -> None:
    changed = project("experiments: {eight: {base: slt, stages: {train: {epochs: 80}}}}")
    assert changed.owner("small", "eight", "train") == "eight"
    bare = project(
        "{datasets: {bare: {adapter: avatar, language: de}},"
        " experiments: {eight: {base: slt, stages: {train: {epochs: 80}}}}}"
    )
    assert bare.owner("bare", "eight", "train") == "slt"


REFUSED = {
    "experiment: {}": 'experiment: unknown key; did you mean "experiments"?',
    "datasets: {small: {langage: de}}": "datasets.small.langage: unknown key; did you mean "
    '"language"? accepted keys: adapter, base, experiments, language, sentences, sign_language, ',
    "datasets: {small: {language: xx}}": "datasets.small.language: found \"xx\", expected 'de' or "
    "'en'",
    "datasets: {new: {adapter: avatar}}": "datasets.new.language: is missing",
    "datasets: {small: {stages: {trian: {}}}}": "datasets.small.stages.trian: unknown key; did "
    'you mean "train"?',
    "datasets: {small: {stages: {train: {epochs: many}}}}": "datasets.small.stages.train.epochs: "
    'found "many", expected a valid integer (passes over the data; default 80)',
    "datasets: {small: {stages: {train: {epochs: 0}}}}": "datasets.small.stages.train.epochs: "
    "found 0, expected greater than or equal to 1",
    "datasets: {small: {stages: {train: {epoch: 3}}}}": "datasets.small.stages.train.epoch: "
    'unknown key; did you mean "epochs"? accepted keys: encoder, epochs, rate, seed, warmup',
    "datasets: {small: {stages: {train: {encoder: {width: 2}}}}}": "datasets.small.stages.train."
    "encoder.width: found 2, expected greater than or equal to 8",
    "datasets: {small: {stages: {train: {encoder: {wide: 2}}}}}": "datasets.small.stages.train."
    'encoder.wide: unknown key; did you mean "width"? accepted keys: depth, width',
    "datasets: {small: {stages: {frames: {size: [1, b]}}}}": "datasets.small.stages.frames.size.1:"
    ' found "b"',
    "datasets: {small: {stages: [train]}}": "datasets.small.stages: found [",
    "experiments: {slt: {stages: {train: {rate: '1e-5'}}}}": "experiments.slt.stages.train.rate: "
    'found "1e-5", expected a valid number; YAML takes 1e-5 for text, write 1.0e-05',
    "experiments: {slt: {stages: {render: {clips: 3}}}}": "experiments.slt.stages.render: no stage "
    "of method slt; accepted keys: decode, frames, manifest, train; a corpus is set at its data "
    "set: datasets.<name>.stages.render",
    "experiments: {slt: {stages: {other_train: {}}}}": "experiments.slt.stages.other_train: no "
    "stage of method slt",
    "experiments: {new: {method: stl}}": 'experiments.new.method: unknown method "stl"; did you '
    'mean "slt"? accepted: other, slt',
    "experiments: {new: {}}": "experiments.new.method: is missing; accepted: other, slt",
    "experiments: {new: {base: slt, method: other}}": 'experiments.new.method: found "other", '
    "expected that of its base slt, slt",
    "experiments: {new: {base: slt_blnd}}": 'experiments.new.base: unknown name "slt_blnd"; did '
    'you mean "slt_blind"?',
    "experiments: {slt: {base: slt_blind}}": "experiments.slt.base: the bases go round in a circle "
    "(slt -> slt_blind -> slt)",
    "datasets: {small: {base: small}}": "datasets.small.base: the bases go round in a circle",
    "experiments: {tables: {method: slt}}": "experiments.tables: the name is taken",
    "experiments: {common: {method: slt}}": "experiments.common: the name is taken",
    "datasets: {models: {base: small}}": "datasets.models: the name is taken",
    "experiments: {Big Model: {method: slt}}": "experiments.Big Model: a name is made of a-z",
    "datasets: {../up: {base: small}}": "datasets.../up: a name is made of a-z",
    "experiments: {slt: {seed: -1}}": "experiments.slt.seed: found -1",
    "experiments: {slt_long: {stages: {train: {warmup: 20}}}}": "train of slt_long on small: "
    "warmup (20) must be less than epochs (16)",
}


@pytest.mark.parametrize("changes", REFUSED)
def test_refused_with_the_path_of_the_key(changes: str) -> None:
    with pytest.raises(InputError) as refused:
        project(changes)
    assert REFUSED[changes] in str(refused.value)


def test_all_problems_are_told_at_once_each_once() -> None:
    with pytest.raises(InputError) as refused:
        project("{datasets: {small: {stages: {train: {epochs: 0, rate: no}, decode: {beam: 1}}}}}")
    lines = str(refused.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("datasets.small.stages.") for line in lines)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("smal", "slt", "train"), 'datasets.smal: unknown key; did you mean "small"?'),
        (("small", "slt_blid", "train"), 'did you mean "slt_blind"?'),
        (("small", "slt", "other_train"), "method slt has no stage other_train; expected one of "),
        (("small", "common", "train"), "its method common has no stage train"),
    ],
)
def test_unknown_names_asked_for_are_refused(asked: tuple[str, str, str], message: str) -> None:
    with pytest.raises(InputError, match=r"(experiments|datasets)\.") as refused:
        project().owner(*asked)
    assert message in str(refused.value)


def test_command_line_values_get_their_types_back() -> None:
    # `snakemake --config` hands on every nested value as text.
    overrides = {"datasets": {"small": {"stages": {"train": {"epochs": "9", "rate": "0.5"}}}}}
    config = with_command_line(yaml.safe_load(CONFIG), overrides)
    trained = Project(config, STAGES, METHODS).stage_config("small", "slt", "train")
    assert (trained.epochs, trained.rate, trained.encoder.width) == (9, 0.5, 16)


# The key `sentences`: the avatar signs another data set's clips.


@stage_config
class Rendering:
    crf: int = 26
    train: int = 100
    sentences_adapter: str | None = None
    sentences_settings: Annotated[dict[str, Any], Field(description="filled in")] = Field(
        default_factory=dict
    )


@stage_config
class Reading:
    adapter: Annotated[Literal["avatar", "bakery", "how2sign"], Field(description="reader")]
    language: str
    on_bad_clip: str = "fail"
    column: str = "gloss"


SIGNING = {
    stage.name: stage
    for stage in (
        made_stage("render", Rendering, "corpus"),
        made_stage("make_manifest", Reading, "common", ("render",)),
    )
}

SIGNED = """
datasets:
  avatar: {adapter: avatar, language: de, stages: {render: {crf: 30, train: 5}}}
  bakery_base:
    adapter: bakery
    language: de
    stages: {make_manifest: {column: signs}}
  bakery: {base: bakery_base, stages: {make_manifest: {on_bad_clip: skip}}}
  kitchen: {adapter: how2sign, language: de}
  bakery_avatar: {base: avatar, sentences: bakery}
  bakery_avatar_small: {base: bakery_avatar, stages: {render: {crf: 40}}}
"""


def signed(changes: str = "{}") -> Project:
    return Project(with_command_line(yaml.safe_load(SIGNED), yaml.safe_load(changes)), SIGNING, {})


def test_sentences_bring_the_other_data_sets_adapter_and_manifest_settings() -> None:
    project = signed()
    for dataset, crf in (("bakery_avatar", 30), ("bakery_avatar_small", 40)):
        assert project.sentences_of(dataset) == "bakery"
        assert json.loads(project.settings_json(dataset, "common", "render")) == {
            # `train` is not here: how many clips there are is the other corpus's matter.
            "crf": crf,
            "sentences_adapter": "bakery",
            # What happens to bad clips is no concern of who only reads the glosses.
            "sentences_settings": {"language": "de", "column": "signs"},
        }
    # The rendered corpus itself is read as any other of the avatar's.
    own = json.loads(project.settings_json("bakery_avatar", "common", "make_manifest"))
    assert own == {"adapter": "avatar", "language": "de"}
    assert project.sentences_of("avatar") is None
    assert project.settings_json("avatar", "common", "render") == '{"crf":30,"train":5}'
    assert project.datasets_of("avatar") == ["avatar", "bakery_avatar", "bakery_avatar_small"]


NOT_SIGNED = {
    "{new: {adapter: bakery, language: de, sentences: bakery}}": "datasets.new.sentences: only the "
    'avatar signs the sentences of another data set; found adapter "bakery", expected "avatar"',
    "{new: {base: bakery_avatar, adapter: bakery}}": "datasets.new.sentences: only the avatar",
    "{new: {base: avatar, sentences: bakry}}": 'datasets.new.sentences: unknown name "bakry"; did '
    'you mean "bakery"? accepted: avatar, bakery,',
    "{avatar: {sentences: avatar}}": 'datasets.avatar.sentences: found "avatar", which the avatar '
    "renders itself",
    "{new: {base: avatar, sentences: bakery_avatar}}": 'found "bakery_avatar", which the avatar',
    "{new: {base: avatar, sentences: kitchen}}": 'datasets.new.sentences: found "kitchen", whose '
    "corpus (how2sign) has no glosses to sign",
    "{bakery_avatar: {language: en}}": 'datasets.bakery_avatar.language: found "en", expected that '
    'of bakery, "de"',
    "{new: {base: avatar, sentences: 3}}": "datasets.new.sentences: found 3, expected a valid",
    "{bakery_avatar: {stages: {render: {sentences_adapter: bakery}}}}": "datasets.bakery_avatar."
    "stages.render.sentences_adapter: is filled in",
    "{avatar: {stages: {render: {sentences_settings: {}}}}}": "datasets.avatar.stages.render."
    "sentences_settings: is filled in",
}


@pytest.mark.parametrize("changes", NOT_SIGNED)
def test_sentences_that_cannot_be_signed_are_refused(changes: str) -> None:
    with pytest.raises(InputError) as refused:
        signed(f"datasets: {changes}")
    assert NOT_SIGNED[changes] in str(refused.value)


def test_a_further_file_is_read_over_config_yaml_as_snakemake_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = Path("mine.yaml")
    with pytest.raises(InputError, match=r"mine\.yaml: missing"):
        read_configuration(mine)
    mine.write_text("experiments: {mine: {base: fla_llm, seed: 2}, fla_llm: {seed: 3}}\n")
    assert read_configuration(mine)["experiments"]["mine"]["seed"] == 2, "as a whole"
    Path("config.yaml").write_text("experiments: {fla_llm: {method: fla_llm, seed: 1}}\n")
    assert read_configuration() == {"experiments": {"fla_llm": {"method": "fla_llm", "seed": 1}}}
    assert read_configuration(mine) == {
        "experiments": {
            "fla_llm": {"method": "fla_llm", "seed": 3},
            "mine": {"base": "fla_llm", "seed": 2},
        }
    }
    for text in ("- a list", "a: [cut", ""):
        mine.write_text(text)
        with pytest.raises(InputError, match=r"^mine\.yaml: (is not YAML|found)"):
            read_configuration(mine)
