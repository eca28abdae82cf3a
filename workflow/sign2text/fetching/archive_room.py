"""Bounds on an archive's unpacked size: excessive growth is an attack or a mistake."""

from __future__ import annotations

import shutil
from pathlib import Path

from sign2text.ground.errors import InputError

RESERVE = 2**30
"""Bytes of disk that unpacking and downloads leave free: a full disk stops other programs too."""
GROWTH = 50
"""Largest ratio of unpacked to packed bytes. Pictures and videos have one or two, tables and JSON
of landmarks up to twenty; an archive of zeros has a thousand."""
SMALL = 64 * 2**20  # bytes that any archive may unpack to
MEMBER = 4096  # least bytes of disk that a member takes in addition to its content


class Room:
    """Counter of an archive's unpacked bytes, which raises before they exceed the bounds."""

    def __init__(self, name: str, packed: int, folder: Path) -> None:
        """Set the bounds for an archive of `packed` bytes that is unpacked into `folder`."""
        self._name, self.packed, self._folder = name, packed, folder
        self._growth = SMALL + GROWTH * packed
        self._disk = shutil.disk_usage(folder).free - RESERVE
        self._taken = 0

    def take(self, size: int) -> None:
        """Count the next `size` bytes; raise InputError if they are too many."""
        self._taken += size
        if self._taken > self._growth:
            raise InputError(
                f"{self._name}: unpacks to more than {self._growth / 1e9:.2f} GB, expected at most "
                f"{GROWTH} times its size of {self.packed / 1e9:.4f} GB: archives of corpora hold "
                "pictures, videos and tables, which shrink less. Nothing of it was kept. If you "
                "trust it, unpack it yourself into the folder where it lies."
            )
        if self._taken > self._disk:
            raise InputError(
                f"{self._folder}: {self._name} unpacks to {self._taken / 1e9:.1f} GB or more; free "
                f"are {self._disk / 1e9:.1f} GB, with {RESERVE / 1e9:.1f} GB kept in reserve. "
                "Nothing of it was kept. Make room there, or move the whole project folder to a "
                "larger disk, and start the same command again."
            )

    def take_member(self, size: int) -> None:
        """Count a member with `size` bytes of content."""
        self.take(size + MEMBER)
