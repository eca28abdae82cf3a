"""Small archives for tests, and what lies in a folder."""

import io
import random
import tarfile
import zipfile
from pathlib import Path

from sign2text.fetching.archive_parts import Archive

FILES = {
    "corpus/annotations/train.csv": b"name|text\n",
    "corpus/frames/one/0001.png": random.Random(1).randbytes(40_000),
    "corpus/frames/two/0001.png": random.Random(2).randbytes(3),
}


def make_tar(path: Path, packing: str = "gz", files: dict[str, bytes] = FILES) -> Archive:
    with tarfile.open(path, f"w:{packing}") as tar:
        for name, content in files.items():
            add(tar, name, content)
    return Archive(path.name, (path,))


def make_zip(path: Path, files: dict[str, bytes] = FILES) -> Archive:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return Archive(path.name, (path,))


def add(tar: tarfile.TarFile, name: str, content: bytes = b"", **fields) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in fields.items():
        setattr(member, key, value)
    tar.addfile(member, io.BytesIO(content))


def found(folder: Path) -> dict[str, bytes]:
    """All that lies in `folder`, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
