"""Disk errors name the file and the remedy; no partial file is left."""

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from sign2text.ground.errors import InputError, StorageError
from sign2text.ground.files import filling, locked, replacing
from sign2text.ground.storage import writing

ROOM = 4096  # most bytes of a file


@contextmanager
def small_files() -> Iterator[None]:
    """Let the kernel refuse files beyond ROOM bytes, below all libraries.

    This is not a fixture, because the limit must not apply to the file of pytest's output.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def by_text(path: Path) -> None:
    path.write_text("x" * 2 * ROOM)


def by_pandas(path: Path) -> None:
    pd.DataFrame({"text": ["regen"] * ROOM}).to_csv(path)


def by_safetensors(path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(ROOM)}, path)


def by_safetensors_of_numpy(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(ROOM)}, path)


def by_torch(path: Path) -> None:
    torch.save({"x": torch.zeros(ROOM)}, path)


def by_tokenizers(path: Path) -> None:
    from tokenizers import Tokenizer, models

    Tokenizer(models.Unigram([(f"piece{n}", 0.0) for n in range(ROOM)])).save(str(path))


def by_av(path: Path) -> None:
    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        for _ in range(40):
            noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
        container.mux(stream.encode(None))


WRITERS = (
    by_text,
    by_pandas,
    by_safetensors,
    by_safetensors_of_numpy,
    by_torch,
    by_tokenizers,
    by_av,
)


@pytest.mark.parametrize("write", WRITERS)
def test_each_library_that_writes_says_it_when_no_more_can_be_written(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "made.mp4"
    path.write_text("old")
    with pytest.raises(StorageError) as error, small_files(), replacing(path) as temporary:
        write(temporary)
    assert str(error.value).startswith(f"{path}: could not be written, ")
    assert "start the same command again" in str(error.value)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_filled_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("old")
    with (
        pytest.raises(StorageError, match=r"model\.safetensors: could not be written"),
        small_files(),
        filling(tmp_path, last="model.safetensors") as folder,
    ):
        (folder / "config.json").write_text("{}")
        by_safetensors(folder / "model.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
    assert (tmp_path / "model.safetensors").read_text() == "old"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_how_full_it_is(tmp_path: Path, number: int) -> None:
    with pytest.raises(StorageError) as error, writing(tmp_path / "new/x.tsv"):
        raise RuntimeError("while saving") from OSError(number, os.strerror(number))
    assert f"{tmp_path / 'new/x.tsv'}: could not be written, the disk that holds {tmp_path} is" in (
        str(error.value)
    )
    assert "Make room there, or move the whole project folder to a larger disk" in str(error.value)


def test_what_is_not_the_disks_fault_stays_what_it_is(tmp_path: Path) -> None:
    for error in (ValueError("x"), OSError(errno.EIO, "Input/output error"), InputError("row 3")):
        with pytest.raises(type(error)) as raised, writing(tmp_path / "x"):
            raise error
        assert raised.value is error
    # An unreadable input is not an unwritable output.
    with pytest.raises(PermissionError), writing(tmp_path / "x"):
        raise PermissionError(errno.EACCES, "Permission denied", "/elsewhere/corpus.csv")


def without_privileges() -> None:
    """Drop the capability that lets root ignore the modes of files."""
    import ctypes

    drop, pass_over_modes = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    ctypes.CDLL(None).prctl(drop, pass_over_modes, 0, 0, 0)


@pytest.mark.parametrize("what", ["replacing(folder / 'x.tsv')", "locked(folder / 'a' / '.lock')"])
def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "results"
    folder.mkdir(mode=0o555)
    code = (
        "from pathlib import Path; from sign2text.ground.files import locked, replacing\n"
        f"folder = Path({str(folder)!r})\n"
        f"with {what} as path: path and path.write_text('x'); print('came through')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        preexec_fn=without_privileges,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "came through" not in done.stdout
    last = done.stderr.splitlines()[-1]
    assert "StorageError" in last
    assert "could not be written, Permission denied" in last
    assert f"Give yourself the right to write in {folder}" in last
    assert list(folder.iterdir()) == []


def test_killed_at_any_point_a_file_is_old_or_new_and_a_folder_never_mixed(tmp_path: Path) -> None:
    """SIGKILL at each operation on the folder, each in a separate process."""

    def write(folder: Path) -> None:
        with replacing(folder / "single.tsv") as temporary:
            temporary.write_text("new")
        with filling(folder, last="model") as inner:
            for name in ("config", "model", "tokenizer"):
                (inner / name).write_text("new")

    def run(folder: Path, at: int) -> bool:
        """Return whether it was killed."""
        number = os.fork()
        if number == 0:
            seen = 0

            def see(event: str, arguments: tuple) -> None:
                nonlocal seen
                if arguments and str(arguments[0]).startswith(str(folder)):
                    seen += 1
                    if seen == at:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(see)
            write(folder)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == -signal.SIGKILL

    kills = 0
    while True:
        folder = tmp_path / str(kills)
        folder.mkdir()
        for name in ("single.tsv", "config", "model", "tokenizer"):
            (folder / name).write_text("old")
        if not run(folder, kills + 1):
            break
        kills += 1
        assert (folder / "single.tsv").read_text() in ("old", "new")
        if (folder / "model").exists():
            found = {(folder / name).read_text() for name in ("config", "model", "tokenizer")}
            assert len(found) == 1, f"after event {kills}: {found}"
        # Leftovers do not stop the next write.
        write(folder)
        names = sorted(path.name for path in folder.iterdir())
        assert names == ["config", "model", "single.tsv", "tokenizer"]
        assert {path.read_text() for path in folder.iterdir()} == {"new"}
    assert kills > 10


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    about = {"process": os.getpid(), "host": "here", "command": "x"}
    seen = []

    def busy(holder: dict) -> None:
        seen.append(holder)
        raise InputError("enough")

    with locked(tmp_path / ".lock", about=about):
        with pytest.raises(InputError, match="enough"), locked(tmp_path / ".lock", busy=busy):
            pass
        with (
            pytest.raises(InputError, match=rf"results/x: .*\(id {os.getpid()} on here\)"),
            locked(tmp_path / ".lock", "results/x"),
        ):
            pass
    assert seen == [about]
