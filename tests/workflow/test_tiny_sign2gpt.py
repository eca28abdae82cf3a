"""Sign2GPT through the workflow: from annotated sentences to pseudo-glosses, sentences, scores."""

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).parent))
from clones import published_and_pulled
from tiny_runs import SIGN2GPT, SIGN2GPT_TARGETS, rules_of, snakemake

from sign2text.commands.main import main
from sign2text.commands.translate import ClipTranslator
from sign2text.data.manifest import read_table
from sign2text.text.pseudo_glosses import read_vocabulary

pytestmark = pytest.mark.long

RESULTS = Path("results/tiny")
MODEL = RESULTS / "sign2gpt/adapt_language_model"
NEW = ("annotate_text", "train_tagger", "generate_pseudo_glosses", "embed_pseudo_glosses")


@pytest.fixture(scope="module")
def folder(sign2gpt_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished folder with a table, and the pages of an experiment."""
    folder = Path(shutil.copytree(sign2gpt_run, tmp_path_factory.mktemp("pages") / "sign2gpt"))
    pages = (RESULTS / "tables/sign2gpt_2.html", RESULTS / "sign2gpt/training.html")
    clips = RESULTS / "comparisons/controls/translations.html"
    targets = map(str, (*SIGN2GPT_TARGETS, *pages, clips))
    snakemake(folder, *SIGN2GPT, "--cores", "2", *targets)
    return folder


def planned_rules(folder: Path, *targets: str) -> set[str]:
    return set(rules_of(snakemake(folder, *SIGN2GPT, "--dry-run", *targets)))


def decoded(folder: Path, name: str) -> pd.DataFrame:
    return read_table(folder / RESULTS / name / "decode/test.tsv")


def test_nothing_is_left_to_do(folder: Path) -> None:
    assert planned_rules(folder, *SIGN2GPT_TARGETS) == set()


def test_a_further_seed_shares_language_model_frame_encoder_and_pseudo_glosses(
    folder: Path,
) -> None:
    assert planned_rules(folder, "results/tiny/sign2gpt-seed2.bleu") == {
        "pretrain_prototypes",
        "adapt_language_model",
        "decode",
        "score",
    }


def test_without_pretraining_neither_spacy_nor_vectors_are_in_the_graph(tmp_path: Path) -> None:
    made = planned_rules(tmp_path, "results/tiny/sign2gpt_without_pgp.bleu")
    assert {"pretrain_prototypes", "adapt_language_model"} <= made
    assert made.isdisjoint((*NEW, "encode_frames", "extract_features"))


def test_what_was_not_pretrained_has_no_prototypes(folder: Path) -> None:
    pretrained, untrained = (
        json.loads((folder / RESULTS / name / "pretrain_prototypes/config.json").read_text())
        for name in ("sign2gpt", "sign2gpt_without_pgp")
    )
    pseudo_glosses = folder / RESULTS / "sign2gpt/generate_pseudo_glosses/vocabulary.tsv"
    assert pretrained["pseudo_glosses"] == read_vocabulary(pseudo_glosses).words
    assert untrained["pseudo_glosses"] == []


def test_pseudo_glosses_are_scored_at_every_threshold_and_in_time(folder: Path) -> None:
    path = folder / RESULTS / "sign2gpt/score_pseudo_glosses/scores.json"
    scores = json.loads(path.read_text(encoding="utf-8"))
    for split, clips in (("dev", 3), ("test", 5)):
        found = scores[split]
        assert found["clips"] == clips
        recalls = [each["recall"] for each in found["quality"]]
        assert len(recalls) == 19 and recalls == sorted(recalls, reverse=True)
        assert "localisation" in found
    words = read_vocabulary(path.parents[1] / "generate_pseudo_glosses/vocabulary.tsv").words
    assert {each["pseudo_gloss"] for each in scores["signs"]} <= set(words)


def test_the_translators_folder_holds_what_was_trained_and_names_the_frozen_parts(
    folder: Path,
) -> None:
    parts = json.loads((folder / MODEL / "config.json").read_text())["frozen_parts"]
    owner = RESULTS / "sign2gpt"
    assert {each["place"] for each in parts.values()} == {
        (owner / "pretrain_language_model").as_posix(),
        (owner / "pretrain_frame_encoder").as_posix(),
    }
    with safe_open(folder / MODEL / "model.safetensors", framework="pt") as weights:
        own = set(weights.keys())
    assert any(name.endswith(".gate") for name in own)
    for prefix, part in parts.items():
        data = (folder / part["place"] / "model.safetensors").read_bytes()
        assert hashlib.sha256(data).hexdigest() == part["sha256"]
        with safe_open(folder / part["place"] / "model.safetensors", framework="pt") as weights:
            frozen = {f"{prefix}.{name}" for name in weights.keys()}  # noqa: SIM118
        # Buffers are written with what was trained.
        assert {name.rpartition(".")[2] for name in own & frozen} <= {"scale", "shift"}, prefix


def test_every_variant_is_decoded_and_the_control_reads_other_videos(folder: Path) -> None:
    for name in ("sign2gpt", "sign2gpt_without_pgp", "sign2gpt_z", "sign2gpt_stored"):
        assert len(decoded(folder, name)) == 5, name
    blind = decoded(folder, "sign2gpt_blind")
    assert (blind["id"] != blind["video"]).all() and blind["run"].nunique() == 2


@pytest.mark.parametrize("name", ["sign2gpt", "sign2gpt_z", "sign2gpt_stored"])
def test_a_clip_is_translated_as_it_was_decoded(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(folder)
    translator = ClipTranslator(RESULTS / name)
    for row in decoded(folder, name).to_dict("records"):
        video = Path(f"resources/tiny/videos/{row['id']}.mp4")
        (found,) = translator.translate(video, beams=2, max_new_tokens=12)
        assert found[0] == row["hypothesis"]
        assert found[1] == pytest.approx(float(row["score"]), abs=2e-4)


def test_the_exported_folder_translates_alone(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    row = decoded(folder, "sign2gpt").iloc[0]
    clip = f"resources/tiny/videos/{row['id']}.mp4"
    search = ("--beams", "2", "--max-new-tokens", "12", "--json")
    main(["translate", clip, "--model", str(RESULTS / "sign2gpt"), *search])
    (said,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert said["hypotheses"][0]["text"] == row["hypothesis"]
    whole = tmp_path / "stick/whole"
    main(["export", str(RESULTS / "sign2gpt"), str(whole)])
    assert f"holds all of the model in {MODEL}" in capsys.readouterr().out
    shutil.copy(clip, tmp_path / "clip.mp4")
    monkeypatch.chdir(tmp_path)
    main(["translate", "clip.mp4", "--model", str(whole), *search])
    (alone,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert alone["hypotheses"] == said["hypotheses"]


def test_the_table_has_ours_beside_published_numbers(folder: Path) -> None:
    table = pd.read_csv(folder / RESULTS / "tables/sign2gpt_2.csv", dtype=str)
    assert len(table[table["ours_bleu4"].notna()]) == 3


def test_the_page_has_a_curve_of_each_training(folder: Path) -> None:
    page = (folder / RESULTS / "sign2gpt/training.html").read_text(encoding="utf-8")
    assert re.findall(r"<h3>(\w+)</h3>", page) == [
        "pretrain_language_model",
        "pretrain_frame_encoder",
        "pretrain_prototypes",
        "adapt_language_model",
    ]
    assert page.count("<figcaption>Loss<") == 4


def test_pulled_in_a_clone_nothing_is_due_and_clips_are_translated(
    sign2gpt_run: Path, tmp_path: Path
) -> None:
    score = "results/tiny/sign2gpt.bleu"
    folder, clone, pulled = published_and_pulled(
        sign2gpt_run, "tiny_sign2gpt.yaml", score, tmp_path
    )
    for stage in ("pretrain_language_model", "pretrain_frame_encoder", MODEL.name):
        assert f"results/tiny/sign2gpt/{stage}/model.safetensors" in pulled
    row = decoded(folder, "sign2gpt").iloc[0]
    clip = folder / f"resources/tiny/videos/{row['id']}.mp4"
    translate = ("translate", str(clip), "--model", "results/tiny/sign2gpt", "--json")
    said = clone.sign2text(*translate, "--beams", "2", "--max-new-tokens", "12")
    assert json.loads(said.splitlines()[-1])["hypotheses"][0]["text"] == row["hypothesis"]
    # Another pipeline makes due what follows from pseudo-glosses, and no frozen part.
    path = clone.folder / "config.yaml"
    path.write_text(path.read_text().replace("sentences: 60", "sentences: 61"))
    due = set(clone.due(score))
    assert {*NEW, "pretrain_prototypes", "adapt_language_model", "decode", "score"} <= due
    assert due.isdisjoint({"pretrain_language_model", "pretrain_frame_encoder", "sample_frames"})
