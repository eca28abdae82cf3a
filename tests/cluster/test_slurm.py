"""The workflow on a Slurm: a training is struck down three times and ends as an undisturbed one."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from one_node import OneNode, wait_for

ROOT = Path(__file__).resolve().parents[2]
TARGET = "results/tiny/fla_llm.bleu"
TRAINING = "results/tiny/fla_llm/finetune_llm"
# Long enough to be struck down in the middle of, three times.
LONGER = """
datasets:
  tiny:
    stages:
      finetune_llm: { training: { epochs: 100 }, dev_bleu_every: 50 }
"""
# What docs/cluster.md shows.
PARTITIONS = "partitions: { cpu: { max_gpu: 0 }, gpu: { max_gpu: 1 } }"
PATIENCE = 600  # seconds for what takes some on a machine that does nothing else

pytestmark = pytest.mark.long


def snakemake(folder: Path, profile: str, *arguments: str) -> list[str]:
    """The command for the tiny workflow in `folder`."""
    longer = folder / "longer.yaml"
    longer.write_text(LONGER)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(folder), "--configfile"]
    command += [str(ROOT / "tests/workflow/tiny.yaml"), str(longer)]
    return [*command, "--workflow-profile", str(ROOT / "profiles" / profile), *arguments]


@contextlib.contextmanager
def started(
    command: list[str], said: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes into `said`; it and its children are gone at the end."""
    with said.open("wb") as out:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],  # also where this process is killed
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, slurm: OneNode) -> Path:
    """A folder with everything made on this machine; after `slurm`, so that nothing is in vain."""
    folder = tmp_path_factory.mktemp("undisturbed")
    command = snakemake(folder, "default", "--cores", "2", TARGET)
    said = folder / "said.txt"
    with started(command, said) as process:
        assert process.wait() == 0, said.read_text()
    return folder


@dataclass
class Struck:
    """A run on Slurm whose training was struck down again and again."""

    slurm: OneNode
    folder: Path
    process: subprocess.Popen[bytes]
    said: Path

    def wait(self, what: str, found: Callable[[], bool]) -> None:
        """Wait until `found` says so; fail with what snakemake said when it ends before."""

        def found_or_over() -> bool:
            assert found() or self.process.poll() is None, self.said.read_text()
            return found()

        wait_for(what, found_or_over, PATIENCE)

    def reached(self) -> int:
        """The step of the training's last checkpoint; 0 where there is none."""
        folders = (self.folder / TRAINING / "state").glob("checkpoint-*")
        return max((int(each.name.rsplit("-", 1)[1]) for each in folders), default=0)

    def running(self) -> str | None:
        """The number of the training's job while it runs."""
        lines = self.slurm.said("squeue", "-h", "--states=RUNNING", "-o", "%i %k").splitlines()
        return next((line.split()[0] for line in lines if "finetune_llm" in line), None)

    def next_training(self, after: str | None = None) -> str:
        """The number of the training's next job, once it has got further than any before."""
        self.wait("the next job", lambda: self.running() not in (None, after))
        before = self.reached()
        self.wait(f"a checkpoint after step {before}", lambda: self.reached() > before)
        job = self.running()
        assert job is not None, "the training ended before it could be struck down"
        return job

    def log(self, job: str) -> str:
        """Return Slurm's log of a job of the training."""
        return (self.folder / f"logs/_slurm/rule_finetune_llm/tiny_fla_llm/{job}.log").read_text(
            encoding="utf-8"
        )

    def all_jobs(self, rule: str) -> list[dict[str, str]]:
        """Return the fields of a rule's jobs, in order."""
        lines = self.slurm.said("squeue", "-h", "--states=all", "-o", "%i %k").splitlines()
        numbers = sorted(int(each.split()[0]) for each in lines if f"rule_{rule}_" in each)
        return [self.slurm.job(str(number)) for number in numbers]


