"""Read subtitles: WebVTT (.vtt) and SubRip (.srt)."""

from __future__ import annotations

import html
import io
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.imported_annotations.annotated_file import (
    AnnotatedFile,
    Annotation,
    Tier,
    plain,
)
from sign2text.data.imported_annotations.text_file import read_lines_of, shortened
from sign2text.ground.errors import InputError

if TYPE_CHECKING:
    from webvtt.models import Caption

_ARROW = "-->"
_TIME = r"(?:(\d{1,4})\s*:\s*)?(\d{1,2})\s*:\s*(\d{1,2})(?:\s*[,.]\s*(\d{1,9}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?![\d:,.])(.*)")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
# HTML tags and other programs' marks in SubRip files; any other < is a character.
_SRT_TAGS = re.compile(
    r"</?(?:b|i|u|s|em|strong|font|span|p|div|c|v|ruby|rt|lang)\b[^<>]*>|\{\\[^{}]*\}", re.I
)
_BREAK = re.compile(r"<br\s*/?>", re.I)


def read_subtitles(path: Path, encoding: str = "utf-8") -> AnnotatedFile:
    """Read a subtitle file as one tier without a name.

    Tags are removed and entities resolved. The voice `<v Anna>` of a WebVTT cue is its signer. Cues
    without text are kept as empty annotations.

    Raises:
        InputError: the file is missing, of another form or encoding, or has a line with `-->` but
            without valid times.
    """
    from webvtt import WebVTT
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    lines = read_lines_of(path, encoding)
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    is_vtt = lines[first].lstrip().startswith("WEBVTT")
    if path.suffix.lower() == ".vtt" and not is_vtt:
        raise InputError(
            f"{path}, line {first + 1}: found {shortened(lines[first])}, expected WEBVTT. If it is "
            "a SubRip file, name it .srt."
        )
    timings, lines = _canonical(path, lines, is_vtt)
    if not timings:
        raise InputError(
            f"{path}: no line with times found; expected lines such as '00:00:01,000 --> "
            "00:00:04,000'. It is another file: export it again."
        )
    try:
        found = WebVTT.from_buffer(io.StringIO("\n".join(lines)), "vtt" if is_vtt else "srt")
    except (MalformedFileError, MalformedCaptionError) as error:
        raise InputError(
            f"{path}: is not a file of subtitles ({error}). Export it again."
        ) from error
    notes = _notes(found.captions, found.metadata)
    annotations = _with_empty(timings, found.captions, is_vtt)
    return AnnotatedFile(path, [Tier("", annotations)], has_tiers=False, notes=notes)


def _canonical(
    path: Path, lines: list[str], is_vtt: bool
) -> tuple[list[tuple[int, int, int]], list[str]]:
    """Return (line number, start, end) of each cue, and the lines in the parser's strict form.

    The parser silently skips cues without a number or with times of another form.
    """
    timings, kept = [], []
    for number, line in enumerate(lines, start=1):
        if _ARROW not in line:
            kept.append(line if line.strip() else "")
            continue
        match = _TIMING.fullmatch(line)
        times = match and (_milliseconds(match.groups()[:4]), _milliseconds(match.groups()[4:8]))
        if not times or None in times:
            raise InputError(
                f"{path}, line {number}: found {shortened(line)}, expected two times such as "
                f"'{'00:00:01.000 --> 00:00:04.000' if is_vtt else '00:00:01,000 --> 00:00:04,000'}"
                "'. Correct the line."
            )
        timings.append((number, *times))
        written = " --> ".join(map(_written, times))
        if is_vtt:
            kept.append(f"{written} {match[9].strip()}".rstrip())
            continue
        _drop_number(kept)
        kept += ["", str(len(timings)), written]
    first = next((place for place, line in enumerate(kept) if line), 0)
    kept = kept[first:]
    if is_vtt:
        kept[0] = kept[0].lstrip()
    return timings, kept


def _drop_number(lines: list[str]) -> None:
    """Remove the number of the next cue, even if an empty line separates the two."""
    last = len(lines) - 1
    while last >= 0 and not lines[last]:
        last -= 1
    if last < 0 or not lines[last].strip().isdigit():
        return
    if last == len(lines) - 1 or last == 0 or not lines[last - 1]:
        del lines[last]


def _milliseconds(fields: tuple[str | None, ...]) -> int | None:
    """Convert the fields of a time to milliseconds; None for minutes or seconds above 59."""
    hours, minutes, seconds, fraction = fields
    if int(minutes) > 59 or int(seconds) > 59:
        return None
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return 1000 * whole + int((fraction or "").ljust(3, "0")[:3])


def _written(time: int) -> str:
    seconds, fraction = divmod(time, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:03d}"


def _with_empty(
    timings: list[tuple[int, int, int]], captions: list[Caption], is_vtt: bool
) -> list[Annotation]:
    """Build an annotation per line of times; empty if the parser found no text for it."""
    waiting = iter(captions)
    caption = next(waiting, None)
    found = []
    for line, start, end in timings:
        value = signer = ""
        if caption is not None and _times(caption) == (start, end):
            value, signer = _text(caption, is_vtt), _signer(caption) if is_vtt else ""
            caption = next(waiting, None)
        found.append(Annotation(start, end, value, signer, f"line {line}"))
    return found


def _times(caption: Caption) -> tuple[int, int]:
    return caption.start_time.in_milliseconds(), caption.end_time.in_milliseconds()


def _text(caption: Caption, is_vtt: bool) -> str:
    if is_vtt:
        return plain(html.unescape(caption.text))
    return plain(html.unescape(_SRT_TAGS.sub("", _BREAK.sub(" ", caption.raw_text))))


def _signer(caption: Caption) -> str:
    voice = _VOICE.search(caption.raw_text)
    return plain(html.unescape(voice[1])) if voice else ""


def _notes(captions: list[Caption], metadata: list[str]) -> list[str]:
    notes = []
    if several := sum(len(set(_VOICE.findall(each.raw_text))) > 1 for each in captions):
        notes.append(f"{several} cues have several voices; the first is taken for the signer")
    texts = [[line.strip() for line in each.text.split("\n") if line.strip()] for each in captions]
    rolling = sum(
        bool(before and after) and after[0] == before[-1] for before, after in pairwise(texts)
    )
    if rolling > len(captions) / 3:
        notes.append(
            f"{rolling} of {len(captions)} cues begin with the line that the cue before them ends "
            "with, as automatic captions roll: most words will be in two clips"
        )
    if any(line.startswith("X-TIMESTAMP-MAP") for line in metadata):
        notes.append("X-TIMESTAMP-MAP is not used; give --offset where the times need it")
    return notes
