"""Convert annotation files to rows of the table that the adapter `table` reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sign2text.data.adapters.table import SPLIT_NAMES, id_of
from sign2text.data.imported_annotations.annotated_file import AnnotatedFile, Media
from sign2text.data.imported_annotations.annotated_video import find_video
from sign2text.data.imported_annotations.choose_tiers import Part, choose_parts
from sign2text.data.imported_annotations.clips_file import Clip
from sign2text.data.imported_annotations.elan_document import read_eaf
from sign2text.data.imported_annotations.elan_table import read_elan_table
from sign2text.data.imported_annotations.subtitles import read_subtitles
from sign2text.data.spreadsheet import read_spreadsheet
from sign2text.ground.errors import InputError
from sign2text.untrusted.names import check_id

READERS: dict[str, Callable[[Path, str], AnnotatedFile]] = {
    ".eaf": lambda path, encoding: read_eaf(path),  # XML states its own encoding
    ".srt": read_subtitles,
    ".vtt": read_subtitles,
    ".txt": read_elan_table,
    ".tsv": read_elan_table,
    ".csv": read_elan_table,
}


@dataclass(frozen=True)
class Request:
    """Options of `sign2text import-annotations`."""

    split: str
    """train, dev or test for all files, or the path of a table with the columns name and split."""
    tiers: Sequence[str] = ()
    gloss_tiers: Sequence[str] = ()
    video: Path | None = None
    """A video, or a folder of videos."""
    offset: int | None = None
    """Milliseconds to add to all times."""
    signer: str = ""
    """Signer of clips from files that do not name one."""
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Imported:
    """The rows from an annotation file, and notes for the user."""

    path: Path
    clips: list[Clip]
    notes: list[str] = field(default_factory=list)


def import_files(paths: Sequence[Path], folder: Path, request: Request) -> list[Imported]:
    """Convert annotation files to rows of a table in `folder`.

    Raises:
        InputError: a file cannot be read or used. The message names the file, the found and the
            expected content, and advice.
    """
    if request.video is not None and not request.video.is_dir() and len(paths) > 1:
        raise InputError(
            f"--video: {request.video} and {len(paths)} files found; expected one file for one "
            "video, or a folder that holds the video of each."
        )
    for path, times in Counter(paths).items():
        if times > 1:
            raise InputError(f"{path}: given {times} times, expected once. Take it out.")
    splits = _splits(request.split, paths)
    ids: Counter[str] = Counter()
    return [_import_file(path, splits[path], folder, request, ids) for path in paths]


def _import_file(
    path: Path, split: str, folder: Path, request: Request, ids: Counter[str]
) -> Imported:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path}: its name ends in {path.suffix or 'nothing'!r}, expected one of "
            f"{', '.join(READERS)}: a document of ELAN, subtitles, or ELAN's export as "
            "tab-delimited text. Export it in one of these forms."
        )
    file = reader(path, request.encoding)
    parts, notes = choose_parts(file, request.tiers, request.gloss_tiers)
    video = find_video(file, folder, request.video)
    shift = _shift(file, video.media, request.offset)
    kept = _placed(parts, shift, notes)
    notes += video.notes
    if video.file is not None:
        notes += _beyond(video.file, kept)
    if not kept:
        notes.append("holds no text with a time")
    clips = [_clip(path, part, video.path, split, request.signer, ids) for part in kept]
    if kept and not any(clip.signer for clip in clips):
        notes.append("does not say who signs: give --signer NAME, if you know")
    return Imported(path, clips, notes)


def _splits(given: str, paths: Sequence[Path]) -> dict[Path, str]:
    """Find the split of each file; a whole recording belongs to one split."""
    if given.lower() in SPLIT_NAMES:
        return dict.fromkeys(paths, given.lower())
    table = Path(given)
    if not table.is_file():
        raise InputError(
            f"--split: {given!r} found, expected one of {', '.join(SPLIT_NAMES)}, or a table with "
            "the columns name and split that has a line for each file."
        )
    rows = read_spreadsheet(table, ("name", "split"))
    named: dict[str, str] = {}
    for line, name, split in zip(rows.index, rows["name"], rows["split"], strict=True):
        if split.lower() not in SPLIT_NAMES:
            raise InputError(
                f"{table}, line {line}: split is {split!r}, expected one of "
                f"{', '.join(SPLIT_NAMES)}. Correct it."
            )
        if named.setdefault(name, split.lower()) != split.lower():
            raise InputError(f"{table}, line {line}: {name!r} has two splits. Remove one line.")
    found: dict[Path, str] = {}
    for path in paths:
        names = (str(path), path.name, path.stem)
        split = next((named[name] for name in names if name in named), None)
        if split is None:
            raise InputError(
                f"{table}: has no line for {path}, expected its name {path.name} or {path.stem} in "
                "the column name. Add it."
            )
        found[path] = split
    return found


def _shift(file: AnnotatedFile, media: Media | None, offset: int | None) -> int:
    """Return the milliseconds to add to the file's times to get the video's."""
    if media is None and offset is None:
        moved = [each for each in file.media if each.origin != 0]
        if moved:
            raise InputError(
                f"{file.path}: its times are {moved[0].origin or moved[0].stated} ms before those "
                f"of {moved[0].name}, and the video given by --video has another name. Give "
                "--offset in seconds, 0 where that video begins with the annotations' zero."
            )
    if media is not None and media.origin is None and offset is None:
        raise InputError(
            f"{file.path}: states an offset of {media.stated} ms for {media.name}, and not whether "
            f"its times include it. Give --offset {media.stated / 1000:g} if they do not, "
            "--offset 0 if they do."
        )
    return (media.origin or 0 if media is not None else 0) + (offset or 0)


def _placed(parts: Iterable[Part], shift: int, notes: list[str]) -> list[Part]:
    """Shift the parts to the video's times; drop and note parts without duration or before 0."""
    kept, early, none = [], 0, 0
    for part in parts:
        start, end = part.start + shift, part.end + shift
        if part.end <= part.start:
            none += 1
        elif end <= 0:
            early += 1
        else:
            if start < 0:
                notes.append(f"{part.place} begins {-start} ms before the video; its rest is taken")
            kept.append(Part(max(0, start), end, part.text, part.gloss, part.signer, part.place))
    if none:
        notes.append(f"{none} annotations end where they begin, or before; left out")
    if early:
        notes.append(f"{early} annotations lie before the video's beginning; left out")
    return kept


