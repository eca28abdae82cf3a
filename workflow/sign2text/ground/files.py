"""Files that are either whole or not there, and locks against a second writer."""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sign2text.ground.errors import InputError, brief
from sign2text.ground.memory import enough_memory
from sign2text.ground.storage import writing

FILE, FOLDER, NOTHING = "a file", "a folder", "nothing"
_KINDS = (
    (stat.S_ISREG, FILE),
    (stat.S_ISDIR, FOLDER),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)
_UNREACHED = {
    errno.ENOENT: NOTHING,
    errno.ENOTDIR: NOTHING,
    errno.ELOOP: "a link in a circle",
    errno.ENAMETOOLONG: "a name that is too long for a file",
    errno.EACCES: "a place that you have no right to look at",
}
MOST_FIELDS = 10_000  # of a row; tables here have some ten columns
LARGEST_JSON = 256 * 2**20
"""Bytes; the largest published tokenizers have a tenth of it."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; put it in place of `path` when the block ends well.

    The temporary name is hidden and keeps the suffix (`.train.partial.tar` for `train.tar`), so
    writers that go by the suffix work. What is written is flushed to the disk before it is renamed.
    When the block raises, the temporary file is removed and `path` stays as it was. What a killed
    process left is overwritten by the next one: hold a lock (`locked`) where two could write.
    Raises StorageError that names `path` when the disk takes no more or may not be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
    try:
        with writing(path):
            yield temporary
            flush(temporary)
            os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def filling(folder: Path, *, last: str) -> Iterator[Path]:
    """Give a temporary folder inside `folder`; move what is in it up when the block ends well.

    For writers that make several files at once (`save_pretrained`). `last` is the file that tells
    others that all is there, the one that Snakemake watches: an old one is removed before the
    others are moved, and the new one is moved at the end. Raises FileNotFoundError when the block
    did not write `last`, and StorageError as `replacing`.
    """
    folder = Path(folder)
    temporary = folder / ".partial"
    shutil.rmtree(temporary, ignore_errors=True)
    with writing(folder / last):
        temporary.mkdir(parents=True)
    try:
        with writing(folder / last):
            yield temporary
            if not (temporary / last).is_file():
                raise FileNotFoundError(f"{folder}: {last} was to be written, but was not")
            sources = sorted(temporary.rglob("*"), key=lambda path: path == temporary / last)
            for source in sources:
                if source.is_file():
                    flush(source)  # a full disk must show before the old one is gone
            (folder / last).unlink(missing_ok=True)
            for source in sources:
                target = folder / source.relative_to(temporary)
                if source.is_dir():
                    target.mkdir(exist_ok=True)
                else:
                    os.replace(source, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def lock_path(output: Path) -> Path:
    """The lock file of an output: hidden, beside a file, or in a folder (no suffix in its name)."""
    return output.with_name(f".{output.name}.lock") if output.suffix else output / ".lock"


@contextmanager
def locked(
    path: Path,
    purpose: str | None = None,
    about: Mapping[str, Any] | None = None,
    busy: Callable[[Mapping[str, Any]], None] | None = None,
) -> Iterator[None]:
    """Hold `path` as a lock file; it is removed at the end, and freed by the system after a kill.

    Args:
        path: the file; while it is held, `about` is in it as JSON.
        purpose: names in the error what the lock is for.
        about: of the process that holds it, its number `process` at least.
        busy: called with the holder's `about` as long as another process holds it; it waits a
            little, or raises. Without it, InputError is raised at once.
    """
    path, target = Path(path), Path(purpose or path)
    with writing(target):
        path.parent.mkdir(parents=True, exist_ok=True)
        while (descriptor := _acquire(path)) is None:
            holder = _read_holder(path)
            if busy is None:
                raise InputError(busy_message(str(target), holder))
            busy(holder)
    try:
        with writing(target):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(about or {"process": os.getpid()}).encode() + b"\n")
        yield
    finally:
        path.unlink(missing_ok=True)
        # Explicitly, since forked workers may still hold the descriptor.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def busy_message(purpose: str, holder: Mapping[str, Any]) -> str:
    """That another process makes `purpose`, and what to do."""
    who = str(holder.get("process", "unknown"))
    who += f" on {holder['host']}" if holder.get("host") else ""
    return (
        f"{purpose}: another process (id {who}) is making it at this moment, and two would spoil "
        "each other's files. Wait until it has ended, or end it (kill with that id: it saves first "
        "what it can go on with), and start again."
    )


@contextmanager
def reading(path: Path, maker: str | None = None, advice: str | None = None) -> Iterator[None]:
    """Turn what a cut or foreign safetensors or JSON file raises into an InputError.

    `maker` is the rule that makes the file, where its folder is not called so; `advice` says what
    to do where running it again is not the way.
    """
    from safetensors import SafetensorError

    known = (SafetensorError, json.JSONDecodeError, UnicodeDecodeError, KeyError, RecursionError)
    try:
        with enough_memory(path):
            yield
    except BaseException as error:
        if not isinstance(error, known) and not is_panic(error):
            raise
        advice = advice or f"Delete it and run {maker or path.parent.name} again."
        raise InputError(
            f"{path}: cannot be read ({type(error).__name__}: {brief(error)}). It was cut, or is a "
            f"file of another kind. {advice}"
        ) from error


def is_panic(error: BaseException) -> bool:
    """Return whether a library written in Rust panicked: its error is no Exception."""
    return type(error).__name__ == "PanicException"


def is_file(path: Path) -> bool:
    """Return whether a file is there; InputError where the system does not say (`kind_of`)."""
    if (kind := kind_of(path)).startswith(("a name", "a place")):
        raise InputError(f"{path}: {kind} found, a file expected. Check its rights, or remove it.")
    return kind == FILE


def read_json(path: Path, maker: str | None = None, advice: str | None = None) -> Any:
    """Read a JSON file that may come from anybody.

    Raises InputError as `reading` where it was cut, is nested too deeply, is larger than
    LARGEST_JSON, or holds a number of thousands of digits.
    """
    with reading(path, maker, advice):
        try:
            return json.loads(read_text(path, LARGEST_JSON))
        except json.JSONDecodeError:
            raise
        except ValueError as error:  # of `read_text`, or a number of too many digits
            if isinstance(error, UnicodeDecodeError):
                raise
            raise json.JSONDecodeError(str(error), "", 0) from error


def read_text(path: Path, largest: int) -> str:
    """Read a file in UTF-8 that may come from anybody.

    Raises ValueError for more than `largest` bytes and for a pipe or device, which has no end;
    OSError and UnicodeDecodeError as `Path.read_text`.
    """
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise ValueError("a pipe or device found, a file expected")
    if status.st_size > largest:
        raise ValueError(f"{status.st_size} bytes found, at most {largest} expected")
    return path.read_text(encoding="utf-8")


def kind_of(path: Path | str) -> str:
    """Name what lies at `path` for a message: FILE, FOLDER, NOTHING, a pipe, a device, ...

    Links are followed. Nothing is opened, so a pipe is not waited for.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        found = _UNREACHED.get(error.errno, f"a place that cannot be read ({error.strerror})")
        return "a link to nothing" if found == NOTHING and Path(path).is_symlink() else found
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "a device")


