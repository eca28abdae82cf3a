"""Find the video of an annotation file below the folder of the table."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sign2text.data.corpus_folder import WIDEST, folders_below
from sign2text.data.imported_annotations.annotated_file import AnnotatedFile, Media
from sign2text.data.raw_files import VIDEO_SUFFIXES
from sign2text.ground.errors import InputError

SUFFIXES = (*VIDEO_SUFFIXES, ".ts", ".mts", ".m2ts", ".flv", ".ogv", ".3gp", ".mxf")


@dataclass(frozen=True)
class FoundVideo:
    """The video of an annotation file."""

    path: str
    """Path relative to the table's folder, with forward slashes."""
    file: Path | None
    """None if the video does not exist yet."""
    media: Media | None
    """The annotation file's entry for the video, if it has one."""
    notes: tuple[str, ...] = ()


def find_video(file: AnnotatedFile, folder: Path, given: Path | None) -> FoundVideo:
    """Find the video of an annotation file.

    Args:
        file: names one or several videos; if it names none, its own name with a video's suffix is
            searched for.
        folder: the table's folder, which must hold the video, or a link to a folder with it.
        given: a video, or a folder of videos to search for that name.

    A video that does not exist yet is expected in the table's folder.

    Raises InputError if several videos match, or if the video is not below `folder`.
    """
    if given is not None and not given.is_dir():
        video = next((each for each in (given, folder / given) if each.is_file()), None)
        if video is None:
            raise InputError(
                f"--video: {given}: no such video file, nor below {folder}. Check its path."
            )
        return _found(file, video, folder, _described(file.media, video.name))
    named = [(each.name, each) for each in file.media] or [(file.path.stem, None)]
    found = [(name, media, _search(file, folder, given, name, media)) for name, media in named]
    there = [each for each in found if each[2] is not None]
    if len(named) > 1 and len(there) != 1:
        raise InputError(
            f"{file.path}: names several videos ({', '.join(name for name, _ in named)}), of which "
            f"{len(there)} are there; expected one. Say which by --video PATH, or by --video "
            "FOLDER where each folder holds the videos of one camera."
        )
    if there:
        name, media, video = there[0]
        is_other = name.lower().endswith(SUFFIXES) and not _is_named(video, name)
        notes = [f"{video.name} is taken for {name}, which is not there"] if is_other else []
        if len(named) > 1:
            notes.append(f"of its {len(named)} videos {video.name} alone is there")
        return _found(file, video, folder, media, notes)
    name, media = named[0]
    if given is not None:
        raise InputError(
            f"--video: {given}: holds no video {name} of {file.path}, expected one of its name. "
            "Check the names, or name the video itself."
        )
    if not name.lower().endswith(SUFFIXES):
        raise InputError(
            f"{file.path}: does not name its video, and {folder} has none called {name} "
            f"({', '.join(SUFFIXES[:4])} ...), nor do the folders up to two levels below it. Put "
            "it there, or name it by --video."
        )
    return FoundVideo(name, None, media, (f"{name} is not there yet; expected in {folder}",))


def _search(
    file: AnnotatedFile, folder: Path, given: Path | None, name: str, media: Media | None
) -> Path | None:
    """Find the file of that name, or else of that name with another container's suffix."""
    for alike in (_is_named, _has_stem):
        for places in _places(file, folder, given, media):
            found = [each for place in places for each in _videos(place) if alike(each, name)]
            if len({each.resolve() for each in found}) > 1:
                raise InputError(
                    f"{file.path}: several files may be its video {name}: "
                    f"{', '.join(map(str, sorted(found)[:4]))}. Say which by --video PATH."
                )
            if found:
                return found[0]
    return None


def _places(
    file: AnnotatedFile, folder: Path, given: Path | None, media: Media | None
) -> Iterator[Iterable[Path]]:
    """Yield groups of folders to search; the folders of a group have equal priority."""
    if given is not None:
        yield [given]
        return
    near = [[file.path.parent]]
    if media is not None and media.place:
        near.insert(0, [(file.path.parent / media.place).parent])
    yield from (each for each in near if _inner(each[0], folder) is not None)
    yield folders_below(folder, WIDEST)
    yield from near


def _videos(folder: Path) -> list[Path]:
    try:
        return [each for each in folder.iterdir() if each.suffix.lower() in SUFFIXES]
    except OSError:  # no such folder, or no access rights
        return []


def _is_named(path: Path, name: str) -> bool:
    return _folded(path.name) == _folded(name)


def _has_stem(path: Path, name: str) -> bool:
    """Return whether the names are equal apart from their suffixes, as after a conversion."""
    stem = name[: -len(PurePosixPath(name).suffix)] if name.lower().endswith(SUFFIXES) else name
    return _folded(path.stem) == _folded(stem)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _described(media: Sequence[Media], name: str) -> Media | None:
    """Return the annotation file's entry for the video `name`; None if there is none."""
    for alike in (_is_named, _has_stem):
        if found := [each for each in media if alike(Path(name), each.name)]:
            return found[0]
    return None


def _found(
    file: AnnotatedFile,
    video: Path,
    folder: Path,
    media: Media | None,
    notes: Sequence[str] = (),
) -> FoundVideo:
    inner = _inner(video, folder)
    if inner is None:  # a link in the folder may lead to the video
        linked = (place / video.name for place in folders_below(folder, WIDEST))
        same = (each for each in linked if each.is_file() and each.samefile(video))
        inner = next((_inner(each, folder) for each in same), None)
    if inner is None:
        real = video.resolve().parent
        raise InputError(
            f"{file.path}: its video {video} is not below the table's folder {folder}, where every "
            f"video has to be. Link its folder there, ln -s {real} {folder}/{real.name}, or write "
            "the table beside the videos."
        )
    return FoundVideo(inner, video, media, tuple(notes))


def _inner(path: Path, folder: Path) -> str | None:
    """Return a path relative to `folder`, without resolving links; None if it is outside."""
    inner = PurePosixPath(os.path.relpath(path, folder))
    return None if inner.parts[:1] == ("..",) else inner.as_posix()