def _beyond(video: Path, parts: Sequence[Part]) -> list[str]:
    """Note the parts that lie beyond the video's end, according to its container."""
    import av

    from sign2text.untrusted.video_container import open_container

    try:
        with open_container(video) as container:
            seconds = (container.duration or 0) / 1_000_000
    except (av.FFmpegError, InputError, OSError) as error:
        return [f"{video} cannot be read ({getattr(error, 'strerror', None) or error})"]
    if not seconds:
        return []
    # Containers round, so up to 40 ms beyond the end, about a frame, is accepted.
    beyond = [part for part in parts if part.end > 1000 * seconds + 40]
    outside = sum(part.start >= 1000 * seconds for part in beyond)
    if not beyond:
        return []
    return [
        f"{len(beyond)} annotations end after the video's {seconds:.2f} s, such as "
        f"{beyond[0].place} at {beyond[0].end / 1000:g} s"
        + (f"; {outside} of them begin after it too" if outside else "")
        + ". Check --offset and the video"
    ]


def _clip(path: Path, part: Part, video: str, split: str, signer: str, ids: Counter[str]) -> Clip:
    place = f"{video}#t={_seconds(part.start)},{_seconds(part.end)}"
    name = id_of(place)
    ids[name] += 1
    if ids[name] > 1:  # two people may sign at the same time
        name = f"{name}_{ids[name]}"
    check_id(f"{path}, {part.place}", name)
    return Clip(place, part.text, split, part.gloss, part.signer or signer, name)


def _seconds(milliseconds: int) -> str:
    whole, fraction = divmod(milliseconds, 1000)
    return f"{whole}.{fraction:03d}".rstrip("0").rstrip(".")
