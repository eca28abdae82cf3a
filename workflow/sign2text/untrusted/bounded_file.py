"""Check of a file's kind and size before it is read."""

from __future__ import annotations

from pathlib import Path

from sign2text.ground.errors import InputError


def check_bounded(path: Path, expected: str, largest: int) -> None:
    """Raise InputError unless `path` is a file of at most `largest` bytes.

    `expected` names the file's kind in the message, such as "an XML file".
    """
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "no such file"
        raise InputError(f"{path}: {found}; expected {expected}. Check its path.")
    if (size := path.stat().st_size) > largest:
        raise InputError(
            f"{path}: {size} bytes found, at most {largest} expected of {expected}. It is another "
            "file; if not, split it."
        )
