"""Videos that are in a corpus under two names: links to one file, and copies of it.

A test clip that is a copy of a training clip tests nothing, whatever its name. Files of equal size
are compared at three places, and read whole only if these are equal. The cost is at most 192 KiB
per file, plus the copies themselves. For a folder of images, the number of images and the sizes of
the first and the last serve as its size. Folders that agree in these are compared by the sizes of
all images, and then by content.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.clip_list import read_list
from sign2text.ground.files import replacing, sha256_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("file", "copy_of")
THREADS = 16  # they wait for the disk
_SAMPLE = 2**16  # bytes read at the beginning, in the middle and at the end

Looked = Callable[[str], Hashable | None]


def find_copies(files: Iterable[str]) -> dict[str, str]:
    """Map each file or folder that repeats an earlier one to the first of its copies.

    Links are resolved. Unreadable files have no copies.

    Args:
        files: paths of videos and of folders of images, as in manifests.
    """
    files = list(dict.fromkeys(files))
    with ThreadPoolExecutor(THREADS) as pool:

        def groups(among: Sequence[str], look: Looked) -> Iterator[list[str]]:
            """Yield the groups of two or more of `among` for which `look` returns the same."""
            found = defaultdict(list)
            for file, seen in zip(among, pool.map(_passing(look), among), strict=True):
                if seen is not None:
                    found[seen].append(file)
            yield from (group for group in found.values() if len(group) > 1)

        first = {file: group[0] for group in groups(files, _place) for file in group[1:]}
        alike = [[file for file in files if file not in first]]
        for look in (_shape, _sample, _content):
            alike = [part for group in alike for part in groups(group, look)]
    same = {file: group[0] for group in alike for file in group[1:]}
    copies = same | {file: same.get(other, other) for file, other in first.items()}
    return {file: copies[file] for file in files if file in copies}


def write_copies(path: Path, copies: dict[str, str]) -> None:
    """Write copies.tsv: a row per file that is a copy of another one."""
    import pandas as pd

    from sign2text.data.manifest import write_table

    table: pd.DataFrame = pd.DataFrame(list(copies.items()), columns=list(COLUMNS), dtype=str)
    with replacing(path) as temporary:
        write_table(table, temporary)


def read_copies(path: Path) -> dict[str, str]:
    """Read copies.tsv: map each file to the one that it is a copy of.

    Raises InputError if a column is missing or the file is not a table.
    """
    table = read_list(path, COLUMNS, "make_manifest")
    return dict(zip(table["file"], table["copy_of"], strict=True))


def _passing(look: Looked) -> Looked:
    """Wrap `look` to return None for a file that cannot be read."""

    def passing(file: str) -> Hashable | None:
        try:
            return look(file)
        except OSError:
            return None

    return passing


def _place(file: str) -> Hashable | None:
    """Return device, inode and size, the same for all links to a file; None without inodes."""
    status = os.stat(file)
    return (status.st_dev, status.st_ino, status.st_size) if status.st_ino else None


def _shape(file: str) -> Hashable | None:
    """Return a file's size; for a folder, the image count and the first and last image's size."""
    path = Path(file)
    if not path.is_dir():
        return path.stat().st_size
    images = _images(path)
    if not images:
        return None
    return "folder", len(images), images[0].stat().st_size, images[-1].stat().st_size


def _sample(file: str) -> Hashable:
    """Return a hash of three places in a file; for a folder, the sizes of all its images."""
    path = Path(file)
    if path.is_dir():
        return tuple(image.stat().st_size for image in _images(path))
    digest = sha256()
    with path.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        for start in (0, (size - _SAMPLE) // 2, size - _SAMPLE):
            opened.seek(max(0, start))
            digest.update(opened.read(_SAMPLE))
    return digest.digest()


def _content(file: str) -> Hashable:
    """Return a file's hash; for a folder, a hash of its images' hashes in the order of names."""
    path = Path(file)
    if path.is_dir():
        return sha256("".join(map(sha256_of, _images(path))).encode()).digest()
    return sha256_of(path)


def _images(folder: Path) -> list[Path]:
    """List the files in a folder in the order of their names, without hidden ones."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
    return [folder / name for name in names]
