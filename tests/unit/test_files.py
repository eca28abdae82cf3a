"""Whole or not there: replacing, filling, locked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from sign2text.ground.errors import InputError
from sign2text.ground.files import filling, locked, replacing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_replacing_shows_the_file_only_when_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "train.tar"
    with replacing(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
        assert temporary.parent == path.parent
        assert temporary.suffix == ".tar"
    assert path.read_text() == "whole"
    assert names(path.parent) == ["train.tar"]


def test_replacing_keeps_the_old_file_when_the_block_raises(tmp_path: Path) -> None:
    path = tmp_path / "scores.tsv"
    path.write_text("old")
    # SystemExit is how SIGTERM arrives.
    for error in (ValueError, SystemExit):
        with pytest.raises(error), replacing(path) as temporary:
            temporary.write_text("ha")
            raise error
        assert path.read_text() == "old"
        assert names(tmp_path) == ["scores.tsv"]


def test_replacing_does_not_take_over_what_a_killed_process_left(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    with pytest.raises(FileNotFoundError), replacing(path) as temporary:
        left = temporary
        raise FileNotFoundError
    left.write_text("left by a killed process")
    # The block writes nothing, so there is nothing to put in place.
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert names(tmp_path) == []


@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
def test_files_have_the_mode_that_the_umask_gives(tmp_path: Path, umask: int) -> None:
    """Whoever writes them: safetensors gives its own to nobody but their owner."""
    before = os.umask(umask)
    try:
        with replacing(tmp_path / "features.safetensors") as temporary:
            save_file({"x": np.zeros(2)}, temporary)
        with filling(tmp_path / "model", last="model.safetensors") as folder:
            save_file({"x": np.zeros(2)}, folder / "model.safetensors")
            (folder / "config.json").write_text("{}")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {0o666 & ~umask}


def test_filling_moves_the_watched_file_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.last").write_text("old")
    moved = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (moved.append(Path(b).name), replace(a, b)))
    with filling(tmp_path, last="a.last") as temporary:
        for name in ("z.json", "a.last", "b.json"):
            (temporary / name).write_text("new")
        (temporary / "inner").mkdir()
        (temporary / "inner" / "c.json").write_text("new")
        assert (tmp_path / "a.last").read_text() == "old"
    assert moved[-1] == "a.last"
    assert names(tmp_path) == ["a.last", "b.json", "inner", "z.json"]
    assert (tmp_path / "inner" / "c.json").read_text() == "new"


def test_filling_ended_between_two_files_leaves_nothing_that_looks_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").write_text("old")
    replace = os.replace

    def end_after_first(source: Path, target: Path) -> None:
        replace(source, target)
        raise SystemExit(143)

    monkeypatch.setattr(os, "replace", end_after_first)
    with pytest.raises(SystemExit), filling(tmp_path, last="model") as temporary:
        (temporary / "config").write_text("new")
        (temporary / "model").write_text("new")
    # A new config with the old model would be worse than none.
    assert names(tmp_path) == ["config"]


def test_filling_asks_for_the_watched_file(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("old")
    with (
        pytest.raises(FileNotFoundError, match="model was to be written"),
        filling(tmp_path, last="model") as temporary,
    ):
        (temporary / "config").write_text("new")
    assert names(tmp_path) == ["model"]


def test_locked_refuses_a_second_process_and_frees_after_a_kill(tmp_path: Path) -> None:
    lock = tmp_path / "out" / ".lock"
    code = (
        "import sys, time; from pathlib import Path; from sign2text.ground.files import locked\n"
        f"with locked(Path({str(lock)!r})): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(InputError, match=rf"results/x: .*\(id {holder.pid}\)"),
            locked(lock, purpose="results/x"),
        ):
            pass
        assert lock.exists()
    finally:
        holder.kill()
        holder.wait()
    with locked(lock):
        assert json.loads(lock.read_text()) == {"process": os.getpid()}
    assert names(lock.parent) == []
