"""Advice for disk errors: full, over quota, file too large, or not writable."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sign2text.ground.errors import InputError, StorageError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
# Errors as libraries report them. torch reports that it could not write, but not why.
_TORCH_TEXTS = ("PytorchStreamWriter failed writing", "basic_ios::clear", "at inline_container.cc")
_FULL_TEXTS = (*(os.strerror(number) for number in _FULL), *_TORCH_TEXTS)
_TOO_LARGE_TEXTS = (os.strerror(errno.EFBIG),)
# A link in place of results/ would also work, but DVC keeps no files behind it (docs/sharing.md).
_MOVE = "move the whole project folder to a {} (there: rm -r .venv && make .venv; nothing is due)"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn disk errors while writing `path` into a StorageError that names it.

    Disk errors are a full disk, an exhausted quota, a file size limit, and a folder without write
    permission.
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
    """Return the message about a disk error while writing `path`, or None for other errors."""
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
    """Yield an error and its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _nearest_folder(path: Path) -> Path:
    """Return the innermost existing folder around `path`."""
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_in(name: object, folder: Path) -> bool:
    """Return whether the file in an error is `folder` or inside it; inputs lie elsewhere."""
    if not isinstance(name, str | os.PathLike):
        return False
    return Path(os.path.abspath(name)).is_relative_to(os.path.abspath(folder))  # noqa: PTH100
