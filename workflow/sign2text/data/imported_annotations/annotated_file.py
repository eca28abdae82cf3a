"""Content of an annotation file of any form: tiers of annotations with times, and videos."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote


@dataclass(frozen=True)
class Annotation:
    """A text with its begin and end in milliseconds."""

    start: int | None
    """None, like `end`, if the file gives no time and its neighbours imply none."""
    end: int | None
    value: str
    signer: str = ""
    """Name of the signer, if the annotation itself gives it."""
    place: str = ""
    """Position in the file, for messages."""


@dataclass(frozen=True)
class Tier:
    """A tier of an annotation file: a list of annotations."""

    name: str
    annotations: list[Annotation]
    participant: str = ""
    parents: tuple[str, ...] = ()
    """Names of the tiers that this one depends on, nearest first."""

    @property
    def filled(self) -> list[Annotation]:
        """Annotations with text."""
        return [each for each in self.annotations if each.value]


@dataclass(frozen=True)
class Media:
    """A video that an annotation file names."""

    name: str
    """Name of the video file, without its folder."""
    place: str = ""
    """Path relative to the annotation file; empty if unknown."""
    origin: int | None = 0
    """Milliseconds of the video before the annotations' zero; None if the file does not say
    whether the times include `stated`."""
    stated: int = 0


@dataclass(frozen=True)
class AnnotatedFile:
    """The content of an annotation file."""

    path: Path
    tiers: list[Tier]
    media: list[Media] = field(default_factory=list)
    has_tiers: bool = True
    """False for subtitles, which have a single tier without a name."""
    notes: list[str] = field(default_factory=list)


def file_name(url: str) -> str:
    r"""Return the last part of a URL or path; Windows paths are accepted.

    >>> file_name("file:///D:/My%20Videos/talk.mp4"), file_name("D:\\films\\talk.mp4")
    ('talk.mp4', 'talk.mp4')
    """
    return plain(PurePosixPath(unquote(url.strip()).replace("\\", "/")).name)


def plain(text: str) -> str:
    """Reduce text to one line: whitespace and control characters become single spaces.

    >>> plain(" a\\n b\\x00c ")
    'a b c'
    """
    # `split` does not remove the control characters of C0 and C1 that are not whitespace.
    cleaned = "".join(" " if ord(sign) < 32 or 127 <= ord(sign) < 160 else sign for sign in text)
    return " ".join(cleaned.split())
