"""The index of a landmark store: where each clip's landmarks lie, and how they were made.

A store is an index and one or more shards (landmarks/store_writer.py writes one; `join_indices`
joins them). A shard, `<name>.safetensors`, holds the tensor `points` int16 [frames, 85, 3], its
clips one after the other. The index, `<name>.index.safetensors`, is small and holds

- `starts` int64 [clips + 1]: clip c has the frames starts[c] ... starts[c + 1] - 1 of all shards
- `shards` int64 [shards + 1]: shard s has the clips shards[s] ... shards[s + 1] - 1
- `units` float32 [clips, 3]: pixels of one step of the stored numbers, for x, y and z
- `fps` float64 [clips] and `sizes` int64 [clips, 2]: frames a second; width and height of the
  picture in pixels
- `seen` int64 [clips, 5]: frames in which the left hand, the right hand, the pose, the face, and
  both shoulders are there
- metadata `about`, JSON: `ids` of the clips, `shards` (path from the index's folder and `sha256` of
  each), `left_out` (reason by id), and the extractor: `extractor`, `version`, `settings`
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sign2text.ground.errors import InputError
from sign2text.ground.files import reading, replacing
from sign2text.ground.store_index import (
    check_starts,
    check_tensor,
    read_about,
    read_field,
    read_ids,
    wrong,
)
from sign2text.landmarks.points import AXES, LEFT_SHOULDER, PARTS, RIGHT_SHOULDER

SHOULDERS = len(PARTS)
"""Column of `seen` with the frames that have both shoulders; the parts have those before it."""
EXTRACTOR = {"extractor": str, "version": str, "settings": dict}
"""Fields of `about` that describe how the landmarks were made."""
_TENSORS = {"units": "F32", "fps": "F64", "sizes": "I64", "seen": "I64"}
# Beside the index, or in another stage's folder of the same data set.
_SHARD = re.compile(r"((\.\./[\w-]+/)|(\.\./\.\./[\w-]+/[\w-]+/))?\w[\w.-]*\.safetensors")


@dataclass(frozen=True)
class Index:
    """Content of an index, as the module's docstring describes it."""

    ids: list[str]
    starts: np.ndarray
    shards: np.ndarray
    units: np.ndarray
    fps: np.ndarray
    sizes: np.ndarray
    seen: np.ndarray
    files: list[dict[str, str]]
    """`file` and `sha256` of each shard."""
    about: dict[str, Any]
    """The extractor's name, version and settings."""
    left_out: dict[str, str] = field(default_factory=dict)


def count_seen(points: np.ndarray) -> np.ndarray:
    """Count the frames with any point of each part, and with both shoulders: int64 [5].

    Args:
        points: float [T, 85, 3], missing points NaN.
    """
    there = ~np.isnan(points).any(-1)
    parts = [there[:, part].any(1) for part in PARTS.values()]
    return np.array([*map(np.sum, parts), there[:, [LEFT_SHOULDER, RIGHT_SHOULDER]].all(1).sum()])


def write_index(path: Path, index: Index) -> None:
    """Write an index, always to the same bytes."""
    from safetensors.numpy import save

    about = {
        "ids": index.ids,
        "shards": index.files,
        "left_out": index.left_out,
        **{key: index.about[key] for key in EXTRACTOR},
    }
    tensors = {
        "starts": index.starts.astype(np.int64),
        "shards": index.shards.astype(np.int64),
        "units": index.units.astype(np.float32).reshape(-1, AXES),
        "fps": index.fps.astype(np.float64),
        "sizes": index.sizes.astype(np.int64).reshape(-1, 2),
        "seen": index.seen.astype(np.int64).reshape(-1, SHOULDERS + 1),
    }
    # One metadata key only: safetensors writes several in an order that changes between runs.
    with replacing(path) as temporary:
        temporary.write_bytes(save(tensors, {"about": json.dumps(about, sort_keys=True)}))


