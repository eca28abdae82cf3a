"""Selection of a published model's files, and their fetching with checks."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sign2text.fetching.download import check_free
from sign2text.fetching.model_sources import AtAddress, Folder, Hub, Offered
from sign2text.ground.errors import InputError
from sign2text.ground.files import read_json, replacing, sha256_of
from sign2text.untrusted.model_folder import check_values
from sign2text.untrusted.model_weights import INDEX, WEIGHTS, index_names, measure
from sign2text.untrusted.sentencepiece_check import check_sentencepiece
from sign2text.untrusted.torch_weights import convert

CONFIG = "config.json"
SMALL = (
    CONFIG,
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "sentencepiece.bpe.model",
    "spiece.model",
    "vocab.json",
    "merges.txt",
)
"""Files to fetch if the model has them. Code is never fetched."""
CHECKPOINTS = (".pt", ".pth")
"""Endings of weights saved by torch, for models outside the transformers library."""
INCOMING = ".incoming"
"""Folder for arriving files inside the model's folder; removed when all files are complete."""
_CONVERTED = ".converted.json"  # record of the files that the weights were converted from

Source = AtAddress | Folder | Hub

log = logging.getLogger(__name__)


def bring_files(
    source: Source, offered: Mapping[str, Offered], folder: Path
) -> list[dict[str, Any]]:
    """Fetch a model's files into its folder `folder`; return their path, bytes and sha256.

    Weights that are present with the hash from the source are not fetched again.

    Raises:
        InputError: the model lacks its configuration (only a single checkpoint may) or its weights,
            contains code, is damaged, or is too large for the disk.
    """
    offered = {name: file for name, file in offered.items() if "/" not in name}
    checkpoints = [file for name, file in offered.items() if name.endswith(CHECKPOINTS)]
    alone = CONFIG not in offered and len(checkpoints) == 1
    if CONFIG not in offered and not alone:
        raise InputError(
            f"{_named(source)}: has no {CONFIG}; found {', '.join(sorted(offered)) or 'nothing'}. "
            "Give a model of the transformers library, or one of a single checkpoint "
            f"({' or '.join(CHECKPOINTS)}), such as the published S3D."
        )
    incoming = folder / INCOMING
    incoming.mkdir(parents=True, exist_ok=True)
    brought = []
    for name in [name for name in SMALL if name in offered]:
        source.bring(offered[name], incoming / name)
        if name.endswith(".json"):
            values = read_json(incoming / name, "fetch_model")
            check_values(values, name, f"{_named(source)}: its {name}")
        elif name.endswith(".model"):
            check_sentencepiece(incoming / name)
        brought.append(_move(incoming / name, folder))
    weights = checkpoints if alone else choose_weights(offered, _named(source))
    if weights[0].path.endswith((".bin", *CHECKPOINTS)):
        brought.append(_bring_torch_weights(source, weights, folder))
    else:
        brought += _bring_weights(source, weights, folder)
    shutil.rmtree(incoming)
    kept = {file["path"] for file in brought}
    for old in folder.glob("[!.]*"):
        if old.name not in kept:
            old.unlink()
    return sorted(brought, key=lambda file: file["path"])


def choose_weights(offered: Mapping[str, Offered], name: str) -> list[Offered]:
    """Choose a model's weights: safetensors, with the index of several files; else torch's."""
    for kind, index in (("model", "safetensors"), ("pytorch_model", "bin")):
        if whole := offered.get(f"{kind}.{index}"):
            return [whole]
        parts = [
            file
            for path, file in sorted(offered.items())
            if path.startswith(f"{kind}-") and path.endswith(f".{index}")
        ]
        if parts and (listing := offered.get(f"{kind}.{index}.index.json")):
            return parts if index == "bin" else [*parts, listing]
    raise InputError(
        f"{name}: has no weights; found {', '.join(sorted(offered))}, expected {WEIGHTS} or "
        "pytorch_model.bin. Name another revision, or put the weights there."
    )


def _bring_weights(source: Source, files: Sequence[Offered], folder: Path) -> list[dict[str, Any]]:
    """Fetch safetensors. An index comes first, and must name no file other than these."""
    brought = []
    for file in sorted(files, key=lambda file: file.path != INDEX):
        brought.append(_bring_safetensors(source, file, folder))
        if file.path == INDEX:
            where = f"{_named(source)}: its {INDEX}"
            values = read_json(folder / INDEX, "fetch_model")
            # Loading the model reports an empty index.
            named = index_names(values, where) if values else []
            if missing := sorted({*named} - {each.path for each in files}):
                raise InputError(
                    f"{where} names {', '.join(missing[:5])}, which the model does not have. Name "
                    "another revision, or another model."
                )
    return brought


def _bring_safetensors(source: Source, file: Offered, folder: Path) -> dict[str, Any]:
    path, incoming = folder / file.path, folder / INCOMING / file.path
    if file.sha256 and path.is_file() and sha256_of(path) == file.sha256:
        return _entry(path, file.sha256)
    check_free(folder, file.bytes, f"fetching {file.path} of {_named(source)}")
    source.bring(file, incoming)
    if path.suffix == ".safetensors":
        measure([incoming], "fetch_model")
    return _move(incoming, folder, file.sha256)


def _bring_torch_weights(source: Source, files: Sequence[Offered], folder: Path) -> dict[str, Any]:
    """Fetch and convert torch's weights; record the original files, which are not kept."""
    path, note = folder / WEIGHTS, folder / _CONVERTED
    before = read_json(note, "fetch_model") if note.is_file() else None
    if before and path.is_file() and sha256_of(path) == before["sha256"]:
        known = {(file["path"], file["sha256"]) for file in before["converted_from"]}
        if known == {(file.path, file.sha256) for file in files}:
            return before
    check_free(folder, 2 * sum(file.bytes for file in files), f"converting {_named(source)}")
    arrived = [folder / INCOMING / file.path for file in files]
    for file, target in zip(files, arrived, strict=True):
        source.bring(file, target)
    convert(arrived, folder / INCOMING / WEIGHTS)
    origins = [_entry(a, f.sha256) for f, a in zip(files, arrived, strict=True)]
    entry = _move(folder / INCOMING / WEIGHTS, folder) | {"converted_from": origins}
    with replacing(note) as temporary:
        temporary.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    log.info("%s: converted from %s", path, ", ".join(file.path for file in files))
    return entry


def _move(arrived: Path, folder: Path, sha256: str | None = None) -> dict[str, Any]:
    os.replace(arrived, folder / arrived.name)
    return _entry(folder / arrived.name, sha256)


def _entry(path: Path, sha256: str | None = None) -> dict[str, Any]:
    """Return a file's entry in the manifest."""
    return {
        "path": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256 or sha256_of(path),
    }


def _named(source: Source) -> str:
    return f"published model '{source.name}'"
