"""Weights that lie elsewhere, or whose headers lie, are refused by name; honest ones are equal."""

import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attacks import refusal, tree
from hostile_folders import LOADERS, change, save_folder
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from sign2text.config.published_models import read_manifest
from sign2text.fetching.model_files import bring_files
from sign2text.fetching.model_sources import Folder
from sign2text.ground.errors import InputError
from sign2text.ground.files import sha256_of
from sign2text.models.frame_encoder import load_frame_encoder
from sign2text.models.language_model import load_language_model
from sign2text.models.translator import load_translator
from sign2text.untrusted.model_weights import weight_files

INDEX = "model.safetensors.index.json"
FROM_AN_INDEX = ("language model", "published encoder", "bleurt")


@pytest.fixture
def make(
    tmp_path: Path,
    tiny_translator: Callable[..., Any],
    tiny_tokenizer: Any,
    published_folders: dict[str, Path],
) -> Callable[[str], Path]:
    """Makes a folder of the kind that is named."""

    def made(kind: str) -> Path:
        folder = tmp_path / "models" / kind.replace(" ", "_")
        published = published_folders["mbart"]
        return save_folder(kind, folder, published, tiny_translator(), tiny_tokenizer)

    return made


def index(folder: Path, name: str, weights: Path | None = None) -> Path:
    """Give the folder an index that names one file; the weights go to `weights`."""
    tensors = list(load_file(folder / "model.safetensors"))
    target = weights or folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder / "model.safetensors", target)
    values = {"metadata": {}, "weight_map": dict.fromkeys(tensors, name)}
    (folder / INDEX).write_text(json.dumps(values))
    return target


