"""checksums.tsv of a published corpus: annotations by content, media by names and sizes."""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing, sha256_of

if TYPE_CHECKING:
    import pandas as pd

THREADS = 16  # at most: threads wait for the disk, and a server should not be flooded
VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi", ".wmv", ".asf", ".flv", ".ogv"),
    *(".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".mxf", ".gif"),
)
_DEEPEST = 100  # levels of nested folders
_CONTROL = re.compile(r"[\0-\x1f\x7f]")  # a table cannot hold tabs or line ends
_AT_ONCE = 500  # files per task of a thread

log = logging.getLogger(__name__)


def write_checksums(
    output: Path, root: Path, annotations: Sequence[str], media: Sequence[str], threads: int = 1
) -> None:
    """Write path, bytes and sha256, sorted by path: a row per annotation file, media folder, video.

    A million images cannot be read each time. The sha256 of a media folder therefore covers the
    names and sizes of its files; the sha256 of a video outside such folders, its name and size.

    Args:
        output: file to write; paths are relative to its folder.
        root: the folder with the annotations, inside the folder of `output`.
        annotations: glob patterns below `root`.
        media: glob patterns below `root` of folders with clips; matching videos count too.
        threads: number of processors that may be used.
    """
    import pandas as pd

    from sign2text.data.manifest import write_table

    folder = output.parent
    rows = [_row_of(path, folder) for path in _matching(root, annotations) if path.is_file()]
    found = [
        path
        for path in _matching(root, media)
        if path.is_dir() or path.suffix.lower() in VIDEO_SUFFIXES
    ]
    for path in found:
        size, digest = fingerprint(path, threads) if path.is_dir() else _fingerprint_of_file(path)
        rows.append({"path": _written(path.relative_to(folder)), "bytes": size, "sha256": digest})
    if not found:
        log.warning(
            "%s: found no folders of clips and no videos (%s); there are only annotations",
            root,
            ", ".join(media) or "none are looked for",
        )
    table: pd.DataFrame = pd.DataFrame(rows).sort_values("path")
    with replacing(output) as temporary:
        write_table(table, temporary)


def find_media(
    root: Path, folders: Iterable[Path], groups: Iterable[Sequence[str]]
) -> tuple[Path, Sequence[str]] | None:
    """Find the first folder that has clips and the patterns that match there; None without one.

    Args:
        root: the folder with the annotations, searched first.
        folders: folders to search after `root`.
        groups: glob patterns of folders of clips, and of videos; the first match decides.
    """
    groups = list(groups)
    for folder in itertools.chain([root], folders):
        for patterns in groups:
            found = _matching(folder, patterns)
            if any(path.is_dir() or path.suffix.lower() in VIDEO_SUFFIXES for path in found):
                return folder, patterns
    return None


def fingerprint(folder: Path, threads: int = 1) -> tuple[int, str]:
    """Return (sum of bytes, SHA-256 of names and sizes) of all files below `folder`.

    No file is read. Hidden files are ignored, and links are followed. A hashed line is the path
    relative to `folder`, a tab and the size. Each folder's entries are sorted by name, files before
    folders.

    Raises InputError on a broken link.
    """
    from tqdm import tqdm

    files, folders = _entries(folder)
    digest, total, count = hashlib.sha256(), 0, 0
    bound = max(1, min(THREADS, 4 * threads))
    with (
        ThreadPoolExecutor(bound) as pool,
        tqdm(desc=f"list {folder.name}", unit="file", unit_scale=True, mininterval=5) as progress,
    ):
        batches = [files[i : i + _AT_ONCE] for i in range(0, len(files), _AT_ONCE)]
        results = itertools.chain(
            pool.map(lambda batch: list(_sizes(folder, "", batch)), batches),
            pool.map(lambda name: list(_walk(folder, name)), folders),
        )
        try:
            for lines in results:
                for path, size in lines:
                    digest.update(f"{path}\t{size}\n".encode(errors="surrogateescape"))
                    total += size
                count += len(lines)
                progress.update(len(lines))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    log.info("%s: %d files, %d bytes", folder, count, total)
    return total, digest.hexdigest()


def _row_of(path: Path, folder: Path) -> dict[str, str | int]:
    """Return the row of an annotation file, hashing its content."""
    try:
        size, digest = path.stat().st_size, sha256_of(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    return {"path": _written(path.relative_to(folder)), "bytes": size, "sha256": digest}


def _fingerprint_of_file(path: Path) -> tuple[int, str]:
    """Return (bytes, SHA-256 of name and size) of a file, hashed as a line of `fingerprint`."""
    ((name, size),) = _sizes(path.parent, "", [path.name])
    return size, hashlib.sha256(f"{name}\t{size}\n".encode(errors="surrogateescape")).hexdigest()


def _walk(
    root: Path, inner: str, above: tuple[tuple[int, int], ...] = ()
) -> Iterator[tuple[str, int]]:
    """Yield (path relative to `root`, size) of all files below its folder `inner`.

    `above` holds (device, inode) of the folders on the way.
    """
    files, folders = _entries(root / inner)
    status = os.stat(root / inner)
    if len(above) >= _DEEPEST:
        raise InputError(
            f"{root}: more than {_DEEPEST} folders lie in one another, from {inner[:80]} on. "
            "Remove them, and start the same command again."
        )
    here = (status.st_dev, status.st_ino)
    if here in above:
        raise InputError(
            f"{root / inner}: is a link to a folder that it lies in, so its files never end. "
            "Remove it, and start the same command again."
        )
    yield from _sizes(root, f"{inner}/", files)
    for name in folders:
        yield from _walk(root, f"{inner}/{name}", (*above, here))


def _written(path: Path) -> str:
    """Return a path as text; escape control characters and bytes that are not UTF-8."""
    text = os.fsencode(path.as_posix()).decode(errors="backslashreplace")
    return _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)


def _sizes(root: Path, prefix: str, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    base = f"{root}/{prefix}"
    for name in names:
        try:
            yield f"{prefix}{name}", os.stat(base + name).st_size
        except FileNotFoundError:
            raise InputError(
                f"{base}{name}: is a link that leads nowhere. Mend or remove it, and start the "
                "same command again."
            ) from None
        except OSError as error:
            raise _unreadable(base + name, error) from error


def _entries(folder: Path) -> tuple[list[str], list[str]]:
    """List (files, folders) in `folder`, sorted, without hidden entries."""
    files, folders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    (folders if entry.is_dir() else files).append(entry.name)
    except OSError as error:
        raise _unreadable(folder, error) from error
    return sorted(files), sorted(folders)


def _unreadable(path: Path | str, error: OSError) -> InputError:
    return InputError(
        f"{error.filename or path}: cannot be read ({error.strerror}). Check its rights; if it is "
        "a link in a circle, remove it. Then start the same command again."
    )


def _matching(root: Path, patterns: Sequence[str]) -> list[Path]:
    found = {path for pattern in patterns for path in root.glob(pattern)}
    return sorted(path for path in found if not path.name.startswith("."))
