"""Scaling SLT through the workflow: captions, landmarks, mixtures of tasks, several languages."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tiny_runs import SCALING_SLT, SCALING_SLT_TARGETS, rules_of, snakemake

from sign2text.commands.main import main
from sign2text.data.captions import read_captions, read_joined
from sign2text.data.manifest import read_table
from sign2text.landmarks.store import LandmarkStore

pytestmark = pytest.mark.long

RESULTS = Path("results/tiny")


def planned_rules(folder: Path, *targets: str) -> set[str]:
    return set(rules_of(snakemake(folder, *SCALING_SLT, "--dry-run", *targets)))


def score_of(folder: Path, name: str) -> dict:
    return json.loads((folder / RESULTS / name).read_text(encoding="utf-8"))


def test_nothing_is_left_to_do(scaling_slt_run: Path) -> None:
    assert planned_rules(scaling_slt_run, *SCALING_SLT_TARGETS) == set()


def test_another_language_needs_no_training(scaling_slt_run: Path) -> None:
    target = "results/tiny/scaling_slt/zh.bleu"
    assert planned_rules(scaling_slt_run, target) == {"decode_language", "score_language"}


def test_captions_and_landmarks_are_of_the_clips(scaling_slt_run: Path) -> None:
    common = scaling_slt_run / RESULTS / "common"
    for split, clips in (("train", 12), ("dev", 3), ("test", 5)):
        manifest = read_table(common / f"make_manifest/{split}.tsv")
        store = LandmarkStore(
            scaling_slt_run / RESULTS / f"scaling_slt/extract_landmarks/{split}.index.safetensors"
        )
        assert store.ids == manifest["id"].tolist()
        assert len(store.ids) == clips
        assert store.lengths.tolist() == manifest["frames"].astype(int).tolist()
        captions = read_captions(common / f"make_captions/{split}.tsv")
        own = captions[(captions["language"] == "de") & captions["start"].isna()]
        assert own["text"].tolist() == manifest["text"].tolist()
        joined = read_joined(common / f"make_captions/joined.{split}.tsv")
        assert set(joined["clip"]) <= set(manifest["id"])


def test_scores_are_of_the_language_of_the_target(scaling_slt_run: Path) -> None:
    captions = read_captions(scaling_slt_run / RESULTS / "common/make_captions/test.tsv")
    for name, language in (("scaling_slt", "de"), ("scaling_slt/score/en", "en")):
        folder = scaling_slt_run / RESULTS / (name if "/" in name else f"{name}/score")
        expected = captions[(captions["language"] == language) & captions["start"].isna()]
        found = (folder / "references.txt").read_text(encoding="utf-8").splitlines()
        assert found == expected["text"].tolist(), language
    for name in ("scaling_slt.bleu", "scaling_slt/en.bleu", "scaling_slt_pivot/en.bleu"):
        scores = score_of(scaling_slt_run, name)["scores"]["all"]
        assert 0 <= scores["language_accuracy"] <= 100
        assert 0 <= scores["empty_rate"] <= 100


def test_the_mixture_has_the_tasks_that_the_settings_name(scaling_slt_run: Path) -> None:
    tables = {
        name: pd.read_csv(scaling_slt_run / RESULTS / name / "pretrain_tasks/mixture.tsv", sep="\t")
        for name in ("scaling_slt", "scaling_slt_augmented")
    }
    tasks = {name: set(table["task"]) for name, table in tables.items()}
    assert tasks["scaling_slt"] == {"slt", "alignment", "mt"}
    assert tasks["scaling_slt_augmented"] == {"slt", "alignment", "mt", "augmented"}
    for table in tables.values():
        share = table.groupby("task")["share"].sum()
        assert share["mt"] == pytest.approx(0.5, abs=0.01)


def test_machine_captions_say_which_model_wrote_them(scaling_slt_run: Path) -> None:
    found = read_captions(scaling_slt_run / RESULTS / "scaling_slt/translate_captions/train.tsv")
    assert set(found["language"]) == {"en", "zh"}
    assert found["origin"].str.startswith("machine:").all()


def test_a_new_clip_is_refused_without_the_models_extractor(
    scaling_slt_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = scaling_slt_run / "resources/tiny/videos/test-00001.mp4"
    model = scaling_slt_run / RESULTS / "scaling_slt"
    with pytest.raises(SystemExit):
        main(["translate", str(video), "--model", str(model), "--language", "en"])
    said = capsys.readouterr().err
    assert "rendered" in said and "--any-extractor" in said
