"""The whole workflow on a tiny avatar: from rendering to score, ended in the middle, and again."""

import hashlib
import json
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sign2text.training.history import chosen_checkpoint

sys.path.insert(0, str(Path(__file__).parent))
from tiny_runs import ROOT, TARGETS, end_with_jobs, rules_of, snakemake, start

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workflow(tiny_run: tuple[Path, str]) -> tuple[Path, str]:
    """A folder with everything made, and what the run said; it was killed once on the way."""
    return tiny_run


def test_scores_are_made_by_each_rule_once(workflow: tuple[Path, str]) -> None:
    folder, said = workflow
    assert sorted(rules_of(said)) == sorted(
        ["synthesize_avatar", "make_manifest", "check_corpus"]
        + ["train_tokenizer", "pretrain_language_model"]
        + ["pretrain_frame_encoder", "visual_init", "finetune_llm"]
        + 2 * ["decode", "score"]
        + 3 * ["sample_frames", "encode_frames", "extract_features"]
    )
    read, blind = (json.loads((folder / target).read_text(encoding="utf-8")) for target in TARGETS)
    assert read["scores"]["all"]["clips"] == 5
    assert 0 <= read["scores"]["all"]["bleu4"] <= 100
    assert blind["scores"]["all"]["runs"] == 2
    low, high = blind["scores"]["all"]["bleu4_range"]
    assert low <= blind["scores"]["all"]["bleu4"] <= high


