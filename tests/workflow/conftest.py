"""One finished run of the tiny workflow, for all tests that start from one."""

import fcntl
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import dag
from tiny_runs import (
    MMTLB,
    MMTLB_TARGETS,
    SCALING_SLT,
    SCALING_SLT_TARGETS,
    SIGN2GPT,
    SIGN2GPT_TARGETS,
    TARGETS,
    end_with_jobs,
    rules_of,
    snakemake,
    start,
)


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], str]
) -> tuple[Path, str]:
    """A folder and what `make` said of it, made by the first process of pytest that asks."""
    root = factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    said = root / f"{name}.txt"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            shutil.rmtree(root / name, ignore_errors=True)  # of one that failed
            (root / name).mkdir()
            said.write_text(make(root / name), encoding="utf-8")
    return root / name, said.read_text(encoding="utf-8")


def make_tiny(folder: Path) -> str:
    """Run the tiny workflow, which is killed once on the way."""
    videos = folder / "resources/tiny/videos"
    process = start(folder, "--cores", "all", *TARGETS)
    for _ in range(1200):
        # While videos are written, so that some are whole and some are not.
        if process.poll() is not None or len(list(videos.glob("[!.]*.mp4"))) >= 2:
            break
        time.sleep(0.05)
    end_with_jobs(process, signal.SIGKILL)
    assert not (folder / "resources/tiny/checksums.tsv").exists()
    snakemake(folder, "--unlock")
    return snakemake(folder, "--cores", "all", *TARGETS)


@pytest.fixture(scope="session")
def as_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything made, that no test changes."""
    return made_once(tmp_path_factory, "tiny", make_tiny)[0]


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with everything made, and what the run said; it was killed once on the way."""
    folder, said = made_once(tmp_path_factory, "tiny", make_tiny)
    return Path(shutil.copytree(folder, tmp_path_factory.mktemp("own") / "tiny")), said


@pytest.fixture(scope="session")
def mmtlb_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that tiny_mmtlb.yaml makes of MMTLB; no test changes what is there."""
    folder, said = made_once(tmp_path_factory, "mmtlb", make_mmtlb)
    made = rules_of(said)
    assert made.count("pretrain_s3d") == 2, "of actions and of isolated signs, once for all"
    assert made.count("train_sign2gloss") == made.count("train_gloss2text") == 1
    assert made.count("train_sign2text") == 2
    return folder


def make_mmtlb(folder: Path) -> str:
    return snakemake(folder, *MMTLB, "--cores", "2", *MMTLB_TARGETS)


@pytest.fixture(scope="session")
def sign2gpt_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that tiny_sign2gpt.yaml makes; no test changes what is there."""
    folder, said = made_once(tmp_path_factory, "sign2gpt", make_sign2gpt)
    made = rules_of(said)
    for stage in ("annotate_text", "train_tagger", "generate_pseudo_glosses"):
        assert made.count(stage) == 1, stage
    # With increments, without pretraining, on stored features; the fourth translator reads Z.
    assert made.count("pretrain_prototypes") == 3 and made.count("adapt_language_model") == 4
    assert made.count("extract_features") == 3 and made.count("encode_frames") == 2
    return folder


def make_sign2gpt(folder: Path) -> str:
    return snakemake(folder, *SIGN2GPT, "--cores", "2", *SIGN2GPT_TARGETS)


@pytest.fixture(scope="session")
def scaling_slt_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that tiny_scaling_slt.yaml makes; no test changes what is there."""
    folder, said = made_once(tmp_path_factory, "scaling_slt", make_scaling_slt)
    made = rules_of(said)
    for stage in ("train_tokenizer", "pretrain_mt", "translate_captions"):
        assert made.count(stage) == 1, stage
    # Of two sign languages; of the second one train and dev.
    assert made.count("make_captions") == 2 and made.count("extract_landmarks") == 5
    assert made.count("pretrain_tasks") == 3 and made.count("finetune_tasks") == 2
    return folder


def make_scaling_slt(folder: Path) -> str:
    return snakemake(folder, *SCALING_SLT, "--cores", "2", *SCALING_SLT_TARGETS)


@pytest.fixture
def copied(as_made: Path, tmp_path: Path) -> Path:
    """A copy of the finished folder, at another place, to do harm to."""
    return Path(shutil.copytree(as_made, tmp_path / "copy"))


@pytest.fixture(scope="session")
def dry_run(tmp_path_factory: pytest.TempPathFactory) -> str:
    done = dag.snakemake(tmp_path_factory.mktemp("empty"), "--dry-run", *dag.BOTH)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, dry_run: str) -> Path:
    """A folder in which the workflow takes all for made: empty files, with Snakemake's records."""
    folder = tmp_path_factory.mktemp("finished")
    for outputs in re.findall(r"^    output: (.+)$", dry_run, re.MULTILINE):
        for name in outputs.split(", "):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    done = dag.snakemake(folder, "--touch", "--forceall", "--cores", "1", *dag.BOTH)
    assert done.returncode == 0, done.stdout
    return folder
