"""Killed at random moments, with all its jobs, a run ends with the score of one that was not.

Each run starts from the shared finished folder, less the stages from one on; the same command is
given again after each kill, and the run is killed again, until every stage has been struck.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tiny_runs import artefacts, jobs_below, snakemake, start

from sign2text.config.stages import find_stages

pytestmark = [pytest.mark.slow, pytest.mark.long]

TARGET = "results/tiny/fla_llm.bleu"
# Longer trainings than tiny.yaml's, so that they are struck while they train, not only while they
# load their libraries.
SETTINGS = json.dumps(
    {
        "tiny": {
            "stages": {
                "pretrain_language_model": {"training": {"epochs": 4}},
                "pretrain_frame_encoder": {"training": {"epochs": 4}},
                "visual_init": {"training": {"epochs": 30}},
                "finetune_llm": {"training": {"epochs": 40}, "dev_bleu_every": 10},
            }
        }
    }
)
LONGER = ("--config", f"datasets={SETTINGS}")
PLACES = {
    "synthesize_avatar": "resources/tiny",
    "make_manifest": "results/tiny/common/make_manifest",
    "check_corpus": "results/tiny/common/check_corpus",
    "train_tokenizer": "results/tiny/common/train_tokenizer",
    "sample_frames": "results/tiny/common/sample_frames",
    "pretrain_language_model": "results/tiny/common/pretrain_language_model",
    "pretrain_frame_encoder": "results/tiny/common/pretrain_frame_encoder",
    "encode_frames": "results/tiny/common/encode_frames",
    "visual_init": "results/tiny/fla_llm/visual_init",
    "extract_features": "results/tiny/fla_llm/extract_features",
    "finetune_llm": "results/tiny/fla_llm/finetune_llm",
    "decode": "results/tiny/fla_llm/decode",
    "score": "results/tiny/fla_llm/score",
}
STAGES = tuple(PLACES)
PAGES = {
    "compare": "results/tiny/comparisons/controls/compare.html",
    "report_translations": "results/tiny/comparisons/controls/translations.html",
    "report_norms": "results/tiny/comparisons/controls/norms.html",
    "tabulate": "results/tiny/tables/fla_llm_1.html",
    "summarise": "results/tiny/tables/fla_llm.html",
    "report_training": "results/tiny/fla_llm/training.html",
}
ELSEWHERE = {
    "acquire_corpus": "test_acquire_corpus.py::test_killed_fetch_goes_on_from_the_command_line",
    "fetch_model": "test_fetch_model.py::test_a_killed_fetch_is_resumed_by_the_next_one",
    "synthesize_classes": "test_synthesize_classes.py::"
    "test_a_killed_rendering_goes_on_and_other_settings_start_afresh",
}
"""Stages that the tiny avatar has no use for: the test, below tests/unit, that kills each."""
# Each run: its targets, what is removed before it, and the stages that are to be struck.
RUNS = {
    "from the start": ((TARGET,), STAGES, STAGES),
    "the trainings again": (
        (TARGET,),
        STAGES[STAGES.index("visual_init") :],
        ("visual_init", "extract_features", "finetune_llm"),
    ),
    "fine-tuning": (
        (TARGET,),
        STAGES[STAGES.index("finetune_llm") :],
        ("finetune_llm", "finetune_llm", "decode", "score"),
    ),
    "the pages": (tuple(PAGES.values()), tuple(PAGES), tuple(PAGES)),
}
KILLS = sum(len(struck) for *_, struck in RUNS.values())


@pytest.fixture(scope="module")
def finished(as_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(as_made, tmp_path_factory.mktemp("longer") / "finished"))
    snakemake(folder, "--cores", "all", TARGET, *PAGES.values(), *LONGER)
    return folder


def seconds_of(folder: Path) -> dict[str, float]:
    """How long a job of each stage worked."""
    found: dict[str, float] = {}
    for path in folder.glob("re*/tiny/**/*.provenance.json"):
        made = json.loads(path.read_text(encoding="utf-8"))
        found[made["stage"]] = made["seconds"]
    return found


def remove(folder: Path, stages: Sequence[str]) -> None:
    """Remove what these stages made, and the score with what it depends on."""
    for stage in stages:
        if stage in PAGES:
            (folder / PAGES[stage]).unlink(missing_ok=True)
        else:
            shutil.rmtree(folder / PLACES[stage], ignore_errors=True)
            (folder / TARGET).unlink(missing_ok=True)


def at_work(process: subprocess.Popen[str], aims: Sequence[str]) -> str | None:
    """Wait until one of these stages is at work; None when the run ends, well, without."""
    while process.poll() is None:
        if found := [stage for stage in aims if stage in jobs_below(process)]:
            return found[0]
        time.sleep(0.1)
    said = process.stdout.read()
    assert process.returncode == 0, said
    return None


def strike(process: subprocess.Popen[str], folder: Path) -> list[str]:
    """Kill the whole tree; returns the stages that were at work."""
    struck = sorted(jobs_below(process))
    os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    while jobs_below(process):
        time.sleep(0.1)
    for lock in (folder / ".snakemake/locks").glob("*"):  # none where it has just ended
        lock.unlink()  # what --unlock does, in a thousandth of the time
    return struck


def killed_run(
    finished: Path,
    folder: Path,
    targets: Sequence[str],
    removed: Sequence[str],
    aims: Sequence[str],
    seed: str,
) -> list[tuple[str, float, list[str]]]:
    """Go through a run that is killed as often as `aims` says, in each of these stages.

    A moment lies anywhere between a stage's start and a second after its usual end: while it works,
    notes what it made, and Snakemake notes that it has ended.
    Returns the kills: aimed at which stage, seconds after it had begun, and what was struck.
    """
    shutil.copytree(finished, folder)
    remove(folder, removed)
    rng, seconds, kills, left = random.Random(seed), seconds_of(finished), [], list(aims)
    while left or len(kills) < len(aims):
        process = start(folder, "--cores", "all", *targets, *LONGER)
        aim = at_work(process, left or aims)
        if aim is None:  # it ran beside another one that was aimed at, or had ended: once more
            again = removed[removed.index(left[0]) :] if left else removed
            remove(folder, again)
            continue
        delay = rng.uniform(0, seconds[aim] + 4)  # it loads its libraries for some seconds
        time.sleep(delay)
        struck = strike(process, folder)
        kills.append((aim, round(delay, 2), struck))
        for stage in struck:
            if stage in left:
                left.remove(stage)
    snakemake(folder, "--cores", "all", *targets, *LONGER)
    return kills


def test_every_stage_is_struck() -> None:
    # MMTLB's are not part of the tiny avatar's run. Their trainings run on the loop that is struck
    # here; none of the stages themselves was yet.
    others = {name for name, stage in find_stages().items() if stage.scope == "mmtlb"}
    assert sorted([*PLACES, *PAGES, *ELSEWHERE]) == sorted(find_stages().keys() - others)
    for place in ELSEWHERE.values():
        path, _, name = place.partition("::")
        text = (Path(__file__).parents[1] / "unit" / path).read_text(encoding="utf-8")
        assert f"def {name}(" in text


def test_killed_at_random_moments_in_every_stage_it_gives_the_undisturbed_score(
    finished: Path, tmp_path: Path
) -> None:
    seed = os.environ.get("SIGN2TEXT_KILLS") or str(random.SystemRandom().randrange(10**6))
    print(f"SIGN2TEXT_KILLS={seed} gives these moments again")
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(killed_run, finished, tmp_path / name, *plan, f"{seed} {name}")
            for name, plan in RUNS.items()
        ]
        kills = [run.result() for run in runs]
    for each in kills:
        print(*each, sep="\n")
    wanted = artefacts(finished)
    for name in RUNS:
        found = artefacts(tmp_path / name)
        assert found[TARGET] == wanted[TARGET]
        differ = {path for path in wanted.keys() | found if found.get(path) != wanted.get(path)}
        assert differ - {PAGES["report_training"]} == set(), name  # it says how long stages took
    assert sum(map(len, kills)) >= KILLS == 26
    struck = {stage for run in kills for _, _, struck in run for stage in struck}
    assert struck == {*STAGES, *PAGES}
