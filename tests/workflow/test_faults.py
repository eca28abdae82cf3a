"""Faults around a run: a second run, a moved clock or folder, permissions, a lost snakemake.

docs/faults.md has the table of all faults, with the test of each.
"""

import ctypes
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tiny_runs import (
    TARGETS,
    artefacts,
    end_with_jobs,
    jobs_below,
    rules_of,
    snakemake,
    start,
    wait_until,
)

from sign2text.jobs.snakemake_records import record_path

pytestmark = pytest.mark.slow

SCORE = "results/tiny/fla_llm.bleu"
DAY = 24 * 3600


def unmake(folder: Path, *stages: str) -> None:
    """Remove the outputs of these stages of the experiment."""
    for stage in stages:
        shutil.rmtree(folder / "results/tiny/fla_llm" / stage)
    if "score" in stages:
        (folder / SCORE).unlink()


def watched(folder: Path) -> list[Path]:
    """Return the files that rules make."""
    found = [path for path in folder.glob("results/**/*") if path.is_file()]
    return [*found, folder / "resources/tiny/checksums.tsv"]


def test_a_folder_that_was_moved_has_nothing_due(copied: Path) -> None:
    assert "Nothing to be done" in snakemake(copied, "--dry-run", *TARGETS)
    moved = copied.with_name("moved again")
    copied.rename(moved)
    assert "Nothing to be done" in snakemake(moved, "--dry-run", *TARGETS)


def test_the_clock_was_moved_back_a_day(copied: Path, as_made: Path) -> None:
    for path in watched(copied):  # made tomorrow, by their times
        later = path.stat().st_mtime + DAY
        os.utime(path, (later, later))
    assert "Nothing to be done" in snakemake(copied, "--dry-run", *TARGETS)
    beams = ("--config", "datasets={tiny: {stages: {score: {examples: 1}}}}")
    assert rules_of(snakemake(copied, "--dry-run", SCORE, *beams)) == ["score"]
    unmake(copied, "score")
    # Snakemake treats a job as failed, and removes its outputs, if an input is newer than them.
    assert rules_of(snakemake(copied, "--cores", "all", SCORE)) == ["score"]
    assert "Nothing to be done" in snakemake(copied, "--dry-run", *TARGETS)
    assert max(path.stat().st_mtime for path in watched(copied)) <= time.time()
    assert artefacts(copied) == artefacts(as_made)


def test_whatever_the_times_of_files_say_their_content_decides(copied: Path) -> None:
    rng, now = random.Random(1), time.time()
    for path in watched(copied):
        long_ago = now - rng.uniform(0, 900) * DAY
        os.utime(path, (long_ago, long_ago))
    assert "Nothing to be done" in snakemake(copied, "--dry-run", *TARGETS)
    manifest = copied / "results/tiny/common/make_manifest/test.tsv"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("\ttest-00001\t", "\ttest-00001\t"), encoding="utf-8")
    assert "Nothing to be done" in snakemake(copied, "--dry-run", *TARGETS), "written, not changed"
    manifest.write_text(text.replace("am ", "an ", 1), encoding="utf-8")
    due = rules_of(snakemake(copied, "--dry-run", *TARGETS))
    assert "decode" in due and "score" in due and "make_manifest" not in due


def test_what_snakemake_has_not_noted_is_due_where_it_is_not_what_is_wanted(copied: Path) -> None:
    """As after a cluster job outlived its snakemake, which did not record its outputs here."""
    training = "results/tiny/fla_llm/finetune_llm"
    for path in (copied / training).iterdir():
        (copied / record_path(f"{training}/{path.name}")).unlink(missing_ok=True)
    assert "Nothing to be done" in snakemake(copied, "--dry-run", SCORE)
    other = ("--config", "datasets={tiny: {stages: {finetune_llm: {training: {epochs: 3}}}}}")
    said = snakemake(copied, "--dry-run", SCORE, *other)
    assert rules_of(said) == ["finetune_llm", "decode", "score"]
    assert "made otherwise than it would be now (training.epochs: 2 then, 3 now)" in said
    assert "Nothing to be done" in snakemake(copied, "--dry-run", SCORE), "wanted again"
    snakemake(copied, "--touch", "--cores", "1", SCORE, *other)
    for path in watched(copied):  # as by `cp -r` or `dvc pull`
        path.touch()
    assert "Nothing to be done" in snakemake(copied, "--dry-run", SCORE, *other), "noted by hand"
    assert rules_of(snakemake(copied, "--dry-run", SCORE))[0] == "finetune_llm"


def test_two_snakemakes_in_one_folder(copied: Path, as_made: Path) -> None:
    unmake(copied, "decode", "score")
    first = start(copied, "--cores", "all", SCORE)
    wait_until(lambda: "decode" in jobs_below(first))
    second = start(copied, "--cores", "all", SCORE)
    said, _ = second.communicate(timeout=120)
    assert second.returncode != 0
    assert "Directory cannot be locked" in said and "--unlock" in said
    said, _ = first.communicate(timeout=300)
    assert first.returncode == 0, said
    assert artefacts(copied) == artefacts(as_made)
    assert "Nothing to be done" in snakemake(copied, "--dry-run", *TARGETS)


def obey_modes() -> None:
    """Drop the capability that lets root ignore the modes of files."""
    drop, pass_over_modes = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    ctypes.CDLL(None).prctl(drop, pass_over_modes, 0, 0, 0)


