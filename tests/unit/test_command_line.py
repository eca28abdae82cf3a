"""A stage's command line: arguments, exit codes, log, lock, signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STAGE = Path(__file__).with_name("example_stage.py")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("regen")
    return path


def command(text: Path, *more: str) -> list[str]:
    output = text.with_name("out") / "count.txt"
    return [sys.executable, str(STAGE), "--output", str(output), "--texts", str(text), *more]


def call(text: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(text, *more), capture_output=True, text=True, check=False)


def written(text: Path) -> list[str]:
    folder = text.with_name("out")
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_arguments_come_from_the_signature(text: Path) -> None:
    done = call(text, str(text), "--settings", '{"times": 3}', "--threads", "2", "--loud")
    assert done.returncode == 0, done.stderr
    assert written(text) == ["count.txt"]
    assert text.with_name("out").joinpath("count.txt").read_text() == "30 None 2 True"


def test_help_names_every_argument() -> None:
    shown = subprocess.run(
        [sys.executable, str(STAGE), "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "Count letters" in shown
    for option in ("--texts", "--dictionary", "--output", "--settings", "--threads", "--log"):
        assert option in shown


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('{"time": 3}', '--settings.time: unknown key; did you mean "times"?'),
        ('{"times": 0}', "--settings.times: found 0, expected greater than or equal to 1"),
        ('{"times": "3"}', '--settings.times: found "3", expected a valid integer'),
        ('{"behaviour": "sing"}', "expected 'count', 'refuse', 'fail', 'fill_disk'"),
        ("[1]", "--settings: found [1], expected an object"),
        ("{times: 3}", "--settings: is not JSON"),
    ],
)
def test_wrong_settings_are_refused_with_the_key(text: Path, settings: str, expected: str) -> None:
    done = call(text, "--settings", settings)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert written(text) == []


def test_missing_input_is_named(text: Path) -> None:
    done = call(text, str(text.with_name("gone.txt")))
    assert done.returncode == 2
    assert f"--texts: no file {text.with_name('gone.txt')}" in done.stderr


def test_input_error_prints_its_message_alone(text: Path) -> None:
    log = text.with_name("logs") / "count.log"
    done = call(text, "--settings", '{"behaviour": "refuse"}', "--log", str(log))
    assert done.returncode == 2
    assert "row 3, column text: found nothing" in done.stderr
    assert "row 3, column text: found nothing" in log.read_text()
    assert "Traceback" not in log.read_text()
    assert written(text) == []


def test_failure_leaves_its_traceback_in_the_log(text: Path) -> None:
    log = text.with_name("count.log")
    done = call(text, "--settings", '{"behaviour": "fail"}', "--log", str(log))
    assert done.returncode == 1
    assert log.read_text().rstrip().endswith("ZeroDivisionError: not foreseen")
    assert "Traceback" in log.read_text()
    assert written(text) == []


def test_full_disk_is_named_and_leaves_nothing(text: Path) -> None:
    log = text.with_name("count.log")
    done = call(text, "--settings", '{"behaviour": "fill_disk"}', "--log", str(log))
    assert done.returncode == 1
    last = log.read_text().splitlines()[-1]
    assert "is full" in last
    assert "Make room there" in last
    assert written(text) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ended_by_a_signal_leaves_nothing_and_second_process_is_refused(
    text: Path, number: signal.Signals
) -> None:
    log = text.with_name("count.log")
    waiting = subprocess.Popen(
        command(text, "--settings", '{"behaviour": "wait"}', "--log", str(log)),
        stderr=subprocess.PIPE,
        text=True,
    )
    lock = text.with_name("out") / ".count.txt.lock"
    for _ in range(200):
        if text.with_name("out").joinpath(".count.partial.txt").exists():
            break
        time.sleep(0.05)
    before = log.read_text()
    second = call(text, "--log", str(log))
    assert log.read_text() == before, "the log is that of the process at work"
    waiting.send_signal(number)
    _, said = waiting.communicate(timeout=20)
    assert second.returncode == 2
    assert f"another process (id {waiting.pid} on " in second.stderr
    assert waiting.returncode == 128 + number
    assert f"ended by {number.name}" in said
    assert not lock.exists()
    assert written(text) == []
    assert call(text).returncode == 0


SECOND = os.environ | {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}


def test_the_second_of_two_processes_adds_its_errors_to_the_first_ones_log(text: Path) -> None:
    log = text.with_name("count.log")
    log.write_text("what the first one said\n")
    refused = command(text, "--settings", '{"behaviour": "refuse"}', "--log", str(log))
    done = subprocess.run(refused, env=SECOND, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    first, second = log.read_text().splitlines()
    assert first == "what the first one said"
    assert "process 1: " in second
    assert "row 3, column text: found nothing" in second


def test_the_second_of_two_processes_needs_no_lock_and_ends_without_a_word(text: Path) -> None:
    log = text.with_name("count.log")
    wait = command(text, "--settings", '{"behaviour": "wait"}', "--log", str(log))
    half = text.with_name("out") / ".count.partial.txt"
    both = []
    for environment in (os.environ, SECOND):
        half.unlink(missing_ok=True)
        started = subprocess.Popen(wait, env=environment, stderr=subprocess.PIPE, text=True)
        both.append(started)
        for _ in range(600):
            if half.exists():
                break
            time.sleep(0.05)
        assert started.poll() is None, started.communicate()
    before = log.read_text()
    both[1].send_signal(signal.SIGTERM)
    assert both[1].communicate(timeout=20)[1] == ""
    assert both[1].returncode == -signal.SIGTERM
    assert log.read_text() == before
    both[0].terminate()
    both[0].communicate(timeout=20)
    assert both[0].returncode == 128 + signal.SIGTERM


WRITTEN = """
import io, logging, os, signal, sys
from sign2text.jobs import command_line

class Struck(io.RawIOBase):
    times = 0

    def writable(self):
        return True

    def write(self, data):
        self.times += 1
        if self.times == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return len(data)

sys.stderr = io.TextIOWrapper(io.BufferedWriter(Struck()), line_buffering=True)
logging.basicConfig(force=True)
command_line._end_by_exception()
logging.error("told")
print("lives on")
"""


def test_a_signal_that_comes_while_a_message_is_written_ends_it_all_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITTEN], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (143, "")


def test_what_is_logged_cannot_steer_a_terminal(text: Path) -> None:
    log = text.with_name("a.log")
    done = call(text, "--settings", '{"behaviour": "tell"}', "--log", str(log))
    assert done.returncode == 0, done.stderr
    for shown in (done.stderr, log.read_text()):
        assert r"line \x1b[2J2" in shown and "\x1b" not in shown


@pytest.mark.parametrize("behaviour", ["tell", "refuse", "fail"])
def test_a_log_on_a_full_disk_ends_the_stage_with_one_message(text: Path, behaviour: str) -> None:
    done = call(text, "--settings", f'{{"behaviour": "{behaviour}"}}', "--log", "/dev/full")
    assert done.returncode == (2 if behaviour == "refuse" else 1)
    assert done.stderr.count("/dev/full: could not be written, the disk") == 1
    assert "Logging error" not in done.stderr
    assert ("row 3, column text" in done.stderr) == (behaviour == "refuse")
    assert ("ZeroDivisionError" in done.stderr) == (behaviour == "fail")
    assert written(text) == []


def test_exhausted_memory_says_how_much_was_wanted(text: Path) -> None:
    done = call(text, "--settings", '{"behaviour": "fill_memory"}')
    assert done.returncode == 1
    assert "memory ran out: 1.00 EiB were wanted at once. The file was not" in done.stderr
    assert written(text) == []
