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

pytestmark = [pytest.mark.slow, pytest.mark.long]

TARGET = "results/tiny/fla_llm.bleu"
# Longer trainings than tiny.yaml's, so that they are struck while they train, not only while they
# load their libraries.
SETTINGS = json.dumps(
    {
        "tiny": {
            "stages": {
                "pretrain_language_model": {"epochs": 4},
                "pretrain_frame_encoder": {"epochs": 4},
                "visual_init": {"epochs": 30},
                "finetune_llm": {"epochs": 40, "dev_bleu_every": 10},
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
# Each run: the stage from which on all is removed, and the stages that are to be struck.
RUNS = {
    "from the start": ("synthesize_avatar", STAGES),
    "the trainings again": ("visual_init", ("visual_init", "extract_features", "finetune_llm")),
    "fine-tuning": ("finetune_llm", ("finetune_llm", "finetune_llm", "decode", "score")),
}
KILLS = sum(len(struck) for _, struck in RUNS.values())


@pytest.fixture(scope="module")
def finished(as_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(as_made, tmp_path_factory.mktemp("longer") / "finished"))
    snakemake(folder, "--cores", "all", TARGET, *LONGER)
    return folder


def seconds_of(folder: Path) -> dict[str, float]:
    """How long a job of each stage took, by Snakemake's benchmarks."""
    found: dict[str, float] = {}
    for path in (folder / "logs/tiny").rglob("*.benchmark.tsv"):
        value = float(path.read_text().splitlines()[1].split("\t")[0])
        stage = path.name.partition(".")[0]
        found[stage if stage in PLACES else path.parent.name] = value
    return found


def copy_without(finished: Path, folder: Path, first: str) -> None:
    """The finished folder less what the stages from `first` on made."""
    shutil.copytree(finished, folder)
    remove_from(folder, first)


def remove_from(folder: Path, first: str) -> None:
    """Remove what the stages from `first` on made."""
    for stage in STAGES[STAGES.index(first) :]:
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
    for lock in (folder / ".snakemake/locks").iterdir():
        lock.unlink()  # what --unlock does, in a thousandth of the time
    return struck


def killed_run(
    finished: Path, folder: Path, first: str, aims: Sequence[str], seed: str
) -> list[tuple[str, float, list[str]]]:
    """Go through a run that is killed as often as `aims` says, in each of these stages.

    Returns the kills: aimed at which stage, seconds after it had begun, and what was struck.
    """
    copy_without(finished, folder, first)
    rng, seconds, kills, left = random.Random(seed), seconds_of(finished), [], list(aims)
    while left or len(kills) < len(aims):
        process = start(folder, "--cores", "all", TARGET, *LONGER)
        aim = at_work(process, left or STAGES)
        if aim is None:  # it ran beside another one that was aimed at: once more
            remove_from(folder, left[0] if left else first)
            continue
        delay = rng.uniform(0, 0.7 * seconds[aim])
        time.sleep(delay)
        struck = strike(process, folder)
        kills.append((aim, round(delay, 2), struck))
        for stage in struck:
            if stage in left:
                left.remove(stage)
    snakemake(folder, "--cores", "all", TARGET, *LONGER)
    return kills


def test_killed_at_twenty_random_moments_it_gives_the_undisturbed_score(
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
        assert differ == set(), name
    assert sum(map(len, kills)) >= KILLS == 20
    assert {stage for run in kills for _, _, struck in run for stage in struck} == set(STAGES)
