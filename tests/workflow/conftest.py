"""One finished run of the tiny workflow, for all tests that start from one."""

import re
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import dag
from tiny_runs import MMTLB, MMTLB_TARGETS, TARGETS, end_with_jobs, rules_of, snakemake, start


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with everything made, and what the run said; it was killed once on the way."""
    folder = tmp_path_factory.mktemp("tiny")
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
    said = snakemake(folder, "--cores", "all", *TARGETS)
    shutil.copytree(folder, folder.with_name("tiny-as-made"))
    return folder, said


@pytest.fixture(scope="session")
def as_made(tiny_run: tuple[Path, str]) -> Path:
    """A copy of the finished folder that no test changes."""
    return tiny_run[0].with_name("tiny-as-made")


@pytest.fixture(scope="session")
def mmtlb_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that tiny_mmtlb.yaml makes of MMTLB; no test may change what is there."""
    folder = tmp_path_factory.mktemp("mmtlb")
    made = rules_of(snakemake(folder, *MMTLB, "--cores", "2", *MMTLB_TARGETS))
    assert made.count("pretrain_s3d") == 2, "of actions and of isolated signs, once for all"
    assert made.count("train_sign2gloss") == made.count("train_gloss2text") == 1
    assert made.count("train_sign2text") == 2
    return folder


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
