"""What a disk that is full, or that may not be written to, is called, and what to do about it."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sign2text.ground.errors import InputError, StorageError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
# How libraries pass on what the system told them. torch passes on that it could not write, not why.
_TORCH_TEXTS = ("PytorchStreamWriter failed writing", "basic_ios::clear", "at inline_container.cc")
_FULL_TEXTS = (*(os.strerror(number) for number in _FULL), *_TORCH_TEXTS)
_TOO_LARGE_TEXTS = (os.strerror(errno.EFBIG),)
# A link in place of results/ would do, but what is behind it could not be shared (docs/sharing.md).
_MOVE = "move the whole project folder to a {} (there: rm -r .venv && make .venv; nothing is due)"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an error of the disk while `path` is written into a StorageError that names it.

    These are a full disk, a used up quota, a file that may not grow further, and a folder that may
    not be written to.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if told := problem(error, path):
            raise StorageError(told) from error
        raise


def problem(error: BaseException, path: Path) -> str | None:
    """What kept `path` from being written and what to do, None where it was not the disk."""
    folder = _nearest_folder(path)
    again = "and start the same command again."
    for each in _chain(error):
        number, text = getattr(each, "errno", None), str(each)
        if number in _FULL or any(full in text for full in _FULL_TEXTS):
            usage = shutil.disk_usage(folder)
            return (
                f"{path}: could not be written, the disk that holds {folder} is full: "
                f"{usage.free / 2**20:.0f} MiB of {usage.total / 2**20:.0f} MiB are free, or a "
                "quota is used up. Nothing half-written was left to be taken for finished. Make "
                f"room there, or {_MOVE.format('larger disk')}, {again}"
            )
        if number == errno.EFBIG or any(large in text for large in _TOO_LARGE_TEXTS):
            return (
                f"{path}: could not be written, a file may be no larger there "
                f"({os.strerror(errno.EFBIG)}). Nothing half-written was left to be taken for "
                "finished. Raise the limit (ulimit -f), or "
                f"{_MOVE.format('disk that takes larger files')}, {again}"
            )
        if number in _CLOSED and _is_in(getattr(each, "filename", None), folder):
            return (
                f"{path}: could not be written, {each.strerror} ({each.filename}). Give yourself "
                f"the right to write in {folder} (chmod, chown, or mount its disk for writing) "
                f"{again}"
            )
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _nearest_folder(path: Path) -> Path:
    """The innermost folder around `path` that is there."""
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_in(name: object, folder: Path) -> bool:
    """Whether a file that an error names lies in `folder`, or is it; inputs lie elsewhere."""
    if not isinstance(name, str | os.PathLike):
        return False
    return Path(os.path.abspath(name)).is_relative_to(os.path.abspath(folder))  # noqa: PTH100
