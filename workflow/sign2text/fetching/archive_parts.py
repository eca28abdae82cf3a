"""Archives in one file, or in several parts that are read as one file."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sign2text.ground.errors import InputError

_PART = re.compile(r"(?P<name>.+\.(?:tar|zip|tgz|gz|bz2|xz))[._-](?P<number>\d{1,3}|[a-f][a-z])")
_BUFFER = 2**20


@dataclass(frozen=True)
class Archive:
    """An archive in one file, or in parts that are read one after another."""

    name: str
    paths: tuple[Path, ...]

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.paths)

    @property
    def stem(self) -> str:
        """The name without endings such as .tar.gz."""
        return re.sub(r"(\.tar)?\.(tar|zip|tgz|gz|bz2|xz)$", "", self.name)

    def open(self) -> io.BufferedReader:
        """Open the parts as one seekable file for reading."""
        return io.BufferedReader(JoinedParts(self.paths), _BUFFER)

    def check(self, size: int | None, sha256: str | None) -> None:
        """Raise InputError unless the joined parts have this size and hash (None: any)."""
        problem = ""
        if size is not None and self.bytes != size:
            problem = f"found {self.bytes} bytes, expected {size} (setting `bytes`)"
        elif sha256 is not None:
            with self.open() as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != sha256:
                problem = f"found sha256 {digest}, expected {sha256} (setting `sha256`)"
        if problem:
            raise InputError(
                f"{self.paths[0].parent / self.name}: {problem}. Nothing was unpacked. It was "
                "damaged on its way, or the setting speaks of another version: fetch it again, or "
                "correct the setting."
            )


def group_parts(paths: Iterable[Path], expected: int | None = None) -> list[Archive]:
    """Group `paths` into archives by name; parts end in _00, _01, ... or .001, ... or .aa, .ab, ...

    Raises InputError if a part is missing, there are fewer than `expected` parts, or a part other
    than the last differs in size from the first.
    """
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(set(paths)):
        match = _PART.fullmatch(path.name)
        name, number = (match["name"], match["number"]) if match else (path.name, "")
        found.setdefault(name, {})[number] = path
    archives = []
    for name, parts in found.items():
        if "" in parts:  # already joined; additional parts would only repeat it
            archives.append(Archive(name, (parts[""],)))
            continue
        _check_parts(name, parts, expected)
        archives.append(Archive(name, tuple(parts.values())))
    return archives


class JoinedParts(io.RawIOBase):
    """Several files that are read as one, without writing a joined file."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._files = []
        self._ends = []
        for path in paths:
            self._files.append(path.open("rb", buffering=0))
            self._ends.append(path.stat().st_size + (self._ends[-1] if self._ends else 0))
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        for index, (file, end) in enumerate(zip(self._files, self._ends, strict=True)):
            if self._position < end:
                file.seek(self._position - (self._ends[index - 1] if index else 0))
                count = file.readinto(buffer)
                self._position += count
                return count
        return 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._ends[-1]}[whence]
        self._position = max(0, base + offset)
        return self._position

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()


def _check_parts(name: str, parts: dict[str, Path], expected: int | None) -> None:
    numbers = list(parts)
    wanted = _wanted_numbers(numbers, max(expected or 0, len(parts)))
    if missing := [each for each in wanted if each not in parts]:
        like = next(iter(parts.values())).name.removesuffix(numbers[0])
        raise InputError(
            f"{parts[numbers[0]].parent}/{name}: found {len(parts)} parts ({numbers[0]} to "
            f"{numbers[-1]}), missing {', '.join(like + each for each in missing)}. Put all parts "
            "there and start the same command again."
        )
    sizes = [path.stat().st_size for path in parts.values()]
    for path, size in list(zip(parts.values(), sizes, strict=True))[:-1]:
        if size != sizes[0]:
            raise InputError(
                f"{path}: found {size} bytes, expected {sizes[0]}, the size of the first part "
                "(only the last may be shorter). It was cut on its way; fetch this part again."
            )


def _wanted_numbers(numbers: list[str], count: int) -> list[str]:
    """Return `count` part numbers in the style of `numbers`, from 0 or from 1."""
    if numbers[0].isdigit():
        width = len(numbers[0])
        # If 1 to 9 of 10 parts exist, part 0 is missing, not part 10.
        start = int(numbers[0]) == 1 and str(count).zfill(width) in numbers
        return [str(number).zfill(width) for number in range(start, start + count)]
    return [chr(97 + number // 26) + chr(97 + number % 26) for number in range(count)]
