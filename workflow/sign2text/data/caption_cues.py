"""Captions of videos on the web: caption files by video and language, and their cues."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from sign2text.data.imported_annotations.subtitles import read_subtitles

VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)
"""Id of a video on YouTube."""
_TRACK = re.compile(r"(?P<id>[\w-]{11})(?:\.(?P<tag>[A-Za-z]{2,3}(?:-[\w-]+)?))?\.vtt", re.ASCII)
_AUTOMATIC = "-orig"
"""Ending of the language of captions that YouTube recognised itself, as downloaders write it."""
_ROLLS = 3
"""A file rolls if more than one of so many cues repeats the end of the cue before it."""


class Cue(NamedTuple):
    """A caption, with its times in seconds."""

    number: int
    """Number in the file, from 1."""
    start: float
    end: float
    text: str


def find_tracks(folders: Iterable[Path]) -> dict[str, dict[str, Path]]:
    """Find caption files by video id and language tag; "" if a name has no tag.

    `<id>.<tag>.vtt` is the name that downloaders give: `dQw4w9WgXcQ.en-US.vtt`. Of two files with
    one name, the first folder's counts. Files of automatic captions (`en-orig`) are ignored.
    """
    found: dict[str, dict[str, Path]] = {}
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError:  # no such folder, or no access rights: its videos then have no captions
            continue
        for name in names:
            match = _TRACK.fullmatch(name)
            tag = (match and match["tag"]) or ""
            if match and not tag.endswith(_AUTOMATIC):
                found.setdefault(match["id"], {}).setdefault(tag, folder / name)
    return found


def choose_track(
    tracks: Mapping[str, Path], languages: Sequence[str]
) -> tuple[str, Path] | tuple[str, None]:
    """Choose a video's captions: (language, file) of the first of `languages` that it has.

    A tag such as `en-GB` is of the language `en`; the tag `en` itself goes first, then the others
    in alphabetical order. A file without a tag is of the first language. ("", None) without any.
    """
    for place, language in enumerate(languages):
        own = sorted(tag for tag in tracks if tag.lower().partition("-")[0] == language)
        if "" in tracks and place == 0:
            own.append("")
        if own:
            return language, tracks[own[0]]
    return "", None


def read_cues(path: Path) -> list[Cue]:
    """Read the cues of a WebVTT file; tags are removed, entities resolved, rolled text once.

    Raises InputError as `read_subtitles`.
    """
    annotations = read_subtitles(path).tiers[0].annotations
    texts = _unrolled([each.value for each in annotations])
    return [
        Cue(number, each.start / 1000, each.end / 1000, text)
        for number, (each, text) in enumerate(zip(annotations, texts, strict=True), start=1)
    ]


def _unrolled(texts: list[str]) -> list[str]:
    """Remove from each cue the words that it repeats of the cue before, if the file rolls.

    Rolling captions show the line before again above the new one, so each word is in two cues or
    more. A cue that only repeats becomes empty.
    """
    words = [text.split() for text in texts]
    repeats = [0, *(_overlap(before, after) for before, after in pairwise(words))]
    # A single common word, such as "I", is chance unless it is the whole cue before.
    sure = [
        count > 1 or (count == 1 and len(before) == 1)
        for count, before in zip(repeats[1:], words, strict=False)
    ]
    if _ROLLS * sum(sure) <= len(texts):
        return texts
    return [" ".join(each[count:]) for each, count in zip(words, repeats, strict=True)]


def _overlap(before: list[str], after: list[str]) -> int:
    """Return the largest number of words that end `before` and begin `after`."""
    longest = min(len(before), len(after))
    return next((n for n in range(longest, 0, -1) if before[-n:] == after[:n]), 0)
