"""Files and sizes of a model's weights, checked before a library opens them.

The library follows an index to any file, in any folder and of any origin. Here every name in an
index must be a safetensors file in the model's own folder.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file, read_json, reading
from sign2text.untrusted.model_config import shortened
from sign2text.untrusted.names import BY_CONTENT

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
LARGEST_HEADER = 16 * 2**20
"""Bytes of a safetensors file's list of tensors; 10,000 tensors take about 1 MB."""
MOST_TENSORS = 50_000
"""Tensors of one model; the largest mixtures of experts have about 30,000."""
FLOATING = ("F64", "F32", "F16", "BF16")
DTYPES = (*FLOATING, "I64", "I32", "U8", "BOOL")
"""Types of tensors: floating for weights, the other four for models' counters and masks."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,230}\.safetensors")
_DISTRIBUTED = re.compile(r"shard-[0-9]{5}-model-[0-9]{5}-of-[0-9]{5}\.safetensors")
_HOLES_FROM = 64 * 2**20


@dataclass(frozen=True)
class Measure:
    """Size of weights: the number of tensors, and of values in all tensors."""

    tensors: int
    values: int
    whole: frozenset[str] = frozenset()
    """Names of the integer and boolean tensors."""


def weight_files(folder: Path) -> list[Path]:
    """List the files that the library would load weights from: one file, or an index's files.

    Raises:
        InputError: weights are missing, or a file in the index is not safetensors, lies outside the
            folder, is a link out of it, or is missing from the folder's manifest.json.
    """
    for path in folder.iterdir():
        if _DISTRIBUTED.fullmatch(path.name):
            raise InputError(
                f"{path}: is part of a checkpoint of several processes, which the library would "
                f"read in place of {WEIGHTS}. Remove it, or save the model as {WEIGHTS}."
            )
    names = [WEIGHTS]
    if not is_file(folder / WEIGHTS) and is_file(folder / INDEX):
        names = index_names(read_json(folder / INDEX), str(folder / INDEX))
    elif not is_file(folder / WEIGHTS):
        found = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise InputError(
            f"{folder}: no {WEIGHTS}, found {found}. Weights are read as safetensors only; fetch "
            "or make the model again."
        )
    listed = _listed(folder)
    for name in names:
        _check_place(folder / name, folder, listed)
    return [folder / name for name in names]


def index_names(values: Any, where: str) -> list[str]:
    """List the files in an index of weights, sorted; `where` starts the message.

    Raises InputError if a name is not a plain file name of safetensors, without a folder.
    """
    weights = values.get("weight_map") if isinstance(values, dict) else None
    if not isinstance(weights, dict) or not weights:
        raise InputError(
            f"{where}: no weight_map found, expected the file of each tensor. Fetch or make the "
            "model again."
        )
    for tensor, name in weights.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise InputError(
                f"{where}: weight_map has {shortened(name)} for {shortened(tensor)}; expected the "
                "plain name of a .safetensors file in the same folder. Nothing was read from it; "
                "use another model."
            )
    return sorted(set(weights.values()))


def measure(files: Sequence[Path], maker: str | None = None, advice: str | None = None) -> Measure:
    """Measure a model's safetensors files by reading only their headers.

    Args:
        files: all files of one model.
        maker, advice: as in `reading`.

    Raises:
        InputError: a file is truncated or of another kind, its header is too long, it has holes, or
            a tensor is empty or has a type that no model's weights have.
    """
    tensors, values, whole = 0, 0, set()
    for path in files:
        _check_size(path)
        for name, dtype, shape in tensors_in(path, maker, advice):
            count = math.prod(shape)
            if dtype not in DTYPES or not count:
                raise InputError(
                    f"{path}: tensor {shortened(name)} is {dtype} {shortened(shape)}; expected "
                    f"values of one of {', '.join(DTYPES)}. Quantised weights are not read: "
                    "use another model."
                )
            tensors, values = tensors + 1, values + count
            if dtype not in FLOATING:
                whole.add(name)
            if tensors > MOST_TENSORS:
                raise InputError(
                    f"{path}: more than {MOST_TENSORS} tensors found, which no model here has. Use "
                    "another model."
                )
    return Measure(tensors, values, frozenset(whole))


def tensors_in(
    path: Path, maker: str | None = None, advice: str | None = None
) -> list[tuple[str, str, tuple[int, ...]]]:
    """List (name, dtype, shape) of the tensors in a safetensors file; `measure` checks it."""
    from safetensors import safe_open

    with reading(path, maker, advice), safe_open(path, framework="numpy") as file:
        found = []
        for name in file.keys():  # noqa: SIM118 (no mapping)
            part = file.get_slice(name)
            found.append((name, str(part.get_dtype()), tuple(part.get_shape())))
        return found


def joined_hash(hashes: Sequence[tuple[str, str]]) -> str:
    """Return a model's SHA-256: the file's hash, or for several files the hash of their list.

    Args:
        hashes: names and SHA-256 of the files, sorted; the list has the format of `sha256sum`.
    """
    if len(hashes) == 1:
        return hashes[0][1]
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in hashes)
    return hashlib.sha256(lines.encode()).hexdigest()


def _check_size(path: Path) -> None:
    """Raise InputError for a header that is too long, and for a sparse file."""
    with path.open("rb") as file:
        header, size = int.from_bytes(file.read(8), "little"), os.fstat(file.fileno()).st_size
        held = os.fstat(file.fileno()).st_blocks * 512
        # File systems without holes return the size as the place of the first hole.
        sparse = size > _HOLES_FROM and held < size / 8 and _first_hole(file.fileno(), size) < size
    if LARGEST_HEADER < header < size:
        raise InputError(
            f"{path}: its header has {header} bytes, at most {LARGEST_HEADER} expected. It is no "
            "model's; use another one."
        )
    if sparse:
        raise InputError(
            f"{path}: {size} bytes claimed, but {held} on the disk: the rest are holes. It was not "
            "completely written, or never was a model. Fetch or make it again."
        )


def _first_hole(descriptor: int, size: int) -> int:
    try:
        return os.lseek(descriptor, 0, os.SEEK_HOLE)
    except OSError:
        return size


def _listed(folder: Path) -> dict[str, Any] | None:
    """Return the file sizes in a published model's manifest; None without a manifest."""
    path = folder / "manifest.json"
    if not is_file(path):
        return None
    values = read_json(path, "fetch_model")
    files = values.get("files") if isinstance(values, dict) else None
    entries = [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    return {str(file.get("path")): file.get("bytes") for file in entries}


def _check_place(path: Path, folder: Path, listed: dict[str, Any] | None) -> None:
    """Raise InputError for weights that are missing, unlisted, or a link out of the folder."""
    if not is_file(path):
        raise InputError(f"{path}: missing. Fetch or make the model again.")
    if listed is not None and path.name not in listed:
        raise InputError(
            f"{path}: is not listed in {folder / 'manifest.json'}, so no hash says what it is. "
            "Delete manifest.json and run the rule fetch_model again."
        )
    # fetch_model also links large files; their content is compared with the manifest.
    linked = listed is not None and listed[path.name] == path.stat().st_size
    if not linked:
        refuse_link_out(path, folder)


def refuse_link_out(path: Path, folder: Path) -> None:
    """Raise InputError if a model's file is a link out of its folder.

    Links into the caches of the hub, DVC and git-annex are accepted: they hold only fetched files.
    """
    target = path.resolve()
    if target.parent != folder.resolve() and not BY_CONTENT.search(str(target)):
        raise InputError(
            f"{path}: is a link to {target}, outside the model's folder. Put the file itself there."
        )
