"""Atomic writing of files, locks against a second writer, and safe reading."""

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
MOST_FIELDS = 10_000  # in a row; the workflow's tables have about ten columns
LARGEST_JSON = 256 * 2**20
"""Bytes; the largest published tokenizers have a tenth of that."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder, and rename it to `path` if the block succeeds.

    The temporary name is hidden and keeps the suffix (`.train.partial.tar` for `train.tar`) for
    writers that depend on the suffix. The file is flushed to disk before it is renamed. If the
    block raises, the temporary file is removed and `path` is unchanged. The next process overwrites
    a killed process's temporary file: hold a lock (`locked`) if two processes could write.
    Raises StorageError that names `path` if the disk is full or not writable.
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
    """Yield a temporary folder inside `folder`, and move its files up if the block succeeds.

    For writers that make several files at once (`save_pretrained`). `last` marks the folder as
    complete; Snakemake watches it. So the old `last` is removed before the other files are moved,
    and the new one is moved at the end. Raises FileNotFoundError if the block did not write `last`,
    and StorageError as `replacing` does.
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
                    flush(source)  # a full disk must raise before old files are replaced
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
    """Return the hidden lock file of an output: next to a file, inside a folder (no suffix)."""
    return output.with_name(f".{output.name}.lock") if output.suffix else output / ".lock"


@contextmanager
def locked(
    path: Path,
    purpose: str | None = None,
    about: Mapping[str, Any] | None = None,
    busy: Callable[[Mapping[str, Any]], None] | None = None,
) -> Iterator[None]:
    """Hold `path` as a lock file. The block's end removes it; after a kill, the system releases it.

    Args:
        path: the lock file; it contains `about` as JSON while it is held.
        purpose: the protected output, for errors; by default `path`.
        about: the holder's description, with at least its process id `process`.
        busy: called with the holder's `about` as long as another process holds the lock; it waits
            a little, or raises. Without it, InputError is raised at once.
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
        # Unlock explicitly, since forked workers may still hold the descriptor.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def busy_message(purpose: str, holder: Mapping[str, Any]) -> str:
    """Return the message that another process makes `purpose`, with advice."""
    who = str(holder.get("process", "unknown"))
    who += f" on {holder['host']}" if holder.get("host") else ""
    return (
        f"{purpose}: another process (id {who}) is making it at this moment, and two would spoil "
        "each other's files. Wait until it has ended, or end it (kill with that id: it saves first "
        "what it can go on with), and start again."
    )


@contextmanager
def reading(path: Path, maker: str | None = None, advice: str | None = None) -> Iterator[None]:
    """Turn errors from a truncated or foreign safetensors or JSON file into an InputError.

    `maker` is the rule that makes the file, if the file's folder has another name. `advice`
    replaces the advice to run that rule again.
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
    """Return whether `error` is a Rust library's panic, which is not an Exception."""
    return type(error).__name__ == "PanicException"


def is_file(path: Path) -> bool:
    """Return whether `path` is a file; raise InputError if the system cannot tell (`kind_of`)."""
    if (kind := kind_of(path)).startswith(("a name", "a place")):
        raise InputError(f"{path}: {kind} found, a file expected. Check its rights, or remove it.")
    return kind == FILE


def read_json(path: Path, maker: str | None = None, advice: str | None = None) -> Any:
    """Read an untrusted JSON file.

    Raises InputError as `reading` does if it is truncated, is nested too deeply, is larger than
    LARGEST_JSON, or contains a number with thousands of digits.
    """
    with reading(path, maker, advice):
        try:
            return json.loads(read_text(path, LARGEST_JSON))
        except json.JSONDecodeError:
            raise
        except ValueError as error:  # from `read_text`, or a number with too many digits
            if isinstance(error, UnicodeDecodeError):
                raise
            raise json.JSONDecodeError(str(error), "", 0) from error


def read_text(path: Path, largest: int) -> str:
    """Read an untrusted file in UTF-8.

    Raises ValueError for more than `largest` bytes and for a pipe or device, which has no end;
    OSError and UnicodeDecodeError as `Path.read_text` does.
    """
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise ValueError("a pipe or device found, a file expected")
    if status.st_size > largest:
        raise ValueError(f"{status.st_size} bytes found, at most {largest} expected")
    return path.read_text(encoding="utf-8")


def kind_of(path: Path | str) -> str:
    """Return the kind of `path` for a message: FILE, FOLDER, NOTHING, a pipe, a device, ...

    Follows links. Opens nothing, so it does not block on a pipe.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        found = _UNREACHED.get(error.errno, f"a place that cannot be read ({error.strerror})")
        return "a link to nothing" if found == NOTHING and Path(path).is_symlink() else found
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "a device")


def is_utf8(path: Path | str) -> bool:
    """Return whether a path can be encoded in UTF-8, as tables and some libraries require."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def check_end(path: Path) -> None:
    """Raise InputError if a text's last line lacks a newline: nothing else shows a truncation.

    Also raise it if the first row after a table's header has MOST_FIELDS or more fields, since each
    takes pandas 25 microseconds. An empty file passes: its reader decides whether it is valid.
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
    """Return a file's SHA-256 in hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path) -> None:
    """Flush a new file to disk, and set its mode by the umask: safetensors creates it with 0600."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        umask = os.umask(0o077)
        os.umask(umask)
        os.fchmod(descriptor, 0o666 & ~umask)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _acquire(path: Path) -> int | None:
    """Open and lock `path`, and check that it was not replaced; None if another process has it."""
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
            pass  # the holder has just removed it
        os.close(descriptor)


def _read_holder(path: Path) -> dict[str, Any]:
    """Return the holder's description from the lock file, or {} if it is not written yet."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
