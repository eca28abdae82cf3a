"""A small published model on a server that imitates the hub."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from hub_server import Repository, hub
from huggingface_hub import constants
from safetensors.torch import save

from sign2text.config.published_models import place_of
from sign2text.fetching import download as download_module
from sign2text.stages import fetch_model

NAME, FIRST, SECOND = "some/model", "a" * 40, "b" * 40
TENSORS = {"head": torch.arange(600_000, dtype=torch.float32), "bias": torch.ones(3)}
WEIGHTS = save(TENSORS, {"format": "pt"})
CONFIG = json.dumps({"model_type": "mbart"}).encode()
FILES = {
    "config.json": CONFIG,
    "tokenizer.json": b"{}",
    "model.safetensors": WEIGHTS,
    # Unwanted files: other frameworks' weights, and code.
    "tf_model.h5": b"other",
    "pytorch_model.bin": b"the same once more",
    "modeling_model.py": b"raise SystemExit('this was run')",
    "../../up.json": b"{}",
    "onnx/config.json": b"{}",
}
WANTED = ["config.json", "model.safetensors", "tokenizer.json"]


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("[!.]*"))


def torch_file(tensors: object, tmp_path: Path, **options: object) -> bytes:
    torch.save(tensors, tmp_path / "saved", **options)
    return (tmp_path / "saved").read_bytes()


@contextmanager
def serving(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[Repository]:
    """Replace the real hub by one with a single model; its cache is below `folder`."""
    with hub(Repository(NAME)) as running:
        running.add(FIRST, FILES)
        patch.setattr(constants, "ENDPOINT", running.address)
        patch.setattr(constants, "HF_HUB_CACHE", str(folder / "cache"))
        patch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            running.address + "/{repo_id}/resolve/{revision}/{filename}",
        )
        # No waiting between attempts.
        patch.setitem(download_module.download.__kwdefaults__, "sleep", lambda _: None)
        yield running


def fetch_into(
    folder: Path, name: str = NAME, revision: str | None = "main", retries: int = 3
) -> Path:
    """Run the stage that fetches a model, and return its manifest's path below `folder`."""
    output = folder / place_of(name, revision) / "manifest.json"
    settings = fetch_model.Config(name=name, revision=revision, retries=retries)
    fetch_model.run(output=output, config=settings)
    return output
