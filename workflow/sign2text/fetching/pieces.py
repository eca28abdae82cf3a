"""A corpus as its publisher offers it: pieces, where they come from, signs of their presence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sign2text.fetching.archive_parts import Archive, group_parts

ANY_ARCHIVE = ("*.tar", "*.tar.*", "*.tgz", "*.zip", "*.zip.*")
DEPTHS = ("", "*/", "*/*/")
"""Levels at which a corpus may lie in its folder: directly, or one or two levels down."""
_UNFINISHED = (".part", ".json", ".wrong", ".crdownload", ".download")


@dataclass(frozen=True)
class Piece:
    """A part of a corpus that its publisher ships separately, and the signs of its presence."""

    what: str
    archives: tuple[str, ...] = ()
    """Name patterns of its archives, or of their parts."""
    unpacked: tuple[str, ...] = ()
    """Patterns of unpacked files: one of them proves presence, or all with `needs_all`."""
    needs_all: bool = False
    parts: int | None = None
    own_folder: bool = False
    """True if the archives are unpacked into folders with their names."""
    is_checked: bool = False
    """True if the settings `bytes` and `sha256` describe its archive."""

    def is_there(self, folder: Path) -> bool:
        found = [
            any(any(folder.glob(depth + pattern)) for depth in DEPTHS) for pattern in self.unpacked
        ]
        return bool(found) and (all(found) if self.needs_all else any(found))

    def find_archives(self, folder: Path) -> list[Archive]:
        """Find its archives in `folder`; raise InputError if a part is missing or truncated."""
        found = [
            path
            for pattern in self.archives
            for path in folder.glob(pattern)
            if path.is_file() and not path.name.startswith(".") and path.suffix not in _UNFINISHED
        ]
        return group_parts(found, self.parts)


@dataclass(frozen=True)
class Source:
    """A corpus as its publisher offers it."""

    name: str
    conditions: str
    pieces: tuple[Piece, ...]
    media: tuple[str, ...]
    """Patterns of folders of clips and of videos, below the folder with the annotations."""
    address: str | None = None
    """Address from which a program can fetch it."""
    other_media: tuple[tuple[str, ...], ...] = ()
    """Patterns for other forms of copies: if `media` match nothing, the first that match count."""