def test_results_that_may_not_be_written_to(copied: Path, as_made: Path) -> None:
    unmake(copied, "decode", "score")
    closed = [copied / "results/tiny/fla_llm", copied / "results/tiny"]
    for folder in closed:
        folder.chmod(0o555)
    process = start(copied, "--cores", "all", SCORE, preexec_fn=obey_modes)
    said, _ = process.communicate(timeout=120)
    for folder in closed:
        folder.chmod(0o755)
    assert process.returncode != 0
    assert "Permission denied" in said and "results/tiny/fla_llm/decode" in said
    assert rules_of(snakemake(copied, "--cores", "all", SCORE)) == ["decode", "score"]
    assert artefacts(copied) == artefacts(as_made)


def test_a_folder_of_a_stage_that_may_not_be_written_to(copied: Path) -> None:
    unmake(copied, "score")
    folder = copied / "results/tiny/fla_llm/decode"
    (folder / "test.tsv").rename(folder / "kept.tsv")  # Snakemake removes empty folders
    folder.chmod(0o555)
    process = start(copied, "--cores", "all", SCORE, preexec_fn=obey_modes)
    said, _ = process.communicate(timeout=120)
    folder.chmod(0o755)
    assert process.returncode != 0
    told = "results/tiny/fla_llm/decode/test.tsv: could not be written, Permission denied"
    assert told in said
    assert "Give yourself the right to write in" in said
    assert "Traceback" not in said


LONGER = (
    "--config",
    "datasets={tiny: {stages: {finetune_llm: {training: {epochs: 300}, dev_bleu_every: 300}}}}",
)


@pytest.fixture
def left_behind(copied: Path) -> Iterator[tuple[Path, int]]:
    """Yield a folder in which a training outlives its killed snakemake, and its process."""
    unmake(copied, "decode", "score", "finetune_llm")
    process = start(copied, "--cores", "all", SCORE, *LONGER)
    state = copied / "results/tiny/fla_llm/finetune_llm/state"
    wait_until(lambda: list(state.glob("checkpoint-*")) or process.poll() is not None)
    ((job,),) = [numbers for stage, numbers in jobs_below(process).items()]
    process.kill()
    process.wait()
    assert not has_ended(job)
    snakemake(copied, "--unlock")
    yield copied, job  # its output pipe stays open meanwhile
    if not has_ended(job):
        os.kill(job, signal.SIGKILL)
    process.stdout.close()


def has_ended(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.long
def test_a_training_that_lives_on_is_waited_for_and_its_work_taken_over(
    left_behind: tuple[Path, int],
) -> None:
    folder, job = left_behind
    said = snakemake(folder, "--cores", "all", SCORE, *LONGER)
    assert has_ended(job)
    log = (folder / "logs/tiny/fla_llm/finetune_llm.log").read_text(encoding="utf-8")
    assert f"process {job} on " in said and "Waiting until it has ended" in said
    assert "going on from checkpoint-300" in log, "nothing is trained twice"
    assert rules_of(said) == ["finetune_llm", "decode", "score"]
    assert not list(folder.glob("results/**/checkpoint-*")), "taken over, and cleared"
    assert "Nothing to be done" in snakemake(folder, "--dry-run", SCORE, *LONGER)


@pytest.mark.long
def test_a_training_that_ended_meanwhile_is_taken_over_too(left_behind: tuple[Path, int]) -> None:
    folder, job = left_behind
    model = folder / "results/tiny/fla_llm/finetune_llm/model.safetensors"
    wait_until(lambda: has_ended(job), 300)
    before = model.read_bytes()
    snakemake(folder, "--cores", "all", SCORE, *LONGER)
    log = (folder / "logs/tiny/fla_llm/finetune_llm.log").read_text(encoding="utf-8")
    assert "going on from checkpoint-300" in log
    assert model.read_bytes() == before


@pytest.mark.long
def test_a_training_that_nobody_wants_any_more_is_ended_and_never_passes_for_another(
    left_behind: tuple[Path, int], as_made: Path
) -> None:
    folder, job = left_behind
    process = start(folder, "--cores", "all", SCORE)  # with the earlier settings
    said, _ = process.communicate(timeout=300)
    assert has_ended(job)
    assert f"process {job}, left behind by a run that has ended" in said
    # It had saved its state; the state is neither resumed nor deleted without a request.
    assert process.returncode != 0
    assert "epochs: 300 then, 2 now" in said
    assert not (folder / "results/tiny/fla_llm/finetune_llm/model.safetensors").exists()
    assert "finetune_llm" in rules_of(snakemake(folder, "--dry-run", SCORE))
    shutil.rmtree(folder / "results/tiny/fla_llm/finetune_llm/state")
    snakemake(folder, "--cores", "all", SCORE)
    assert artefacts(folder) == artefacts(as_made)


@pytest.mark.long
def test_sigterm_to_all_saves_first_and_the_same_command_goes_on(copied: Path) -> None:
    unmake(copied, "decode", "score", "finetune_llm")
    process = start(copied, "--cores", "all", SCORE, *LONGER)
    state = copied / "results/tiny/fla_llm/finetune_llm/state"
    wait_until(lambda: list(state.glob("checkpoint-*")) or process.poll() is not None, 300)
    end_with_jobs(process, signal.SIGTERM)
    log = copied / "logs/tiny/fla_llm/finetune_llm.log"
    assert "stopped by SIGTERM; the state was saved" in log.read_text(encoding="utf-8")
    saved = max(int(path.name.split("-")[1]) for path in state.glob("checkpoint-*"))
    snakemake(copied, "--unlock")
    assert rules_of(snakemake(copied, "--cores", "all", SCORE, *LONGER))[0] == "finetune_llm"
    assert f"going on from checkpoint-{saved}" in log.read_text(encoding="utf-8")
    assert json.loads((copied / SCORE).read_text())["checkpoint"]["epoch"] == 300