def on_slurm(folder: Path, *arguments: str) -> list[str]:
    """The command that has the target made on the Slurm of these tests."""
    command = snakemake(folder, "slurm", "--max-threads", "2", "--slurm-status-command", "squeue")
    partitions = folder / "partitions.yaml"
    partitions.write_text(PARTITIONS)
    command += ["--slurm-partition-config", str(partitions)]
    command += ["--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "10"]
    return [*command, TARGET, *arguments]


@pytest.fixture(scope="module")
def struck(
    undisturbed: Path, slurm: OneNode, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Struck, list[str]]]:
    """The run, ended, and the numbers of the jobs that its training took."""
    folder = tmp_path_factory.mktemp("cluster") / "run"
    # What comes before the trainings of the method is taken from there: all jobs would take long.
    shutil.copytree(undisturbed, folder)
    shutil.rmtree(folder / "results/tiny/fla_llm")
    (folder / TARGET).unlink()
    command, said = on_slurm(folder), folder / "said.txt"
    with started(command, said, slurm.environment) as process:
        run = Struck(slurm, folder, process, said)
        first = run.next_training()
        stages = [
            number
            for number, command in slurm.processes()
            if "-m sign2text.methods.fla_llm.stages.finetune_llm" in command
        ]
        assert len(stages) == 1
        os.kill(stages[0], signal.SIGKILL)  # as the kernel does when memory is short

        second = run.next_training(after=first)
        slurm.said("scancel", "--signal=TERM", second)  # as at the end of the time, with grace

        third = run.next_training(after=second)
        # Somebody with more right needs the node: SIGTERM, and SIGKILL some seconds later.
        urgent = ("-p", "urgent", "--gpus=1", "--output=/dev/null", "--wrap", "true")
        assert slurm.said("sbatch", "--parsable", *urgent)
        run.wait("the job to lose its node", lambda: run.running() is None)

        run.wait("the end", lambda: process.poll() is not None)
        assert process.returncode == 0, said.read_text()
        yield run, [first, second, third]


def test_weights_translations_and_score_are_those_of_an_undisturbed_run(
    struck: tuple[Struck, list[str]], undisturbed: Path
) -> None:
    run, _ = struck
    names = [f"{TRAINING}/model.safetensors", f"{TRAINING}/history.tsv"]
    names += ["results/tiny/fla_llm/visual_init/model.safetensors"]
    names += ["results/tiny/fla_llm/decode/test.tsv"]
    for name in names:
        assert (run.folder / name).read_bytes() == (undisturbed / name).read_bytes(), name
    scores = [json.loads((folder / TARGET).read_text()) for folder in (run.folder, undisturbed)]
    for each in scores:
        del each["time"]  # when it was scored
    assert scores[0] == scores[1]


def megabytes(job: dict[str, str]) -> float:
    """The memory that a job asked for, which Slurm writes in the unit it likes."""
    text = job["MinMemoryNode"]
    return float(text[:-1]) * {"M": 1, "G": 1024}[text[-1]]


def resumed_at(log: str) -> list[int]:
    """The steps at which the trainings of a log went on."""
    return [int(step) for step in re.findall(r"going on from checkpoint-(\d+)", log)]


def test_a_killed_training_is_sent_again_with_more_memory_and_goes_on(
    struck: tuple[Struck, list[str]],
) -> None:
    run, (first, second, third) = struck
    jobs = run.all_jobs("finetune_llm")
    assert [job["JobId"] for job in jobs] == [first, second, third]
    assert [job["JobState"] for job in jobs] == ["FAILED", "FAILED", "COMPLETED"]
    assert [megabytes(job) for job in jobs] == [32000, 64000, 96000]
    assert resumed_at(run.log(first)) == []
    (killed,) = resumed_at(run.log(second))
    assert killed > 0
    saved, *_ = resumed_at(run.log(third))
    assert saved > killed
    assert "stopped by SIGTERM; the state was saved" in run.log(second)


def test_a_training_whose_node_is_taken_away_is_requeued_and_goes_on(
    struck: tuple[Struck, list[str]],
) -> None:
    run, (*_, third) = struck
    log = run.log(third)
    before, after = resumed_at(log)
    assert after > before
    assert "DUE TO PREEMPTION" in log
    assert "stopped by SIGTERM; the state was saved" in log
    (job,) = (each for each in run.all_jobs("finetune_llm") if each["JobId"] == third)
    assert job["Restarts"] == "1"


