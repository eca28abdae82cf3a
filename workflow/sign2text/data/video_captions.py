"""Clips of videos on the web by their captions: a clip is a part of a video and its caption.

Uthus et al., YouTube-ASL, arXiv 2306.15162, section 3: captions stay unchanged, and very long or
short ones are left out. Here they are rows with a reason, so they are counted with the clips that
cannot be read.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sign2text.data.caption_cues import VIDEO_ID, Cue, choose_track, find_tracks, read_cues
from sign2text.data.clip_media import find_media
from sign2text.data.clip_table import FROM_VIDEO, clip_table
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file
from sign2text.untrusted.names import place_below

if TYPE_CHECKING:
    import pandas as pd

VIDEOS = ("videos", "")
"""Folders that may hold <id>.mp4, or a video of another form."""
CAPTIONS = ("captions", "subtitles", "videos", "")
"""Folders that may hold <id>.<language>.vtt."""
SIGNER = "unknown"
_SAME = 0.2
"""Seconds that the times of the same caption in two languages may differ; ours."""

log = logging.getLogger(__name__)


class _Row(NamedTuple):
    id: str
    video: str
    text: str
    language: str
    group: str
    reason: str


def check_video_ids(path: Path, ids: Mapping[int, str]) -> dict[int, str]:
    """Return the videos' ids by line, each once; InputError names the line of an invalid one."""
    first: dict[str, int] = {}
    again = []
    for line, each in ids.items():
        if not VIDEO_ID.fullmatch(each):
            raise InputError(
                f"{path}, line {line}: found {each[:80]!r}, expected the id of a video: 11 "
                "letters, digits, '-' and '_'. Correct it, or fetch the list again."
            )
        if first.setdefault(each, line) != line:
            again.append(line)
    if again:
        log.warning(
            "%s: %d lines repeat the id of a line above, first line %d; they are ignored",
            path,
            len(again),
            again[0],
        )
    return {line: each for each, line in first.items()}


def split_of(video: str, held_out: float) -> str:
    """Return the split of a video: a hash of its id decides, whatever else the list holds.

    A video that is in two lists, as YouTube-ASL's are in YouTube-SL-25's, has one split in both.
    """
    place = int.from_bytes(hashlib.sha256(video.encode()).digest()[:8]) / 2**64
    return "dev" if place < held_out else "test" if place < 2 * held_out else "train"


def read_videos(
    path: Path,
    corpus: Path,
    split: str,
    settings: Any,
    videos: Mapping[str, str],
) -> pd.DataFrame:
    """Read a split's clips (`data.clip_table`), with `unusable`: the reason to leave a clip out.

    A video without captions, or that is missing, is one such row with the video's id.

    Args:
        path: the list of the videos, for messages.
        corpus: resources/<data set>.
        videos: the label (`data.groups`) of each video by its id; labels may be empty.

    Raises:
        InputError: no listed video is of the split.
    """
    import pandas as pd

    names = [each for each in videos if split_of(each, settings.youtube.held_out) == split]
    if not names:
        raise InputError(
            f"{path}: of {len(videos)} videos none is of the split {split} with held_out "
            f"{settings.youtube.held_out:g}, the share of dev and of test. List more videos, or "
            "raise make_manifest's youtube.held_out."
        )
    media = find_media(path.parent, corpus, VIDEOS, split, names)
    files = pd.Series([each if "." in each else f"{each}.mp4" for each in media.paths], name="id")
    folder = media.folder if any(media.are_videos) else path.parent / VIDEOS[0]
    places = place_below(path, folder, files)
    tracks = find_tracks(path.parent / place for place in CAPTIONS)
    rows: list[_Row] = []
    for name, place in zip(names, places, strict=True):
        rows += _clips_of(name, place, videos[name], tracks.get(name, {}), settings)
    _log_left_out(path, split, rows)
    table = clip_table(
        ids=[row.id for row in rows],
        videos=[row.video for row in rows],
        fps=FROM_VIDEO,
        signers=[SIGNER] * len(rows),
        texts=[row.text for row in rows],
        glosses="",
        language=settings.language,
        groups=[row.group for row in rows],
        mend_mojibake=settings.mend_mojibake,
    )
    return table.assign(
        language=[row.language for row in rows], unusable=[row.reason for row in rows]
    )