def read_index(path: Path) -> Index:
    """Read and check an index.

    Raises:
        InputError: it is missing or damaged, or names shards in folders of other data sets.
    """
    from safetensors import safe_open

    if not path.is_file():
        raise InputError(f"{path}: missing; run the rule extract_landmarks to make it.")
    with reading(path), safe_open(str(path), framework="numpy") as file:
        about = read_about(file.metadata(), path)
        read_ids(about, path)
        count = len(about["ids"])
        files = _read_files(about, path)
        for name, length in (("starts", count), ("shards", len(files))):
            check_tensor(file, name, ("I64",), (length + 1,), path)
        for name, kind in _TENSORS.items():
            columns = {"units": (AXES,), "sizes": (2,), "seen": (SHOULDERS + 1,)}.get(name, ())
            check_tensor(file, name, (kind,), (count, *columns), path)
        read = {name: file.get_tensor(name) for name in ("starts", "shards", *_TENSORS)}
    left_out = read_field(about, "left_out", dict, path)
    if other := [each for each in left_out.values() if not isinstance(each, str)]:
        raise wrong(path, "about.left_out", other[0], "texts alone")
    described = {key: read_field(about, key, kind, path) for key, kind in EXTRACTOR.items()}
    check_starts(read["starts"], int(read["starts"][-1]), path, least=1)
    check_starts(read["shards"], count, path, name="shards")
    for name in ("units", "fps", "sizes"):
        good = np.isfinite(read[name]) & (read[name] > 0)
        if not good.all():
            raise wrong(path, name, str(read[name][~good][0]), "numbers above 0")
    return Index(about["ids"], files=files, about=described, left_out=left_out, **read)


def _read_files(about: Mapping[str, Any], path: Path) -> list[dict[str, str]]:
    files = read_field(about, "shards", list, path)
    for each in files:
        good = isinstance(each, dict) and each.keys() == {"file", "sha256"}
        if not good or not all(isinstance(value, str) for value in each.values()):
            raise wrong(path, "about.shards", each, "a file and its sha256")
        if not _SHARD.fullmatch(each["file"]):
            expected = "a .safetensors file in a folder of the same data set"
            raise wrong(path, "about.shards", each["file"], expected)
    return files


def join_indices(parts: Sequence[Path], path: Path) -> Index:
    """Join the indices of stores, each with its shards, to the index `path` of all their clips.

    Raises:
        InputError: the parts come from several extractors, or share a clip.
    """
    read = [read_index(part) for part in parts]
    first = read[0]
    for part, index in zip(parts, read, strict=True):
        if index.about != first.about:
            raise InputError(
                f"{part}: its landmarks come from {index.about}, expected {first.about}, as in "
                f"{parts[0]}. Delete it and run {part.parent.name} again."
            )
    ids = [clip for index in read for clip in index.ids]
    if len(set(ids)) < len(ids):
        twice = next(clip for number, clip in enumerate(ids) if clip in ids[:number])
        raise InputError(
            f"{path}: clip '{twice}' is in two shards, once expected. Delete the shards and run "
            f"{parts[0].parent.name} again."
        )
    files = [
        {**each, "file": _relative(part.parent / each["file"], path.parent)}
        for part, index in zip(parts, read, strict=True)
        for each in index.files
    ]
    joined = Index(
        ids,
        _joined([index.starts for index in read]),
        _joined([index.shards for index in read]),
        *(
            np.concatenate([getattr(index, name) for index in read])
            for name in ("units", "fps", "sizes", "seen")
        ),
        files,
        first.about,
        {clip: reason for index in read for clip, reason in index.left_out.items()},
    )
    write_index(path, joined)
    return joined


def _joined(starts: Sequence[np.ndarray]) -> np.ndarray:
    lengths = np.concatenate([np.diff(each) for each in starts])
    return np.concatenate([[0], np.cumsum(lengths)])


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file, folder)).as_posix()
