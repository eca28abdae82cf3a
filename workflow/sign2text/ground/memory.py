"""Errors about exhausted memory, which do not blame a file.

The message gives the requested size if the failed library reports it.
"""

import errno
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sign2text.ground.errors import InputError, MemoryShortError

# torch and pandas report exhausted memory only in the error's text.
_TEXTS = ("can't allocate memory", "not enough memory", "out of memory", "Cannot allocate memory")
_SPARE = 2**30
"""Bytes; libav never allocates as many (untrusted/video_container.py)."""
_WANTED = re.compile(r"(?:allocate|tried to allocate) ([\d.]+ (?:[KMGTPE]i?B|bytes))", re.I)


@contextmanager
def enough_memory(path: Path) -> Iterator[None]:
    """Turn exhausted memory inside the block into a MemoryShortError that names `path`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if told := shortage(error, path):
            raise MemoryShortError(told) from error
        raise


def shortage(error: BaseException | None, path: Path | str) -> str | None:
    """Return the message about exhausted memory while processing `path`; None for other errors.

    It excludes GPU memory, since CUDA's own message says more.
    """
    while error is not None:
        if _is_of_libav(error) and _can_have(_SPARE):
            error = error.__cause__ or error.__context__
            continue
        text = str(error)
        known = isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM
        by_text = isinstance(error, RuntimeError | ValueError | OSError) and "CUDA" not in text
        if known or (by_text and any(each in text for each in _TEXTS)):
            wanted = _WANTED.search(text)
            needed = f": {wanted[1]} were wanted at once" if wanted else ""
            return (
                f"{path}: memory ran out{needed}. The file was not changed and need not be "
                "damaged. End other programs, or run this on a machine with more memory (or with "
                "a higher limit, where ulimit or the cluster's job sets one), and start the same "
                "command again."
            )
        error = error.__cause__ or error.__context__
    return None


def _is_of_libav(error: BaseException) -> bool:
    """Return whether libav raised the error: it also reports contradictory tables as ENOMEM."""
    return type(error).__module__.partition(".")[0] == "av"


def _can_have(size: int) -> bool:
    """Return whether the system can allocate `size` bytes, without touching any."""
    try:
        mmap.mmap(-1, size).close()
    except (OSError, ValueError):
        return False
    return True