def manifest(folder: Path, *names: str) -> Path:
    files = [
        {"path": name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for name in names
        for path in [folder / name]
    ]
    about = {"name": "a/b", "revision": "x", "commit": None, "licence": None, "files": files}
    (folder / "manifest.json").write_text(json.dumps(about))
    return folder / "manifest.json"


@pytest.mark.parametrize("kind", FROM_AN_INDEX)
@pytest.mark.parametrize(
    "name",
    [
        "../outside.safetensors",
        "../outside.bin",
        "/outside.safetensors",
        "part/outside.safetensors",
        "..\\outside.safetensors",
        "pytorch_model.bin",
        "model.safetensors.bin",
        ".hidden.safetensors",
        "-rf.safetensors",
        "new\nline.safetensors",
        "~outside.safetensors",
        "",
        7,
    ],
)
def test_weights_elsewhere_are_refused_by_name(
    make: Callable[[str], Path], kind: str, name: Any
) -> None:
    folder = make(kind)
    index(folder, name, folder.parent / "outside.safetensors")
    (folder / "model-1.safetensors").write_bytes(b"")  # BLEURT's folder must have some weights
    before = tree(folder.parent)
    message = refusal(lambda: LOADERS[kind](folder))
    assert f"weight_map has {name!r}" in message
    assert str(folder / INDEX) in message
    assert tree(folder.parent) == before


@pytest.mark.parametrize("kind", FROM_AN_INDEX)
def test_weights_in_several_files_of_the_folder_are_loaded_equal(
    make: Callable[[str], Path], kind: str
) -> None:
    folder = make(kind)
    whole = load(kind, folder)
    index(folder, "model-00001-of-00001.safetensors")
    parts = load(kind, folder)
    assert parts and all(torch.equal(parts[name], whole[name]) for name in whole | parts)


def load(kind: str, folder: Path) -> dict[str, torch.Tensor]:
    found = LOADERS[kind](folder)
    model: PreTrainedModel = found[0] if isinstance(found, tuple) else found
    return {name: value.cpu() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("name", ["model.safetensors", "model-1.safetensors"])
def test_weights_behind_a_link_out_of_the_folder_are_refused(
    make: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    folder = make("language model")
    outside = tmp_path / "outside.safetensors"
    if name == "model.safetensors":
        shutil.move(folder / name, outside)
    else:
        index(folder, name, outside)
    (folder / name).symlink_to(outside)
    message = refusal(lambda: load_language_model(folder))
    assert f"{folder / name}: is a link to {outside}" in message
    # What fetch_model itself links is in its manifest, with its size.
    manifest(folder, name)
    assert load_language_model(folder).num_parameters() > 0
    shutil.copyfile(folder / "config.json", tmp_path / "other")
    (folder / name).unlink()
    (folder / name).symlink_to(tmp_path / "other")
    assert "is a link to" in refusal(lambda: load_language_model(folder))


@pytest.mark.parametrize("place", ["blobs/" + "0a" * 32, "files/md5/0a/" + "0a" * 15])
def test_links_into_the_caches_of_the_hub_and_of_dvc_are_followed(
    make: Callable[[str], Path], tmp_path: Path, place: str
) -> None:
    folder = make("language model")
    (tmp_path / place).parent.mkdir(parents=True)
    shutil.move(folder / "model.safetensors", tmp_path / place)
    (folder / "model.safetensors").symlink_to(tmp_path / place)
    assert load_language_model(folder).num_parameters() > 0
    linked = tmp_path / "linked"  # the folder as a whole
    linked.symlink_to(folder)
    assert load_language_model(linked).num_parameters() > 0


def test_weights_that_the_manifest_does_not_list_are_refused(make: Callable[[str], Path]) -> None:
    folder = make("language model")
    manifest(folder, "config.json")
    assert "is not listed in" in refusal(lambda: load_language_model(folder))
    index(folder, "model-1.safetensors")
    manifest(folder, "config.json", INDEX)
    message = refusal(lambda: load_language_model(folder))
    assert f"{folder / 'model-1.safetensors'}: is not listed" in message


@pytest.mark.parametrize("values", [[], {}, {"weight_map": []}, {"weight_map": {}}, "x"])
def test_an_index_that_is_none_is_refused(make: Callable[[str], Path], values: Any) -> None:
    folder = make("language model")
    index(folder, "model-1.safetensors")
    (folder / INDEX).write_text(json.dumps(values))
    assert "no weight_map found" in refusal(lambda: load_language_model(folder))


def test_parts_of_a_distributed_checkpoint_are_refused(make: Callable[[str], Path]) -> None:
    folder = make("translator")
    name = "shard-00001-model-00001-of-00001.safetensors"
    shutil.copyfile(folder / "model.safetensors", folder / name)
    assert f"{name}: is part of a checkpoint" in refusal(lambda: load_translator(folder))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"a": "../outside.safetensors"}, "weight_map has '../outside.safetensors'"),
        ({"a": "pytorch_model.bin"}, "weight_map has 'pytorch_model.bin'"),
        ({"a": "other.safetensors"}, "names other.safetensors, which the model does not have"),
    ],
)
def test_an_index_is_checked_when_it_is_fetched(
    make: Callable[[str], Path], tmp_path: Path, names: dict[str, str], said: str
) -> None:
    folder = make("language model")
    index(folder, "model-1.safetensors")
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": names}))
    source = Folder(str(folder))
    target = tmp_path / "fetched"
    message = refusal(lambda: bring_files(source, source.list_files(None).files, target))
    assert said in message
    assert not list(target.glob("*.safetensors"))


@pytest.mark.parametrize(
    "file",
    [
        {"path": "../../../etc/hosts", "bytes": 1, "sha256": "0" * 64},
        {"path": "/etc/hosts", "bytes": 1, "sha256": "0" * 64},
        {"path": "a", "bytes": "1", "sha256": "0" * 64},
        {"path": "a", "bytes": -1, "sha256": "0" * 64},
        {"path": "a", "bytes": True, "sha256": "0" * 64},
        {"path": "a", "bytes": 1, "sha256": None},
        "a",
    ],
)
def test_a_manifest_names_files_of_its_own_folder_alone(tmp_path: Path, file: Any) -> None:
    about = dict.fromkeys(("name", "revision", "commit", "licence")) | {"files": [file]}
    (tmp_path / "manifest.json").write_text(json.dumps(about))
    with pytest.raises(InputError, match=r"manifest\.json: .*files of|in the same folder"):
        read_manifest(tmp_path / "manifest.json")