def test_a_killed_run_left_nothing_half_written(workflow: tuple[Path, str]) -> None:
    folder, _ = workflow
    corpus = folder / "resources/tiny"
    header, *rows = (corpus / "checksums.tsv").read_text(encoding="utf-8").splitlines()
    assert header.split("\t") == ["path", "bytes", "sha256"]
    assert sum(row.startswith("videos/") for row in rows) == 20
    for row in rows:
        name, size, digest = row.split("\t")
        content = (corpus / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (int(size), digest)
    left = [path for path in folder.rglob("*.partial*") if ".snakemake" not in path.parts]
    assert left == []
    assert [path for path in folder.rglob("*.lock") if ".snakemake" not in path.parts] == []


def test_second_run_says_nothing_to_be_done(workflow: tuple[Path, str]) -> None:
    folder, _ = workflow
    assert "Nothing to be done" in snakemake(folder, "--cores", "all", *TARGETS)


def test_no_artefact_names_this_machine(workflow: tuple[Path, str]) -> None:
    folder, _ = workflow
    shared = [*folder.glob("results/**/*.*"), *folder.glob("resources/**/*.tsv")]
    assert len(shared) > 20
    for path in shared:
        if path.is_file() and "state" not in path.parts:
            assert str(folder).encode() not in path.read_bytes(), path


def test_logs_are_written_by_the_stages(workflow: tuple[Path, str]) -> None:
    folder, _ = workflow
    logs = {str(path.relative_to(folder / "logs/tiny")) for path in folder.rglob("logs/**/*.log")}
    assert {"synthesize_avatar.log", "common/sample_frames/dev.log"} <= logs
    assert {"fla_llm/visual_init.log", "fla_llm_blind/decode/test.log"} <= logs
    for path in folder.rglob("logs/**/*.log"):
        assert path.read_text(encoding="utf-8").strip(), f"{path} is empty"


ABLATIONS = ("fla_llm_joint", "fla_llm_lfs_only", "fla_llm_vis_only", "fla_llm_hidden_states")


@pytest.mark.long
def test_ablations_are_scored_and_translate_as_they_were_decoded(
    workflow: tuple[Path, str],
) -> None:
    from sign2text.commands.translate import ClipTranslator

    folder, _ = workflow
    targets = [f"results/tiny/{name}.bleu" for name in ABLATIONS]
    said = snakemake(folder, "--cores", "all", "--resources", "gpu=2", "--", *targets)
    assert Counter(rules_of(said)) == {
        "visual_init": 2,  # those of no epoch
        "extract_features": 2 * 3,
        "finetune_llm": 3,
        "decode": 4,
        "score": 4,
    }
    for name in ABLATIONS:
        results = folder / "results/tiny" / name
        model, kept = results / "finetune_llm", {"epoch": 1.0}
        if name == "fla_llm_vis_only":
            model = folder / "results/tiny/fla_llm/visual_init"
        score = json.loads(results.with_suffix(".bleu").read_text(encoding="utf-8"))
        assert score["checkpoint"].items() >= kept.items()
        translator = ClipTranslator(model)
        rows = (results / "decode/test.tsv").read_text(encoding="utf-8").splitlines()
        header, *lines = (line.split("\t") for line in rows)
        assert len(lines) == 5
        for row in (dict(zip(header, line, strict=True)) for line in lines):
            video = folder / f"resources/tiny/videos/{row['id']}.mp4"
            (found,) = translator.translate(video, beams=2, max_new_tokens=12)
            assert found[0] == row["hypothesis"]
            assert found[1] == pytest.approx(float(row["score"]), abs=2e-4)


@pytest.fixture(scope="module")
def report(workflow: tuple[Path, str]) -> Path:
    """The folder of the report, as `make report` makes it."""
    folder, _ = workflow
    snakemake(folder, "--cores", "all", "report_pages")
    snakemake(folder, "--report", str(folder / "report.zip"), "report_pages")
    shutil.unpack_archive(folder / "report.zip", folder)
    return folder / "report"


def test_the_report_holds_the_pages_and_nothing_of_this_machine(
    workflow: tuple[Path, str], report: Path
) -> None:
    folder, _ = workflow
    pages = {path.name for path in report.glob("data/raw/*/*")}
    assert pages >= {
        "report.html",
        "compare.html",
        "translations.html",
        "fla_llm_1.html",
        "fla_llm.html",
        "training.html",
    }
    for path in report.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert str(folder) not in text and str(ROOT) not in text, path
    made = folder / "results/tiny/comparisons/controls/translations.html"
    (shown,) = report.glob("data/raw/*/translations.html")
    assert shown.read_bytes() == made.read_bytes()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_no_page_sticks_out_or_asks_for_anything(
    report: Path, open_page: Callable[..., Any], width: int, scheme: str
) -> None:
    for path in sorted(report.glob("data/raw/*/*.html")):
        page = open_page(path, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width, path.name
        assert page.locator("h1").count() == 1, path.name


def test_the_report_opens_each_page_and_plays_its_clips(
    report: Path, open_page: Callable[..., Any]
) -> None:
    page = open_page(report / "report.html", report=True)
    for category in ("Corpora", "Comparisons", "Tables", "Training", "Translations"):
        page.reload()
        page.locator("nav").get_by_text(category, exact=True).click()
        page.locator("nav td a").first.click()
        page.frame_locator("iframe").locator("h1").wait_for()
    card = page.frame_locator("iframe").locator("article").first
    card.hover()
    playing = "() => document.querySelector('video').currentTime > 0.2"
    page.frames[-1].wait_for_function(playing)


def test_page_of_the_trainings_has_their_curves_and_the_times_of_all_stages(
    workflow: tuple[Path, str],
) -> None:
    folder, _ = workflow
    target = "results/tiny/fla_llm_blind/training.html"
    assert rules_of(snakemake(folder, "--cores", "all", target)) == ["report_training"]
    page = (folder / target).read_text(encoding="utf-8")
    stages = re.findall(r"<h3>(\w+)</h3>", page)
    assert stages == [
        "pretrain_language_model",
        "pretrain_frame_encoder",
        "visual_init",
        "finetune_llm",
    ]
    assert page.count("<figcaption>Loss<") == 4
    chosen = chosen_checkpoint(folder / "results/tiny/fla_llm/finetune_llm/history.tsv")
    assert chosen["epoch"] in (1, 2) and chosen["dev_bleu4"] is not None
    assert page.count(f"kept: epoch {chosen['epoch']:g}, ") == 1
    table = page[page.index("<tbody>") :]
    assert table.count("<tr>") == 14  # 13 stages and their sum
    wall_times = re.findall(r"<td>\d+</td><td>(.*?)</td>", table)
    assert len(wall_times) == 14 and "–" not in wall_times
    for owner, stage in (
        ("common", "pretrain_language_model"),
        ("common", "pretrain_frame_encoder"),
        ("fla_llm", "visual_init"),
    ):
        history = folder / f"results/tiny/{owner}/{stage}/history.tsv"
        assert chosen_checkpoint(history)["epoch"] == 1
    assert "Nothing to be done" in snakemake(folder, "--cores", "all", target)


@pytest.mark.long
def test_a_killed_stage_is_not_taken_for_finished(workflow: tuple[Path, str]) -> None:
    folder, _ = workflow
    model = folder / "results/tiny/fla_llm/finetune_llm/model.safetensors"
    before, state = model.read_bytes(), model.parent / "state"
    longer = ("--config", "datasets={tiny: {stages: {finetune_llm: {training: {epochs: 900}}}}}")
    process = start(folder, "--cores", "all", *TARGETS, *longer)
    for _ in range(1200):
        if process.poll() is not None or list(state.glob("checkpoint-*")):
            break
        time.sleep(0.05)
    end_with_jobs(process, signal.SIGTERM)
    assert not model.exists()
    assert list(state.glob("checkpoint-*")), "what was done is kept"
    snakemake(folder, "--unlock")
    assert "finetune_llm" in rules_of(snakemake(folder, "--dry-run", *TARGETS, *longer))
    # With the settings of before, what other ones had begun is not gone on with.
    again = ("--cores", "all", str(model.relative_to(folder)))
    process = start(folder, *again)
    said, _ = process.communicate()
    assert process.returncode != 0
    assert "epochs: 900 then, 2 now" in said
    # Without it: made anew, the same to the bit.
    shutil.rmtree(state)
    assert rules_of(snakemake(folder, *again)) == ["finetune_llm"]
    assert model.read_bytes() == before
