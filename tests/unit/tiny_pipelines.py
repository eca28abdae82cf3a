"""Small spaCy pipelines, their wheels, and fastText models, for tests."""

from __future__ import annotations

import functools
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sign2text.avatar.annotated_sentences import draw_annotated
from sign2text.text.tagger_training import save_pipeline, train_pipeline

SIZES = {"width": 24, "depth": 1, "rows": 200, "epochs": 4, "batch_size": 16, "dropout": 0.0}
SIZES |= {"learning_rate": 0.01, "seed": 1}
SENTENCES = 250


@functools.cache
def pipeline_files(language: str) -> dict[str, bytes]:
    """Return the files, by path, of a pipeline trained on a few of the avatar's sentences."""
    import io
    import tempfile

    nlp = train_pipeline(language, draw_annotated(language, SENTENCES, 1), **SIZES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.zip"
        save_pipeline(nlp, path)
        data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_wheel(path: Path, files: Mapping[str, bytes], name: str = "de_avatar") -> Path:
    """Write a wheel in the form of spaCy's pipelines: a package with a folder of data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('imported')\n")
        archive.writestr(f"{name}/meta.json", files["meta.json"])
        archive.writestr(f"{name}-1.0.0.dist-info/METADATA", f"Name: {name}\n")
        for each, content in files.items():
            archive.writestr(f"{name}/{name}-1.0.0/{each}", content)
    return path


def with_meta(files: Mapping[str, bytes], **values: object) -> dict[str, bytes]:
    """Return the files with other values in meta.json."""
    meta = json.loads(files["meta.json"]) | values
    return {**files, "meta.json": json.dumps(meta).encode()}


def with_config(files: Mapping[str, bytes], old: str, new: str) -> dict[str, bytes]:
    """Return the files with another text in config.cfg."""
    config = files["config.cfg"].decode()
    assert old in config
    return {**files, "config.cfg": config.replace(old, new).encode()}


def fasttext_bytes(
    words: Sequence[str],
    rows: np.ndarray,
    *,
    shortest: int = 3,
    longest: int = 5,
    quantised: bool = False,
    pruned: int = -1,
    labels: int = 0,
) -> bytes:
    """Return a fastText model in its file format, version 12: `rows` [words + buckets, C]."""
    bucket = len(rows) - len(words)
    numbers = (rows.shape[1], 5, 5, 1, 5, 1, 2, 2, bucket, shortest, longest, 100)
    data = struct.pack("<2i12id", 793712314, 12, *numbers, 1e-4)
    data += struct.pack("<3i2q", len(words) + labels, len(words), labels, 100, pruned)
    for word in words:
        data += word.encode() + b"\0" + struct.pack("<qb", 7, 0)
    for number in range(labels):
        data += f"__label__{number}".encode() + b"\0" + struct.pack("<qb", 7, 1)
    data += struct.pack("<?2q", quantised, *rows.shape)
    return data + rows.astype("<f4").tobytes() + struct.pack("<?2q", False, 0, rows.shape[1])
