"""A job survives its killed snakemake: the next run waits for it, or ends it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sign2text.ground import runner
from sign2text.ground.runner import Process, find_runner, left_behind, signature

STAGE = Path(__file__).with_name("example_stage.py")
# Recognised by its name, like the real one.
SNAKEMAKE = "import subprocess, sys\nsys.exit(subprocess.run(sys.argv[1:]).returncode)\n"


class Runs:
    """Runs of a stage in one folder, each started by another snakemake."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.started = folder, []
        (folder / "snakemake").write_text(SNAKEMAKE)
        (folder / "text.txt").write_text("regen")
        self.output, self.lock = folder / "out/count.txt", folder / "out/.count.txt.lock"

    def start(self, **settings: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(self.folder / "snakemake"), sys.executable, str(STAGE)]
        command += ["--output", str(self.output), "--texts", str(self.folder / "text.txt")]
        command += ["--settings", json.dumps(settings), "--threads", str(1 + len(self.started))]
        process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.started.append(process)
        return process

    def left_behind(self, **settings: object) -> Process:
        """Return the job of a snakemake that was killed while the job was running."""
        parent = self.start(behaviour="wait", **settings)
        wait_for(lambda: self.output.with_name(".count.partial.txt").exists())
        parent.kill()
        parent.wait()
        about = json.loads(self.lock.read_text())
        return Process(about["process"], about["start"])


def wait_for(condition, seconds: float = 60) -> None:
    for _ in range(int(20 * seconds)):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("waited in vain")


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    found = Runs(tmp_path)
    yield found
    for process in found.started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_the_same_command_waits_for_the_job_and_then_goes_on(runs: Runs) -> None:
    job = runs.left_behind(seconds=4)
    second = runs.start(behaviour="wait", seconds=4)
    time.sleep(0.5)
    assert second.poll() is None
    wait_for(lambda: not job.lives())
    assert runs.output.exists(), "what was left behind did its work"
    _, said = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert f"{runs.output}: process {job.id} on " in said
    assert "is making it at this moment. Waiting until it has ended" in said
    assert "told to end" not in said
    assert not runs.lock.exists()


def test_a_job_that_makes_something_else_for_nobody_is_told_to_end(runs: Runs) -> None:
    job = runs.left_behind()
    second = runs.start(times=3)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert f"{runs.output}: process {job.id}, left behind by a run that has ended, is" in said
    assert "with other settings, code or inputs: it is stopped" in said
    assert not job.lives()
    # The output is not the leftover job's.
    assert runs.output.read_text() == "15 None 2 False"


def test_a_job_whose_snakemake_lives_is_never_ended(runs: Runs) -> None:
    first = runs.start(behaviour="wait", seconds=4)
    wait_for(lambda: runs.lock.exists() and runs.lock.read_text())
    about = json.loads(runs.lock.read_text())
    second = runs.start(times=3)
    _, said = second.communicate(timeout=60)
    assert first.wait() == 0
    assert second.returncode == 0, said
    assert f"process {about['process']} on " in said
    assert ", with other settings, code or inputs. Waiting until it has ended" in said
    assert runs.output.read_text() == "15 None 2 False"


def test_a_waiting_job_ends_when_it_is_told_to(runs: Runs) -> None:
    job = runs.left_behind()
    second = runs.start(behaviour="wait")
    line = second.stderr.readline()
    assert "Waiting until it has ended" in line
    os.killpg(second.pid, signal.SIGTERM)
    second.communicate(timeout=60)
    assert job.lives() and json.loads(runs.lock.read_text())["process"] == job.id
    os.kill(job.id, signal.SIGKILL)


def test_processes_are_known_by_their_start_too() -> None:
    me = signature("x")
    itself = Process(me["process"], me["start"])
    assert itself.lives()
    assert not Process(itself.id, itself.start + 1).lives()  # the number, reused by another process
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    start = runner._read(child.pid)[1]
    wait_for(lambda: runner._read(child.pid) is None)  # ended, but nobody has collected its status
    assert not Process(child.pid, start).lives()
    child.wait()


def test_nothing_is_known_of_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = [2**22 + 1, 5]
    mine = signature("x") | {"runner": gone}
    assert left_behind(mine)
    assert not left_behind(mine | {"machine": "another"})
    assert not left_behind(mine | {"runner": None}), "started by hand"
    assert not left_behind({})
    assert find_runner() is None, "pytest is no snakemake"
    monkeypatch.setattr(runner, "_runner", Process(*gone))
    assert runner.is_job() and runner.has_gone()
    monkeypatch.setattr(runner, "_runner", Process(mine["process"], mine["start"]))
    assert runner.is_job() and not runner.has_gone()
