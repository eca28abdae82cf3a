"""Weights of published models: converted, or refused before they are opened."""

import hashlib
import json
import os
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from hub_models import (
    CONFIG,
    FILES,
    FIRST,
    NAME,
    TENSORS,
    WEIGHTS,
    fetch_into,
    serving,
    torch_file,
    visible,
)
from hub_server import Repository
from safetensors.torch import load_file

from sign2text.config.published_models import place_of, read_manifest
from sign2text.ground.errors import InputError


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Repository]:
    with serving(monkeypatch, tmp_path) as running:
        yield running


@pytest.fixture
def fetch(repository: Repository, tmp_path: Path) -> Callable[..., Path]:
    return partial(fetch_into, tmp_path)


class Calls:
    """Makes a folder when it is unpickled without checks."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("zip", r"asks for \w+\.mkdir, expected tensors only"),
        ("legacy", r"asks for \w+\.mkdir, expected tensors only"),
        ("pickle, protocol 2", r"asks for \w+\.mkdir, expected tensors only"),
        ("pickle, protocol 4", r"asks for \w+\.mkdir, expected tensors only"),
    ],
)
def test_weights_that_would_call_something_are_refused(
    fetch: Callable[..., Path], repository: Repository, tmp_path: Path, form: str, said: str
) -> None:
    trap = tmp_path / "called"
    hostile = {"head": TENSORS["head"], "trap": Calls(trap)}
    if form.startswith("pickle"):
        content = pickle.dumps(Calls(trap), protocol=int(form[-1]))
    else:
        content = torch_file(hostile, tmp_path, _use_new_zipfile_serialization=form == "zip")
    repository.add(FIRST, {"config.json": CONFIG, "pytorch_model.bin": content})
    for _ in range(2):  # the second time without fetching again
        with pytest.raises(InputError, match=said):
            fetch()
    assert len(repository.commits[FIRST]["pytorch_model.bin"].requests) == 1
    assert not trap.exists()
    assert not (tmp_path / place_of(NAME, "main") / "model.safetensors").exists()


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_a_model_with_code_of_its_own_is_refused_before_its_weights_come(
    fetch: Callable[..., Path], repository: Repository, file: str
) -> None:
    asks = {"model_type": "mbart", "auto_map": {"AutoModel": "modeling_model.Model"}}
    repository.add(FIRST, FILES | {file: json.dumps(asks).encode()})
    with pytest.raises(InputError, match=rf"its {file} asks for code of its own .*modeling_model"):
        fetch()
    assert repository.commits[FIRST]["model.safetensors"].requests == []


@pytest.mark.parametrize("content", [b"", b"<html>", bytes(3000)])
def test_what_is_no_weights_file_is_refused(
    fetch: Callable[..., Path], repository: Repository, content: bytes
) -> None:
    repository.add(FIRST, {"config.json": CONFIG, "pytorch_model.bin": content})
    with pytest.raises(InputError, match=r"pytorch_model\.bin: cannot be read as weights"):
        fetch()


def test_what_is_not_safetensors_is_refused(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    repository.add(FIRST, FILES | {"model.safetensors": b"\x80\x04" + bytes(100)})
    with pytest.raises(InputError, match=r"model\.safetensors: cannot be read.*run fetch_model"):
        fetch()


@pytest.mark.parametrize("legacy", [True, False])
def test_weights_that_torch_saved_are_converted_once(
    fetch: Callable[..., Path], repository: Repository, tmp_path: Path, legacy: bool
) -> None:
    shared = torch.randn(4, 5)
    tensors = {
        "shared": shared,
        "tied": shared,
        "part": torch.arange(9.0)[3:6],
        "alike": shared + 0,
    }
    content = torch_file(tensors, tmp_path, _use_new_zipfile_serialization=not legacy)
    repository.add(FIRST, {"config.json": CONFIG, "pytorch_model.bin": content})
    manifest = fetch()
    assert visible(manifest.parent) == ["config.json", "manifest.json", "model.safetensors"]
    found = load_file(manifest.parent / "model.safetensors")
    assert found.keys() == {"shared", "part", "alike"}
    assert all(torch.equal(value, tensors[name]) for name, value in found.items())
    (file,) = [f for f in read_manifest(manifest)["files"] if f["path"] == "model.safetensors"]
    origin = {"path": "pytorch_model.bin", "bytes": len(content)}
    assert file["converted_from"] == [origin | {"sha256": hashlib.sha256(content).hexdigest()}]
    fetch()
    assert len(repository.commits[FIRST]["pytorch_model.bin"].requests) == 1


def test_weights_in_several_files_are_fetched_with_their_index(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    parts = {f"model-0000{n}-of-00002.safetensors": WEIGHTS for n in (1, 2)}
    index = {"model.safetensors.index.json": b"{}"}
    repository.add(FIRST, {"config.json": CONFIG, **parts, **index, "model-card.txt": b""})
    manifest = fetch()
    assert visible(manifest.parent) == sorted(["config.json", "manifest.json", *parts, *index])
