"""The content of an annotation file of any form: tiers of annotations with times, and videos."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote


@dataclass(frozen=True)
class Annotation:
    """A piece of text from one time to another, in milliseconds."""

    start: int | None
    """None, as is `end`, where the file gives no time and none follows from its neighbours."""
    end: int | None
    value: str
    signer: str = ""
    """Who it is of, where the annotation itself says so."""
    place: str = ""
    """Where in the file it is, for messages."""


@dataclass(frozen=True)
class Tier:
    """A row of annotations."""

    name: str
    annotations: list[Annotation]
    participant: str = ""
    parents: tuple[str, ...] = ()
    """Names of the tiers that it depends on, the nearest first."""

    @property
    def filled(self) -> list[Annotation]:
        """The annotations that hold text."""
        return [each for each in self.annotations if each.value]


@dataclass(frozen=True)
class Media:
    """A video that an annotation file names."""

    name: str
    """Of the file, without its folder."""
    place: str = ""
    """Its path as seen from the annotation file; empty where that is not said."""
    origin: int | None = 0
    """Milliseconds of the video before the annotations' zero; None where the file leaves open
    whether the times include `stated`."""
    stated: int = 0


@dataclass(frozen=True)
class AnnotatedFile:
    """An annotation file as read."""

    path: Path
    tiers: list[Tier]
    media: list[Media] = field(default_factory=list)
    has_tiers: bool = True
    """False for subtitles, which are one row without a name."""
    notes: list[str] = field(default_factory=list)


def file_name(url: str) -> str:
    r"""The last part of an address or path, of Windows too.

    >>> file_name("file:///D:/My%20Videos/talk.mp4"), file_name("D:\\films\\talk.mp4")
    ('talk.mp4', 'talk.mp4')
    """
    return plain(PurePosixPath(unquote(url.strip()).replace("\\", "/")).name)


def plain(text: str) -> str:
    """One line of text: white space and control characters become single blanks.

    >>> plain(" a\\n b\\x00c ")
    'a b c'
    """
    # Those of C0 and C1 that are not white space.
    cleaned = "".join(" " if ord(sign) < 32 or 127 <= ord(sign) < 160 else sign for sign in text)
    return " ".join(cleaned.split())