def is_utf8(path: Path | str) -> bool:
    """Return whether a path can be written in UTF-8, as tables and some libraries want it."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def check_end(path: Path) -> None:
    """Raise InputError where the last line of a text has no end; nothing else would show the cut.

    So it is where the first line after a table's header has MOST_FIELDS or more, each of which
    takes pandas 25 microseconds. An empty file passes: what it may mean is its reader's to say.
    """
    with Path(path).open("rb") as file:
        lines = (line for line in file if line.strip())
        if next(lines, b"") and next(lines, b"").count(b"\t") >= MOST_FIELDS:
            raise InputError(
                f"{path}: its first row has {MOST_FIELDS} fields or more. It is another file, or "
                f"was damaged. Delete it and run {path.parent.name} again."
            )
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                raise InputError(
                    f"{path}: its last line has no end, so it was cut. Delete it and run "
                    f"{path.parent.name} again."
                )


def sha256_of(path: Path) -> str:
    """A file's SHA-256, as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path) -> None:
    """Flush a new file to the disk, with the mode that the umask gives: safetensors gives 0600."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        umask = os.umask(0o077)
        os.umask(umask)
        os.fchmod(descriptor, 0o666 & ~umask)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _acquire(path: Path) -> int | None:
    """Open and lock `path`; the one locked must still be the one of that name. None: it is held."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_ino == os.stat(path).st_ino:
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except FileNotFoundError:
            pass  # its holder has just ended and removed it
        os.close(descriptor)


def _read_holder(path: Path) -> dict[str, Any]:
    """What the holder of a lock says of itself; nothing when it has not come to that yet."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