def weights_of(path: Path, header: dict[str, Any] | bytes, data: bytes = b"") -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def tensor(dtype: str, shape: list[int], start: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@pytest.mark.parametrize(
    ("header", "data", "said"),
    [
        ({"a": tensor("F8_E4M3", [4], 0, 4)}, b"1234", "tensor 'a' is F8_E4M3"),
        ({"a": tensor("F8_E5M2", [4], 0, 4)}, b"1234", "tensor 'a' is F8_E5M2"),
        ({"a": tensor("F4", [8], 0, 4)}, b"1234", "tensor 'a' is F4"),
        ({"a": tensor("I8", [4], 0, 4)}, b"1234", "tensor 'a' is I8"),
        ({"a": tensor("U16", [2], 0, 4)}, b"1234", "tensor 'a' is U16"),
        ({"a": tensor("C64", [1], 0, 8)}, b"12345678", "tensor 'a' is C64"),
        ({"a": tensor("Q4_K", [4], 0, 4)}, b"1234", "cannot be read"),
        ({str(n): tensor("F32", [0], 0, 0) for n in range(5000)}, b"", r"(0,)"),
        ({str(n): tensor("U8", [1], n, n + 1) for n in range(50_001)}, b"a" * 50_001, "50000"),
        ({"a": tensor("F32", [2**40], 0, 2**42)}, b"1234", "cannot be read"),
        ({"a": tensor("F32", [2**31, 2**31, 4], 0, 4)}, b"1234", "cannot be read"),
        ({"a": tensor("F32", [-1], 0, 4)}, b"1234", "cannot be read"),
        ({"a": tensor("F32", [1], 4, 8)}, b"12345678", "cannot be read"),
        (b"[" * 10**6, b"", "cannot be read"),
        (b'{"a":' + b" " * 17 * 2**20 + b"1}", b"a" * 2**10, "its header has 17825"),
        (b"\xff\xfe", b"", "cannot be read"),
        ({}, b"", "but its weights have 0 tensors"),
    ],
)  # fmt: skip
def test_weights_with_a_hostile_header_are_refused(
    make: Callable[[str], Path], header: Any, data: bytes, said: str
) -> None:
    folder = make("language model")
    weights_of(folder / "model.safetensors", header, data)
    if not header:
        change(folder, encoder_layers=999, decoder_layers=999)
    message = refusal(lambda: load_language_model(folder))
    assert said in message
    assert str(folder) in message


def test_weights_of_whole_numbers_are_refused(make: Callable[[str], Path]) -> None:
    folder = make("frame encoder")
    found = load_file(folder / "model.safetensors")
    name = next(name for name, value in found.items() if value.ndim == 4)
    found[name] = found[name].to(torch.int32)
    save_file(found, folder / "model.safetensors", {"format": "pt"})
    assert f"weights {name!r} are whole numbers" in refusal(lambda: load_frame_encoder(folder))


def test_weights_that_are_holes_are_refused(make: Callable[[str], Path]) -> None:
    folder = make("language model")
    size = 2**40
    weights_of(folder / "model.safetensors", {"a": tensor("F32", [size // 4], 0, size)})
    os.truncate(folder / "model.safetensors", size + (folder / "model.safetensors").stat().st_size)
    assert "the rest are holes" in refusal(lambda: load_language_model(folder))


@pytest.mark.parametrize("kind", LOADERS)
def test_honest_weights_are_loaded_as_they_are_and_no_random_number_is_drawn(
    make: Callable[[str], Path], kind: str
) -> None:
    folder = make(kind)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    found = load(kind, folder)
    if kind != "published encoder":  # which is put into a model that was drawn at random
        assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])
    prefix = "resnet." if kind == "published encoder" else ""
    with safe_open(weight_files(folder)[0], framework="pt") as file:
        names = [name for name in file.keys() if f"{prefix}{name}" in found]  # noqa: SIM118
        assert len(names) > 5
        assert all(torch.equal(file.get_tensor(name), found[prefix + name]) for name in names)
