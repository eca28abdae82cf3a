"""MMTLB through the workflow: from corpora of classes to glosses, sentences and scores."""

import json
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from clones import published_and_pulled
from tiny_runs import MMTLB, MMTLB_TARGETS, rules_of, snakemake

from sign2text.data.manifest import read_table

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(mmtlb_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished folder with a table, and the pages of an experiment."""
    folder = Path(shutil.copytree(mmtlb_run, tmp_path_factory.mktemp("pages") / "mmtlb"))
    pages = ("results/tiny/tables/mmtlb_6.html", "results/tiny/mmtlb/training.html")
    clips = "results/tiny/comparisons/controls/translations.html"
    snakemake(folder, *MMTLB, "--cores", "2", *MMTLB_TARGETS, *pages, clips)
    return folder


def scores(folder: Path, name: str) -> dict:
    return json.loads((folder / f"results/tiny/{name}.bleu").read_text(encoding="utf-8"))


def test_nothing_is_left_to_do(folder: Path) -> None:
    assert "Nothing to be done" in snakemake(folder, *MMTLB, "--dry-run", *MMTLB_TARGETS)


def test_what_the_recogniser_found_is_scored_and_translated(folder: Path) -> None:
    joint = scores(folder, "mmtlb")["scores"]["all"]
    cascade = scores(folder, "mmtlb_sign2gloss2text")["scores"]["all"]
    assert 0 <= joint["bleu4"] <= 100 and joint["wer"] >= 0
    assert joint["wer_recogniser"] == cascade["wer_recogniser"]
    assert "wer" not in cascade, "it translates glosses and writes none"
    assert "wer" not in scores(folder, "mmtlb_gloss2text")["scores"]["all"]
    glosses = read_table(folder / "results/tiny/mmtlb/recognise_glosses/test.tsv")
    assert len(glosses) == 5


def test_decoding_writes_glosses_and_sentences_in_one_table(folder: Path) -> None:
    for name in ("mmtlb", "mmtlb_blind", "mmtlb_through_s3d"):
        table = read_table(folder / f"results/tiny/{name}/decode/test.tsv")
        assert {"gloss", "hypothesis"} <= set(table.columns), name
    blind = read_table(folder / "results/tiny/mmtlb_blind/decode/test.tsv")
    assert (blind["id"] != blind["video"]).all() and blind["run"].nunique() == 2


def test_the_table_has_ours_beside_published_numbers(folder: Path) -> None:
    table = pd.read_csv(folder / "results/tiny/tables/mmtlb_6.csv", dtype=str)
    ours = table[table["ours_bleu4"].notna()]
    assert len(ours) == 3


def test_a_further_seed_shares_the_pretraining(folder: Path) -> None:
    said = snakemake(folder, *MMTLB, "--dry-run", "results/tiny/mmtlb-seed2.bleu")
    made = rules_of(said)
    assert "pretrain_s3d" not in made and "synthesize_classes" not in made
    assert {"train_sign2gloss", "train_gloss2text", "train_sign2text"} <= set(made)


def test_pulled_in_a_clone_nothing_is_due(mmtlb_run: Path, tmp_path: Path) -> None:
    score = "results/tiny/mmtlb.bleu"
    _, clone, pulled = published_and_pulled(mmtlb_run, "tiny_mmtlb.yaml", score, tmp_path)
    for name in ("tiny_actions", "tiny_isolated"):
        assert f"results/{name}/mmtlb/pretrain_s3d/model.safetensors" in pulled
        assert f"resources/{name}/checksums.tsv" in pulled
    assert not [name for name in pulled if name.endswith(".mp4")]
    assert "All as configured now." in clone.sign2text("explain", score)
    # A setting of the pretraining makes due all that follows from it, and nothing of glosses alone.
    path = clone.folder / "config.yaml"
    path.write_text(path.read_text().replace("after: tiny_actions", "after: null"))
    due = clone.due(score)
    assert {"pretrain_s3d", "train_sign2gloss", "train_sign2text", "decode", "score"} <= set(due)
    assert not {"train_gloss2text", "synthesize_classes", "pretrain_language_model"} & set(due)
