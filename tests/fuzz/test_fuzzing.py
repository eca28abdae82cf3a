"""The fuzzing finds other errors, hangs, crashes, and too much memory."""

import gzip
import os
import pickle
import signal
import time
from collections.abc import Callable
from pathlib import Path

import fuzzing
import pytest
from cases import Case, load_case, write_case
from file_forms import change_operations, change_packed, edits_of
from fuzzing import Target, fuzz, replay
from mutations import change_bytes

from sign2text.ground.errors import InputError
from sign2text.ground.memory import enough_memory

SEED: Case = {"a.txt": b"1,2\n3,4\n"}


def refuse(folder: Path) -> None:
    raise InputError(f"{folder}: is no table.")


def fail(folder: Path) -> None:
    if b"9" in (folder / "a.txt").read_bytes():
        raise LookupError("of a nine")


def hang(folder: Path) -> None:
    while True:
        pass


def crash(folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def wait(folder: Path) -> None:
    time.sleep(60)


def fill(folder: Path) -> None:
    len(bytearray(80 * 2**20))


def want_too_much(folder: Path) -> None:
    with enough_memory(folder):
        bytearray(2**40)


def speak_long(folder: Path) -> None:
    raise InputError("x" * 200_000)


def tried(read: Callable[[Path], object], folder: Path, seconds: float = 1) -> fuzzing.Report:
    return fuzz(Target("made up", lambda _: [SEED], read), seconds, 1, folder)


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (hang, "a hang"),
        (wait, "a wait without end"),
        (crash, "ended by SIGSEGV"),
        (fill, "more than the memory allowed"),
        (want_too_much, "MemoryShortError:  memory ran out."),
        (speak_long, "a message that is empty or too long"),
        (fail, "LookupError in the test"),
    ],
)
def test_what_no_reader_may_do_is_found(read, kind, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(fuzzing, "MOST_SECONDS", 0.1)
    monkeypatch.setattr(fuzzing, "LONGEST_WAIT", 0.3 if read is wait else 20)
    monkeypatch.setattr(fuzzing, "MOST_MEMORY", 64 * 2**20)
    report = tried(read, tmp_path)
    assert [found.startswith(kind) for found in report.findings] == [True], report.findings
    (kept, *_) = sorted(tmp_path.glob("made up-[0-9]*.json"))
    assert kind in kept.read_text(encoding="utf-8")
    assert load_case(kept).keys() <= SEED.keys()


def test_what_is_refused_is_no_finding(tmp_path) -> None:
    report = tried(refuse, tmp_path)
    assert report.findings == {}
    assert report.read == 0 < report.tried
    assert "0 kinds of findings" in str(report)


def test_a_finding_can_be_read_again(tmp_path, capfd) -> None:
    tried(fail, tmp_path)
    kept = load_case(sorted(tmp_path.glob("made up-[0-9]*.json"))[0])
    assert b"9" in kept["a.txt"]
    target = Target("made up", lambda _: [SEED], fail)
    assert replay(target, kept) != 0
    assert "LookupError: of a nine" in capfd.readouterr().err
    assert replay(target, SEED) == 0


def test_equal_seeds_try_equal_inputs(tmp_path) -> None:
    def note(file: Path) -> Callable[[Path], None]:
        def read(folder: Path) -> None:
            with file.open("ab") as kept:
                kept.write((folder / "a.txt").read_bytes()[:50] + b"\n--\n")

        return read

    for name in ("one", "two"):
        tried(note(tmp_path / name), tmp_path / "findings")
    one, two = ((tmp_path / name).read_bytes().split(b"\n--\n")[:40] for name in ("one", "two"))
    both = min(len(one), len(two)) - 1  # the last may be cut
    assert one[:both] == two[:both]
    assert len({*one[:both]}) > 9


def test_a_case_with_odd_names_is_written_as_far_as_can_be(tmp_path) -> None:
    case = {"a/b": b"1", "f/": b"", "l@": b"a/b", "\0": b"2", "a/b/c": b"3", "x" * 300: b"4"}
    write_case(case, tmp_path / "case")
    found = sorted(path.name for path in (tmp_path / "case").rglob("*"))
    assert found == ["a", "b", "f", "l"]
    assert (tmp_path / "case/l").readlink() == Path("a/b")


@pytest.mark.parametrize(
    "name", ["a.csv", "a.bleu", "a.pkl", "a.tar", "a.tar.gz", "a.zip", "a.mp4", "a.png", "a.bin"]
)
def test_each_form_has_changes_of_its_own(name: str) -> None:
    assert len(set(edits_of(name, b""))) > 1
    assert edits_of("unknown", b"") == edits_of("a.unknown", b"x") == (change_bytes,)
    assert change_packed in edits_of("unknown", gzip.compress(b""))
    assert change_operations in edits_of("unknown", pickle.dumps([]))