def read_other_languages(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Read the captions of a table's clips in other written languages.

    A cue of another file is the clip's if its times are the clip's, but for 0.2 seconds. Returns
    clip, language, text, start, end, origin; empty times mean the whole clip.

    Args:
        table: a result of `read_videos`.
        folder: the folder of the list.
    """
    import pandas as pd

    tracks = find_tracks(folder / place for place in CAPTIONS)
    rows = []
    usable = table[table["unusable"] == ""]
    videos = usable["id"].str.rpartition("_")[0]
    for name, clips in usable.groupby(videos.to_numpy(), sort=False):
        own = clips["language"].iloc[0]
        others = {tag.lower().partition("-")[0] for tag in tracks.get(name, {})} - {"", own}
        for language in sorted(others):
            _, path = choose_track(tracks[name], (language,))
            rows += _same_captions(clips, language, path)
    columns = ["clip", "language", "text", "start", "end", "origin"]
    return pd.DataFrame(rows, columns=columns, dtype=str)


def _same_captions(clips: pd.DataFrame, language: str, path: Path) -> list[tuple[str, ...]]:
    try:
        cues = [cue for cue in read_cues(path) if cue.text]
    except InputError as error:
        log.warning("captions in %s are left out: %s", language, error)
        return []
    found = []
    for clip, video in zip(clips["id"], clips["video"], strict=True):
        start, end = map(float, video.rpartition("#t=")[2].split(","))
        near = [c for c in cues if abs(c.start - start) <= _SAME and abs(c.end - end) <= _SAME]
        found += [(clip, language, cue.text, "", "", "human") for cue in near[:1]]
    return found


def _clips_of(
    name: str, place: str, group: str, tracks: Mapping[str, Path], settings: Any
) -> list[_Row]:
    """Build the rows of a video; one with a reason if it has no clip."""
    languages = (settings.language, *settings.youtube.further_languages)
    language, path = choose_track(tracks, languages)

    def without(reason: str) -> list[_Row]:
        return [_Row(name, place, "", settings.language, group, reason)]

    if not settings.text_alone and not is_file(Path(place)):
        return without(f"{place}: the video is missing; it may be gone from its site.")
    if path is None:
        there = ", ".join(sorted(tracks)) or "none"
        return without(
            f"no captions in {' or '.join(languages)} for the video: found {there}. Put "
            f"{CAPTIONS[0]}/{name}.{settings.language}.vtt beside the list."
        )
    try:
        cues = read_cues(path)
    except InputError as error:
        return without(str(error))
    return [
        _Row(
            f"{name}_{cue.number:04d}",
            f"{place}#t={_written(cue.start)},{_written(cue.end)}",
            cue.text,
            language,
            group,
            _reason(cue, settings.youtube),
        )
        for cue in cues
    ]


def _reason(cue: Cue, limits: Any) -> str:
    """Return why a caption is left out, or ""."""
    seconds = round(cue.end - cue.start, 3)
    if not cue.text:
        return "the caption has no text, or repeats the one before."
    if seconds <= 0:
        return f"the caption ends at {cue.end:g} s, not after its start at {cue.start:g} s."
    if len(cue.text) > limits.longest_text:
        return f"the caption has {len(cue.text)} characters, more than {limits.longest_text}."
    if seconds < limits.shortest:
        return f"the caption lasts {seconds:g} s, less than {limits.shortest:g} s."
    if seconds > limits.longest:
        return f"the caption lasts {seconds:g} s, more than {limits.longest:g} s."
    return ""


def _written(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _log_left_out(path: Path, split: str, rows: Sequence[_Row]) -> None:
    kinds = Counter("of a video" if "_" not in row.id[11:] else "caption" for row in rows
                    if row.reason)  # fmt: skip
    log.info(
        "%s, %s: %d captions; left out: %d captions, and %d videos without any",
        path,
        split,
        sum("_" in row.id[11:] for row in rows),
        kinds["caption"],
        kinds["of a video"],
    )
