"""A plan of a target whose encoder is pretrained on other data sets."""

import sys
from pathlib import Path

import pytest
import yaml

from sign2text.config.methods import find_methods
from sign2text.config.stages import find_stages
from sign2text.data.manifest import read_manifest
from sign2text.planning.request import Request, read_request
from sign2text.planning.table import format_plan, plan_json
from sign2text.planning.workshop import Workshop

sys.path.insert(0, str(Path(__file__).parent))
import chained_method
from tiny_plan import write_config

ROOT = Path(__file__).resolve().parents[2]
PRETRAIN, TRAIN = "pretrain_chained", "train_chained"


@pytest.fixture
def request_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Read a plan's request; keys of data sets are put over those of the configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(find_methods(), "chained", chained_method.METHOD)
    for name, stage in chained_method.stages().items():
        monkeypatch.setitem(find_stages(), name, stage)

    def read(**datasets) -> Request:
        path = write_config()
        config = yaml.safe_load(path.read_text())
        config["experiments"] = {"chained": {"method": "chained"}}
        stages = config["datasets"]["tiny"]["stages"]
        for name in ("visual_init", "extract_features", "finetune_llm"):
            del stages[name]
        stages |= {PRETRAIN: {"after": None}, TRAIN: {"pretrained_on": "signs"}}
        corpus = {"train": 50, "dev": 5, "test": 7}
        signs = {"synthesize_avatar": corpus, PRETRAIN: {"after": "actions"}}
        config["datasets"]["signs"] = {"base": "tiny", "stages": signs}
        config["datasets"]["actions"] = {"base": "tiny"}
        for name, entry in datasets.items():
            config["datasets"][name] = entry
        path.write_text(yaml.safe_dump(config))
        return read_request("results/tiny/chained.bleu", path)

    return read


def test_pretrainings_on_other_data_sets_are_measured_with_their_own_clips(request_of) -> None:
    request = request_of()
    assert request.stages == (f"actions/{PRETRAIN}", f"signs/{PRETRAIN}", TRAIN, "decode")
    (job,) = request.jobs[f"signs/{PRETRAIN}"]
    assert (job.dataset, job.stage, job.config.after) == ("signs", PRETRAIN, "actions")
    sizes = {name: len(each.splits["train"].frames) for name, each in request.other_corpora.items()}
    assert sizes == {"actions": 30, "signs": 50}
    assert len(request.corpus_of("signs").splits["test"].frames) == 7
    assert len(request.corpus_of("tiny").splits["test"].frames) == 10
    assert {"signs/sample_frames", "actions/sample_frames", "score"} <= set(request.left_out)
    assert not {TRAIN, f"signs/{PRETRAIN}"} & set(request.left_out)
    assert "\nsigns: 50 / 5 / 7 clips, " in format_plan(request, [])
    assert plan_json(request, [])["other_data"]["signs"]["train"]["clips"] == 50


def test_a_pretraining_on_a_corpus_of_unknown_lengths_is_named_as_left_out(request_of) -> None:
    """Its artefacts are made up with the target's clips."""
    request = request_of(
        signs={"adapter": "table", "language": "de", "stages": {PRETRAIN: {"after": None}}}
    )
    assert request.stages == (TRAIN, "decode")
    assert f"signs/{PRETRAIN}" in request.left_out
    assert request.corpus_of("signs") == request.corpus


def test_made_up_clips_of_another_data_set_have_classes_that_train_knows(request_of) -> None:
    request = request_of()
    workshop, found = Workshop(request, Path("made")), {}
    (job,) = request.jobs[f"signs/{PRETRAIN}"]
    frames, _ = job.inputs["frames"]
    for split in ("train", "dev", "test"):
        clips, _ = workshop.clips("signs", split)
        found[split] = read_manifest(workshop.make(frames, f"{split}.tsv"))["text"].tolist()
        assert len(found[split]) == len(clips)
    assert set(found["dev"] + found["test"]) <= set(found["train"])
    assert all(" " not in text for text in found["train"])
    assert min(map(found["train"].count, found["train"])) == 2, "no class of one clip"


@pytest.mark.parametrize(
    ("target", "pretrained", "clips"),
    [
        (
            "avatar",
            ["avatar_actions/pretrain_s3d", "avatar_isolated/pretrain_s3d"],
            {"avatar_actions": (4000, 120, 160), "avatar_isolated": (2400, 400, 600)},
        ),
        ("phoenix", ["wlasl/pretrain_s3d"], {"wlasl": (14289, 3916, 2878)}),
    ],
)
def test_the_corpora_of_classes_that_are_configured_have_lengths_before_they_are_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, target: str, pretrained, clips
) -> None:
    monkeypatch.chdir(tmp_path)
    request = read_request(f"results/{target}/mmtlb.bleu", ROOT / "config.yaml")
    assert [each for each in request.stages if "/" in each] == pretrained
    found = {
        name: tuple(len(split.frames) for split in corpus.splits.values())
        for name, corpus in request.other_corpora.items()
    }
    assert found == clips
    isolated = request.corpus_of(list(clips)[-1]).splits["train"].frames
    assert sum(isolated) / len(isolated) == pytest.approx(60 if target == "phoenix" else 22.6, 0.02)