def test_jobs_ask_for_what_their_rules_say(struck: tuple[Struck, list[str]]) -> None:
    run, _ = struck
    asked = {}
    for rule in ("visual_init", "extract_features", "decode", "score"):
        job = run.all_jobs(rule)[0]
        keys = ("Partition", "TresPerJob", "TimeLimit", "NumCPUs")
        asked[rule] = (*(job.get(key) for key in keys), megabytes(job))
    assert asked == {
        "visual_init": ("gpu", "gres:gpu:1", "2-00:00:00", "2", 32000),
        "extract_features": ("gpu", "gres:gpu:1", "12:00:00", "2", 16000),
        "decode": ("gpu", "gres:gpu:1", "12:00:00", "2", 16000),
        "score": ("cpu", None, "01:00:00", "2", 4000),
    }
    assert len(run.all_jobs("extract_features")) == 3


def test_nothing_is_left_to_do_on_this_machine(struck: tuple[Struck, list[str]]) -> None:
    run, _ = struck
    command = snakemake(run.folder, "default", "--dry-run", TARGET)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Nothing to be done" in done.stdout + done.stderr, done.stdout + done.stderr


def dry_run(folder: Path, *arguments: str) -> list[str]:
    """The rules that are due."""
    command = snakemake(folder, "default", "--dry-run", TARGET, *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    return re.findall(r"^(?:local)?rule (\w+):$", said, re.MULTILINE)


def orphaned(run: Struck) -> str:
    """Kill the snakemake of a run while its training is at work; the number of that job."""
    job = run.next_training()
    run.process.kill()
    run.process.wait()
    command = snakemake(run.folder, "default", "--unlock")
    subprocess.run(command, capture_output=True, check=True)
    assert run.running() == job, "it lives on"
    return job


def test_a_job_that_outlives_its_snakemake_is_taken_over_by_the_same_command(
    undisturbed: Path, slurm: OneNode, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(undisturbed, tmp_path / "run"))
    shutil.rmtree(folder / TRAINING)
    (folder / TARGET).unlink()
    said = folder / "said.txt"
    with started(on_slurm(folder), said, slurm.environment) as process:
        first = orphaned(Struck(slurm, folder, process, said))
    # Given at once: its job for the training waits in the queue until the other has ended.
    with started(on_slurm(folder), said, slurm.environment) as process:
        assert process.wait(PATIENCE) == 0, said.read_text()
    run = Struck(slurm, folder, process, said)
    jobs = run.all_jobs("finetune_llm")
    assert [job["JobState"] for job in jobs[-2:]] == ["COMPLETED"] * 2
    assert jobs[-2]["JobId"] == first
    log = run.log(jobs[-1]["JobId"])
    history = (undisturbed / TRAINING / "history.tsv").read_text().splitlines()
    last = int(float(history[-1].split("\t")[history[0].split("\t").index("step")]))
    assert resumed_at(log) == [last], "nothing is trained twice"
    name = f"{TRAINING}/model.safetensors"
    assert (folder / name).read_bytes() == (undisturbed / name).read_bytes()
    assert dry_run(folder) == []
    assert not list(folder.glob("results/**/checkpoint-*")), "noted, and so cleared"


def test_what_an_orphaned_job_made_never_passes_for_what_other_settings_make(
    undisturbed: Path, slurm: OneNode, tmp_path: Path
) -> None:
    """Snakemake's record is still that of the run before, made with the settings of now."""
    folder = Path(shutil.copytree(undisturbed, tmp_path / "run"))
    assert dry_run(folder) == []
    model = folder / TRAINING / "model.safetensors"
    change = "datasets={tiny: {stages: {finetune_llm: {training: {learning_rate: 0.002}}}}}"
    other = ("--config", change)
    said = folder / "said.txt"
    with started(on_slurm(folder, *other), said, slurm.environment) as process:
        run = Struck(slurm, folder, process, said)
        orphaned(run)
        wait_for("the job to end well", lambda: run.running() is None, PATIENCE)
    assert model.read_bytes() != (undisturbed / TRAINING / "model.safetensors").read_bytes()
    assert dry_run(folder)[0] == "finetune_llm"
    assert (folder / TRAINING / "state").is_dir(), "with the other settings it is made in moments"
